import Foundation
import SluiceImport
import SluiceNetwork

/// A model that one of `tools/python`'s exporters has made a safetensors file of, in a folder of its own,
/// which goes when this does.
///
/// `SLUICE_PYTHON` names the interpreter; without it nothing is run. The exporter gets its arguments as a
/// list, past any shell, its messages go to standard error, and it ends within a time limit.
package final class ExportedModel {
  /// The safetensors file.
  package let path: String
  private let folder: String

  /// Seconds that an exporter may take.
  private static let limit = 600.0

  /// The file that a source names: of MODEL.py:NAME what stands before the colon.
  package static func file(of source: String) -> String {
    guard let colon = source.lastIndex(of: ":"),
      source[..<colon].lowercased().hasSuffix(".py"), !source[colon...].contains("/")
    else { return source }
    return String(source[..<colon])
  }

  /// The model at `source`, exported; nil for a source that is read without, or without an interpreter.
  ///
  /// - Parameter hasArchitecture: whether an architecture tells the layers: then of a model only its
  ///   weights are asked for.
  /// - Throws: `ConversionError` where the exporter is not there, refuses the model or takes too long.
  package init?(_ source: String, hasArchitecture: Bool) throws(ConversionError) {
    guard let python = ProcessInfo.processInfo.environment["SLUICE_PYTHON"], !python.isEmpty,
      let exporter = Exporter(of: source, hasArchitecture: hasArchitecture)
    else { return nil }
    guard let script = Self.path(of: exporter.rawValue) else {
      throw ConversionError(
        .unreadable, file: source,
        reason: "\(exporter.rawValue) is neither beside this program nor in a tools/python above it"
      )
    }
    let name = FileName.readable(URL(fileURLWithPath: source).lastPathComponent)
    var template = FileName.characters(
      of: FileManager.default.temporaryDirectory.path + "/sluice-XXXXXX")
    guard unsafe mkdtemp(&template) != nil else {
      throw ConversionError(.unwritable, file: source, reason: "no temporary folder can be made")
    }
    folder = FileName.text(of: template.dropLast().map { UInt8(bitPattern: $0) })
    path = "\(folder)/\(name.replacing(":", with: "_")).safetensors"
    try Self.run(python, [script, source, path], of: source, by: exporter)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// Runs the interpreter to its end, or to that of its time.
  private static func run(
    _ python: String, _ arguments: [String], of source: String, by exporter: Exporter
  ) throws(ConversionError) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    // The shell looks an interpreter without a path up, and takes all words as they are; `env` would take
    // a path with a = in it for a variable.
    process.arguments = ["-c", #"exec "$0" "$@""#, python] + arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    let ended = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in ended.signal() }
    do { try process.run() } catch {
      throw ConversionError(.unreadable, file: source, reason: "SLUICE_PYTHON: \(error)")
    }
    if ended.wait(timeout: .now() + limit) == .timedOut {
      process.terminate()
      if ended.wait(timeout: .now() + 5) == .timedOut {
        kill(process.processIdentifier, SIGKILL)
        ended.wait()
      }
      throw .unsupported(
        source, "", "\(exporter.rawValue) took more than \(Int(limit)) seconds")
    }
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      let status =
        process.terminationReason == .exit
        ? "exit status \(process.terminationStatus)" : "signal \(process.terminationStatus)"
      throw .unsupported(
        source, "", "\(exporter.rawValue), run by SLUICE_PYTHON, refuses it (\(status))")
    }
  }

  /// The script of this name: beside an installed program, or in the folder that it was built in.
  private static func path(of script: String) -> String? {
    guard
      let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    else { return nil }
    var folder = URL(fileURLWithPath: program).deletingLastPathComponent()
    while folder.path != "/" {
      for place in ["share/sluice/python", "tools/python"] {
        let path = folder.appendingPathComponent(place).appendingPathComponent(script).path
        if FileName.isThere(path) { return path }
      }
      folder.deleteLastPathComponent()
    }
    return nil
  }
}

/// What exports a source that is not read itself.
private enum Exporter: String {
  case keras = "export_keras.py"
  case tensorFlowLite = "export_tflite.py"
  case torch = "export_torch.py"
  case weights = "export_weights.py"

  /// The exporter that the source's name asks for; nil for one that is read without.
  init?(of source: String, hasArchitecture: Bool) {
    let name = URL(fileURLWithPath: source).lastPathComponent.lowercased()
    if ExportedModel.file(of: source) != source {
      self = .torch
      return
    }
    switch name.split(separator: ".").last {
    case "keras", "h5", "hdf5": self = hasArchitecture ? .weights : .keras
    case "tflite": self = .tensorFlowLite
    case "pt", "pth", "ckpt", "bin", "state_dict", "npz", "pkl", "pickle", "msgpack":
      self = .weights
    default: return nil
    }
  }
}
