import SluiceImport
import SluiceNetwork

/// How a case is converted and how near its outputs must be: the file `convert.json`.
struct ConformanceSettings {
  /// The conversion's options.
  var options = ConversionOptions()
  /// What |y - expected| may be of |expected|.
  var relativeTolerance = 1e-3
  /// What |y - expected| may be beside that.
  var absoluteTolerance = 1e-5

  init(of testCase: ConformanceCase) throws(ConversionError) {
    let folder = testCase.folder
    if testCase.files.contains("model.json"),
      testCase.files.contains("model.safetensors") || testCase.files.contains("model.onnx")
    {
      options.source.architecture = "\(folder)/model.json"
    }
    guard testCase.files.contains("convert.json") else { return }
    let file = "\(folder)/convert.json"
    let root = try JSONReader.parse(SourceBytes(path: file))
    _ = try root.object(keys: ["arguments", "rtol", "atol"])
    if let node = try root.optional("rtol") { relativeTolerance = try Self.tolerance(node) }
    if let node = try root.optional("atol") { absoluteTolerance = try Self.tolerance(node) }
    guard let arguments = try root.optional("arguments") else { return }
    var rest = try arguments.elements()[...]
    while let node = rest.popFirst() {
      let option = try node.string()
      guard let value = try rest.popFirst()?.string() else {
        throw node.malformed("expected a value after '\(quotable(option))'")
      }
      // Paths are those of the folder.
      let isPath = ["--architecture", "--calibrate"].contains(option) && !value.hasPrefix("/")
      do throws(ConversionOptions.ArgumentError) {
        try options.set(option, to: isPath ? "\(folder)/\(value)" : value)
      } catch {
        throw node.unsupported(error.reason)
      }
    }
  }

  private static func tolerance(_ node: JSONNode) throws(ConversionError) -> Double {
    let value = try node.double()
    guard value >= 0 else { throw node.malformed("expected a tolerance of at least 0") }
    return value
  }
}
