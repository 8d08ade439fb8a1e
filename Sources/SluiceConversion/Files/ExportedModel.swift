import Foundation
import SluiceImport
import SluiceNetwork

/// A model that one of `tools/python`'s exporters has made a safetensors file of, in a folder of its own,
/// which goes when this does, or when a signal ends the process. There is one at a time.
///
/// `SLUICE_PYTHON` names the interpreter; without it nothing is run. The exporter gets its arguments as a
/// list, past any shell, its messages go to standard error, and it ends within a time limit, or with the process.
package final class ExportedModel {
  /// The safetensors file.
  package let path: String
  private let folder: String

  /// Seconds that an exporter may take.
  private static let limit = 600

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
    let file = "\(name.replacing(":", with: "_")).safetensors"
    (folder, path) = try HeldSignals.during { () throws(ConversionError) in
      var template = FileName.characters(
        of: FileManager.default.temporaryDirectory.path + "/sluice-XXXXXX")
      guard unsafe mkdtemp(&template) != nil else {
        throw ConversionError(.unwritable, file: source, reason: "no temporary folder can be made")
      }
      let folder = FileName.text(of: template.dropLast().map { UInt8(bitPattern: $0) })
      SignalCleanup.begin(folder, "\(folder)/\(file)")
      return (folder, "\(folder)/\(file)")
    }
    try Self.run(python, [script, source, path], of: source, by: exporter)
  }

  deinit {
    try? HeldSignals.during { () throws(ConversionError) in
      try? FileManager.default.removeItem(atPath: folder)
      SignalCleanup.end()
    }
  }

  /// Runs the interpreter to its end, or to that of its time.
  private static func run(
    _ python: String, _ arguments: [String], of source: String, by exporter: Exporter
  ) throws(ConversionError) {
    try HeldSignals.during { () throws(ConversionError) in
      let started = spawn([python] + arguments)
      guard started.error == 0 else {
        let error = SystemError(number: started.error)
        throw ConversionError(
          .unreadable, file: source, reason: "SLUICE_PYTHON: \(quotable(python)): \(error)")
      }
      unsafe SignalCleanup.program = started.program
    }
    guard let status = try unsafe status(of: SignalCleanup.program) else {
      throw .unsupported(source, "", "\(exporter.rawValue) took more than \(limit) seconds")
    }
    guard status != 0 else { return }
    let signal = status & 0x7F
    let how = signal == 0 ? "exit status \(status >> 8 & 0xFF)" : "signal \(signal)"
    throw .unsupported(
      source, "", "\(exporter.rawValue), run by SLUICE_PYTHON, refuses it (\(how))")
  }

  /// Starts a program, looked up as a shell does, with nothing to read and its standard output shut: the leader
  /// of a group of processes, which no signal waits for.
  private static func spawn(_ words: [String]) -> (program: pid_t, error: Int32) {
    // Where it is ignored, how a child ended is not told.
    signal(SIGCHLD, SIG_DFL)
    var attributes = posix_spawnattr_t()
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawnattr_init(&attributes)
    unsafe posix_spawn_file_actions_init(&actions)
    let environment = ProcessInfo.processInfo.environment.map { "\($0)=\($1)" }
    let argv = unsafe words.map { unsafe strdup(FileName.characters(of: $0)) } + [nil]
    let envp = unsafe environment.map { unsafe strdup($0) } + [nil]
    defer {
      unsafe posix_spawnattr_destroy(&attributes)
      unsafe posix_spawn_file_actions_destroy(&actions)
      unsafe (argv + envp).forEach { unsafe free($0) }
    }
    var none = sigset_t()
    unsafe sigemptyset(&none)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))
    unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    var program: pid_t = 0
    let error = unsafe posix_spawnp(&program, argv[0]!, &actions, &attributes, argv, envp)
    return (program, error)
  }

  /// How the program ended, as `waitpid` tells it; nil where its time was over and it was ended.
  private static func status(of program: pid_t) throws(ConversionError) -> Int32? {
    let end = ContinuousClock.now + .seconds(limit)
    var status: Int32 = 0
    while ContinuousClock.now < end {
      let isOver = try HeldSignals.during { () throws(ConversionError) in
        guard unsafe waitpid(program, &status, WNOHANG) != 0 else { return false }
        unsafe SignalCleanup.program = 0
        return true
      }
      if isOver { return status }
      usleep(10_000)
    }
    SignalCleanup.stop(program, within: 250)
    unsafe SignalCleanup.program = 0
    return nil
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
