import Foundation
import Sluice
import TestSupport
import Testing

/// No allocation, system call or page fault once a stream exists.
///
/// The promise holds in debug builds too, so it is tested in whatever build runs; the million steps
/// of the contract are run in release by `tools/prove-realtime`, through the C library as well.
@Suite struct RealTimeTests {
  static let models = Cell.allCases.map(\.rawValue) + ["tokens", "mixed"]

  @Test("no allocation, system call or page fault", arguments: models)
  func clean(_ model: String) throws {
    let lines = try RealTimeProbe.prove(model, steps: 20_000)
    #expect(lines.count == InstructionSet.runnable.count)
    for line in lines { #expect(line.suffix(5) == ["20000", "0", "0", "0", "0"]) }
  }

  @Test(
    "each broken promise is caught",
    // The page of a fault comes beside that of the code which touches it.
    arguments: [
      ("allocate", [" 1 1 0 0", " 1 1 1 0"]), ("fault", [" 0 0 1 0", " 0 0 2 0"]),
      ("syscall", [" KILLED"]), ("write", [" KILLED"]),
    ])
  func counterTest(_ misbehaviour: String, _ ends: [String]) throws {
    let lines = try RealTimeProbe.prove("lstm", steps: 1000, misbehaviour, status: 1)
    #expect(lines.count == InstructionSet.runnable.count)
    for line in lines {
      let text = line.joined(separator: " ")
      #expect(ends.contains { text.hasSuffix($0) }, "\(text)")
    }
  }

  @Test(
    "the signal module neither allocates, calls the system nor faults; where it does, it is caught")
  func signal() throws {
    let clean = try RealTimeProbe.run(["signal", "20000", "none"])
    #expect(clean.ended == .normally(0), "\(clean)")
    #expect(
      clean.output.split(separator: " ").suffix(5).joined().hasPrefix("200000000"), "\(clean)")
    for how in ["allocate", "fault", "syscall"] {
      #expect(try RealTimeProbe.run(["signal", "2000", how]).ended == .normally(1), "\(how)")
    }
  }

  @Test("models and streams leave nothing behind", arguments: ["lstm", "tokens", "mixed"])
  func lifetimes(_ model: String) throws {
    let file = try TemporaryFile(network(model).contents().bytes())
    defer { withExtendedLifetime(file) {} }
    let clean = try RealTimeProbe.run(["lifetimes", "300", "none", file.path])
    #expect(clean.ended == .normally(0), "\(clean)")
    #expect(clean.output.contains(" 0 never released, 0 mappings left"), "\(clean)")
    let leaking = try RealTimeProbe.run(["lifetimes", "300", "leak", file.path])
    #expect(leaking.ended == .normally(1), "\(leaking)")
    #expect(leaking.output.contains(" 1 never released, 1 mappings left"), "\(leaking)")
  }
}

/// The networks by name: a cell, or a chain that reads tokens, or one of every kind of layer.
private func network(_ name: String) -> TestNetwork {
  if let cell = Cell(rawValue: name) {
    return .recurrent(cell, inputSize: 9, hiddenSize: 20, seed: 6)
  }
  return .mixed(seed: 6, readingTokens: name == "tokens")
}

/// The probe of this build.
enum RealTimeProbe {
  static func run(_ arguments: [String]) throws -> Subprocess.Result {
    let folder = try #require(
      CommandLine.arguments.first.map { URL(fileURLWithPath: $0).deletingLastPathComponent() })
    return try Subprocess.run(folder.appendingPathComponent("RealTimeProbe"), arguments)
  }

  /// The words of each line of its table, one an instruction set.
  static func prove(
    _ model: String, steps: Int, _ misbehaviour: String = "none", status: Int32 = 0
  ) throws -> [[Substring]] {
    let file = try TemporaryFile(network(model).contents().bytes())
    defer { withExtendedLifetime(file) {} }
    let result = try run(["steps", "\(steps)", "60", misbehaviour, file.path])
    #expect(result.ended == .normally(status), "\(result)")
    return result.output.split(separator: "\n").map { $0.split(separator: " ") }
  }
}

/// A program run to its end.
enum Subprocess {
  enum End: Equatable, Sendable {
    case normally(Int32)
    case bySignal(Int32)
  }

  struct Result {
    let ended: End
    let output: String
  }

  static func run(
    _ program: URL, _ arguments: [String], environment: [String: String] = [:]
  ) throws -> Result {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment
      .merging(environment) { $1 }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let status = process.terminationStatus
    return Result(
      ended: process.terminationReason == .exit ? .normally(status) : .bySignal(status),
      output: String(decoding: output, as: UTF8.self))
  }
}
