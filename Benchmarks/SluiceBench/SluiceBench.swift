@main struct SluiceBench {
  static func main() {}
}
