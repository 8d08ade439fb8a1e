import Foundation
import Testing

/// What `SLUICE_PYTHON` runs: arguments past any shell, messages passed on, nothing left behind.
@Suite("Exporters, run by convert and conformance") struct ExporterTests {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("exporters-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  /// A program in the place of Python: it gets the script, the source and the file to write.
  private func interpreter(_ body: String) throws -> String {
    let path = folder.appendingPathComponent("python==3 with blanks").path
    try Data("#!/bin/sh\n\(body)\n".utf8).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    return path
  }

  private func convert(
    _ source: String, _ python: String?, mayBeKilled: Bool = false
  ) throws -> Tool.Result {
    let temporary = folder.appendingPathComponent("tmp")
    try FileManager.default.createDirectory(at: temporary, withIntermediateDirectories: true)
    defer {
      let left = try? FileManager.default.contentsOfDirectory(atPath: temporary.path)
      #expect(left == [], "the temporary folder stays")
    }
    return try Tool.run(
      Tool.path, ["convert", source, "-o", folder.appendingPathComponent("out.sluice").path],
      environment: ["SLUICE_PYTHON": python ?? "", "TMPDIR": temporary.path],
      mayBeKilled: mayBeKilled)
  }

  @Test("a model is exported and converted")
  func converted() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let model = folder.appendingPathComponent("a model; $(touch x).keras").path
    try Data("PK".utf8).write(to: URL(fileURLWithPath: model))
    let python = try interpreter(
      "echo \"$1\" >&2; test \"$2\" = '\(model)' && test $# = 3 && cp '\(Tool.shippedSource)' \"$3\""
    )
    let result = try convert(model, python)
    #expect(result.status == 0, "\(result.error)")
    #expect(result.error.contains("tools/python/export_keras.py"))
    for (name, script) in [
      ("m.h5", "export_keras.py"), ("m.tflite", "export_tflite.py"), ("m.pt", "export_weights.py"),
      ("m.npz", "export_weights.py"), ("m.py:build", "export_torch.py"),
    ] {
      let result = try convert(
        name, interpreter("echo \"$1\" >&2; cp '\(Tool.shippedSource)' \"$3\""))
      #expect(result.status == 0 && result.error.contains("tools/python/\(script)"), "\(name)")
    }
  }

  @Test("a refusal, a program that is not there, and no program")
  func refused() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let refused = try convert(
      "m.keras", interpreter("echo 'export_keras.py: no such layer' >&2; exit 3"))
    #expect(refused.status == 3)
    #expect(refused.error.contains("export_keras.py: no such layer"))
    #expect(
      refused.error.contains(
        "m.keras: export_keras.py, run by SLUICE_PYTHON, refuses it (exit status 3)"))
    #expect(try convert("m.keras", interpreter("kill -9 $$")).error.contains("signal 9"))
    #expect(try convert("m.keras", folder.path + "/nowhere").error.contains("No such file"))
    let model = folder.appendingPathComponent("m.keras").path
    try Data("PK".utf8).write(to: URL(fileURLWithPath: model))
    let none = try convert(model, nil)
    #expect(none.status == 3)
    #expect(none.error.contains("python3 tools/python/export_keras.py m.keras model.safetensors"))
  }

  @Test("a signal ends the exporter and its children too", arguments: [SIGHUP, SIGINT, SIGTERM])
  func interrupted(by signal: Int32) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let started = folder.appendingPathComponent("started")
    let python = try interpreter(
      """
      sleep 60 &
      echo $! $$ >'\(started.path)'
      echo part >"$3"
      kill -\(signal) $PPID
      wait
      """)
    let result = try convert("m.keras", python, mayBeKilled: true)
    #expect(result.signal == signal)
    let processes = try String(contentsOf: started, encoding: .utf8).split {
      $0 == " " || $0 == "\n"
    }
    #expect(processes.count == 2)
    for process in processes {
      // What nobody has waited for yet is a zombie.
      let state = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
      #expect(state.map { $0.contains(") Z ") } ?? true, "\(process) is still there")
    }
  }

  @Test("a signal behind the exporter's end leaves nothing either", arguments: [SIGINT, SIGTERM])
  func interruptedLater(by signal: Int32) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let python = try interpreter(
      """
      cp '\(Tool.shippedSource)' "$3"
      (sleep 0.1; kill -\(signal) $PPID) >/dev/null 2>&1 &
      """)
    let result = try convert("m.keras", python, mayBeKilled: true)
    #expect(result.signal == signal)
  }

  @Test("signals that are ignored stay so")
  func ignored() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let python = try interpreter("kill -HUP $PPID; cp '\(Tool.shippedSource)' \"$3\"")
    let script = "trap '' HUP; exec \"$0\" \"$@\""
    let result = try Tool.run(
      "/bin/sh",
      ["-c", script, Tool.path, "convert", "m.keras", "-o", folder.path + "/out.sluice"],
      environment: ["SLUICE_PYTHON": python])
    #expect(result.status == 0, "\(result.error)")
  }
}
