import Foundation
import Testing

/// The system fails, or a signal comes, at every call of a conversion in turn: the old file is whole
/// or the new one, and nothing else is left.
@Suite struct FaultTests {
  /// What the n-th call of a function does.
  struct Fault: CustomTestStringConvertible, Sendable {
    let call: String
    /// An error number, or `s` and a signal's.
    let kind: String
    /// Whether the file system has files without a name.
    let hasUnnamed: Bool

    var testDescription: String { "\(call) \(kind)\(hasUnnamed ? "" : ", named files")" }
  }

  /// The library that is preloaded, compiled once.
  private static let library: Result<String, any Error> = Result {
    let path = NSTemporaryDirectory() + "sluice-faults-\(UUID().uuidString).so"
    let source = Tool.root.appendingPathComponent("Tests/FaultInjection/faults.c").path
    let built = try Tool.run(
      "/usr/bin/env", ["clang", "-shared", "-fPIC", "-o", path, source, "-ldl"])
    try #require(built.status == 0, "\(built.error)")
    return path
  }

  static let faults = [true, false].flatMap { hasUnnamed in
    ["open", "write", "fsync", "link", "rename", "mode", "stat"].map {
      Fault(call: $0, kind: "\($0 == "write" ? ENOSPC : EIO)", hasUnnamed: hasUnnamed)
    }
      + [
        ("open", SIGINT), ("write", SIGTERM), ("fsync", SIGHUP), ("fsync", SIGINT),
        ("link", SIGTERM), ("rename", SIGINT), ("rename", SIGHUP),
      ].map { Fault(call: $0, kind: "s\($1)", hasUnnamed: hasUnnamed) }
  }

  @Test(arguments: faults, [true, false])
  func nothingIsTorn(_ fault: Fault, replacing: Bool) throws {
    let scratch = try Scratch()
    let out = scratch.file("out.o")
    // A blob becomes an object file by the same writing, without seconds of measuring.
    let blob = try FaultTests.blob.get()
    try FileManager.default.copyItem(atPath: blob, toPath: scratch.file("m.sluice"))
    let words = ["convert", scratch.file("m.sluice"), "--object", out]
    try #require(try Tool.run(Tool.path, words).status == 0)
    let new = try Data(contentsOf: URL(fileURLWithPath: out))
    let old = Data("old".utf8)
    var happened = 0
    for count in 1...200 {
      try? FileManager.default.removeItem(atPath: out)
      if replacing { try old.write(to: URL(fileURLWithPath: out)) }
      let mark = scratch.file("mark")
      var environment = [
        "LD_PRELOAD": try Self.library.get(), "FAULT": "\(fault.call):\(count):\(fault.kind)",
        "FAULT_MARK": mark,
      ]
      if !fault.hasUnnamed { environment["FAULT_NO_TMPFILE"] = "1" }
      let result = try Tool.run(
        Tool.path, words, environment: environment, mayBeKilled: fault.kind.hasPrefix("s"))
      let left = FileManager.default.contents(atPath: out)
      guard FileManager.default.fileExists(atPath: mark) else {
        #expect(result.status == 0 && left == new, "no call failed")
        break
      }
      happened += 1
      try FileManager.default.removeItem(atPath: mark)
      #expect(left == new || left == (replacing ? old : nil), "call \(count): torn")
      let names = ["m.sluice"] + (left == nil ? [] : ["out.o"])
      #expect(try scratch.contents == names, "call \(count): something is left")
      guard result.signal == nil else { continue }
      if result.status == 0 {
        #expect(left == new)
      } else {
        #expect([1, 3].contains(result.status), "call \(count)")
        #expect(result.error.hasPrefix("sluice: "), "call \(count): \(result.error)")
        #expect(result.error.split(separator: "\n").count == 1)
        // Standard output fails when the file is in place.
        #expect(left != new || result.error.contains("standard output"), "call \(count)")
      }
    }
    // Whether a file comes into being by link or by rename is by what was there, and the file system.
    let expected =
      switch fault.call {
      case "link": fault.hasUnnamed
      case "rename": replacing || !fault.hasUnnamed
      case "mode": replacing
      default: true
      }
    #expect(happened > 0 || !expected, "the call was there to fail")
  }

  private static let blob: Result<String, any Error> = Result {
    let path = NSTemporaryDirectory() + "sluice-faults-\(UUID().uuidString).sluice"
    let source = "\(Tool.fixtures)/onnx_lstm_gemm_sigmoid/model.onnx"
    let made = try Tool.run("convert", source, "-o", path)
    try #require(made.status == 0, "\(made.error)")
    return path
  }

  @Test("of two files both are written or neither", arguments: ["link", "rename"], [true, false])
  func bothOrNeither(_ call: String, replacing: Bool) throws {
    let scratch = try Scratch()
    let blob = try FaultTests.blob.get()
    let paths = [scratch.file("out.c"), scratch.file("out.o")]
    let words = ["convert", blob, "--c-array", paths[0], "--object", paths[1]]
    try #require(try Tool.run(Tool.path, words).status == 0)
    let new = paths.map { FileManager.default.contents(atPath: $0) }
    let old = replacing ? Data("old".utf8) : nil
    var refused = 0
    for count in 1...200 {
      for path in paths {
        try? FileManager.default.removeItem(atPath: path)
        try old?.write(to: URL(fileURLWithPath: path))
      }
      let mark = scratch.file("mark")
      let result = try Tool.run(
        Tool.path, words,
        environment: [
          "LD_PRELOAD": try Self.library.get(), "FAULT": "\(call):\(count):\(EIO)",
          "FAULT_MARK": mark,
        ])
      guard FileManager.default.fileExists(atPath: mark) else { break }
      try FileManager.default.removeItem(atPath: mark)
      let left = paths.map { FileManager.default.contents(atPath: $0) }
      #expect(left == (result.status == 0 ? new : [old, old]), "call \(count)")
      let names = left.contains(nil) ? [] : ["out.c", "out.o"]
      #expect(try scratch.contents == names, "call \(count): something is left")
      refused += result.status == 0 ? 0 : 1
    }
    #expect(refused > 1 || call == (replacing ? "link" : "rename"), "each file's call failed once")
  }

  @Test(arguments: ["open", "write", "fsync", "link", "rename"])
  func aWholeConversionIsNotTornEither(_ call: String) throws {
    let scratch = try Scratch()
    let out = scratch.file("out.sluice")
    let new = try Data(contentsOf: URL(fileURLWithPath: try Self.blob.get()))
    let source = "\(Tool.fixtures)/onnx_lstm_gemm_sigmoid/model.onnx"
    for count in 1...200 {
      try Data("old".utf8).write(to: URL(fileURLWithPath: out))
      let mark = scratch.file("mark")
      let result = try Tool.run(
        Tool.path, ["convert", source, "-o", out],
        environment: [
          "LD_PRELOAD": try Self.library.get(), "FAULT": "\(call):\(count):\(EIO)",
          "FAULT_MARK": mark,
        ])
      let left = try #require(FileManager.default.contents(atPath: out))
      guard FileManager.default.fileExists(atPath: mark) else {
        #expect(result.status == 0 && left == new)
        return
      }
      try FileManager.default.removeItem(atPath: mark)
      #expect(left == new || left == Data("old".utf8), "call \(count): torn")
      #expect(try scratch.contents == ["out.sluice"], "call \(count)")
      #expect(result.status == 0 || result.error.hasPrefix("sluice: "), "\(result.error)")
    }
  }
}
