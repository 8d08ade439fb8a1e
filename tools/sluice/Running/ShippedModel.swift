import Glibc

/// The models that ship with the tool.
enum ShippedModel {
  /// Is a film review positive?
  static let sentiment = "sentiment.sluice"
  /// Which character comes next, in the manner of a novelist.
  static let characters = "characters.sluice"

  /// Its path: beside the executable where it was built, or where it was installed.
  static func path(of file: String = sentiment) throws(ToolError) -> String {
    let folder = executableFolder
    let places = [
      "\(folder)/Sluice_SluiceTool.resources/Resources/\(file)", "\(folder)/\(file)",
      "\(folder)/../share/sluice/\(file)",
    ]
    guard let path = places.first(where: { unsafe access($0, R_OK) == 0 }) else {
      throw ToolError(
        .badFile, "\(file): expected a model that ships with the tool at \(places[2])")
    }
    return path
  }

  private static var executableFolder: String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
    let path = buffer.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }
    guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return String(decoding: path[..<slash], as: UTF8.self)
  }
}
