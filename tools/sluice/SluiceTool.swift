@main struct SluiceTool {
  static func main() {}
}
