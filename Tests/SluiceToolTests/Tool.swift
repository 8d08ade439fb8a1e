import Foundation
import Testing

/// The built tool, run as a process.
enum Tool {
  /// How a run ended and what it said.
  struct Result {
    let status: Int32
    /// The signal that ended it; nil where it exited.
    var signal: Int32?
    let output: String
    let error: String

    var lines: [Substring] { output.split(separator: "\n") }

    /// What was said on standard error beside progress, of which a busy machine gets more.
    var remarks: [Substring] {
      let stages = [
        ": read, now packing", ": calibrating, ", ": choosing types, ", ": measuring, ",
      ]
      return error.split(separator: "\n").filter { line in
        !stages.contains { line.contains($0) }
      }
    }

    /// The output as one JSON object.
    var json: [String: Any] {
      get throws {
        let value = try JSONSerialization.jsonObject(with: Data(output.utf8))
        return try #require(value as? [String: Any])
      }
    }

    /// The output as JSON objects, one a line.
    var jsonLines: [[String: Any]] {
      get throws {
        try lines.map { line in
          let value = try JSONSerialization.jsonObject(with: Data(line.utf8))
          return try #require(value as? [String: Any])
        }
      }
    }
  }

  /// The package's folder.
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static let fixtures = root.appendingPathComponent("Tests/Fixtures/Conversion").path
  static let models = root.appendingPathComponent("Tests/Fixtures/Models").path
  static let shippedSource = root.appendingPathComponent(
    "tools/sluice/Resources/sentiment.safetensors"
  ).path

  /// Where the products were built: the tests are one of them.
  static let products = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent()

  static var path: String { products.appendingPathComponent("sluice").path }

  /// Runs `sluice` with these arguments.
  static func run(
    _ arguments: String..., input: Data = Data(), environment: [String: String] = [:]
  ) throws -> Result {
    try run(path, arguments, input: input, environment: environment)
  }

  /// Threads of tests block signals, and what they start would inherit that.
  private static func withSignalsUnblocked(_ body: () throws -> Void) rethrows {
    var (none, before) = (sigset_t(), sigset_t())
    unsafe sigemptyset(&none)
    unsafe pthread_sigmask(SIG_SETMASK, &none, &before)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
    try body()
  }

  /// Runs any executable in the package's folder.
  static func run(
    _ executable: String, _ arguments: [String], input: Data = Data(),
    environment: [String: String] = [:], mayBeKilled: Bool = false
  ) throws -> Result {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    process.currentDirectoryURL = root
    process.arguments = arguments
    var all = ProcessInfo.processInfo.environment
    all["SLUICE_ISA"] = nil
    process.environment = all.merging(environment) { $1 }
    let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
    (process.standardInput, process.standardOutput, process.standardError) = (stdin, stdout, stderr)
    try withSignalsUnblocked { try process.run() }
    // Everything that is written here and read here fits a pipe, but for the output.
    try? stdin.fileHandleForWriting.write(contentsOf: input)
    try? stdin.fileHandleForWriting.close()
    let output = stdout.fileHandleForReading.readDataToEndOfFile()
    let error = stderr.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let isKilled = process.terminationReason != .exit
    #expect(mayBeKilled || !isKilled)
    return Result(
      status: process.terminationStatus, signal: isKilled ? process.terminationStatus : nil,
      output: String(decoding: output, as: UTF8.self),
      error: String(decoding: error, as: UTF8.self))
  }
}

/// A folder that goes away with the test.
final class Scratch {
  let path = NSTemporaryDirectory() + "sluice-" + UUID().uuidString

  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  var contents: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
  }

  /// A blob converted from a case of the fixtures, without a report: a debug build measures for seconds.
  func blob(
    of name: String, source: String = "model.onnx", measured: Bool = false
  ) throws -> String {
    let path = file("\(name).sluice")
    var arguments = ["convert", "\(Tool.fixtures)/\(name)/\(source)", "-o", path]
    if !measured { arguments += ["--measure", "none"] }
    let architecture = "\(Tool.fixtures)/\(name)/model.json"
    if FileManager.default.fileExists(atPath: architecture) {
      arguments += ["--architecture", architecture]
    }
    let result = try Tool.run(Tool.path, arguments)
    try #require(result.status == 0, "\(result.error)")
    return path
  }
}
