import Foundation
import Sluice
import TestSupport
import Testing

/// No allocation, system call or page fault once a stream exists.
///
/// The promise holds in debug builds too, so it is tested in whatever build runs; the million steps
/// of the contract are run in release by `tools/prove-realtime`.
@Suite struct RealTimeTests {
  static let models = Cell.allCases.map(\.rawValue) + ["tokens", "mixed"]

  @Test(
    "no allocation, system call or page fault", arguments: models, InstructionSet.runnable)
  func clean(_ model: String, _ set: InstructionSet) throws {
    let result = try RealTimeProbe.run(["--cell", model, "--isa", set.rawValue, "--steps", "50000"])
    #expect(result.ended == .normally(0), "\(result)")
    #expect(
      result.output.contains("50000 steps: 0 allocations, 0 releases, 0 page faults"), "\(result)")
  }

  @Test(
    "each broken promise is caught",
    arguments: [
      ("allocate", "1 allocations, 1 releases, 0 page faults", .normally(1)),
      ("fault", "0 allocations, 0 releases, 1 page faults", .normally(1)),
      ("syscall", "0 allocations, 0 releases, 0 page faults", .bySignal(SIGSYS)),
      ("write", "0 allocations, 0 releases, 0 page faults", .bySignal(SIGSYS)),
    ] as [(String, String, Subprocess.End)])
  func counterTest(_ misbehaviour: String, _ counts: String, _ end: Subprocess.End) throws {
    for set in InstructionSet.runnable {
      let result = try RealTimeProbe.run([
        "--cell", "lstm", "--isa", set.rawValue, "--steps", "1000", "--misbehave", misbehaviour,
      ])
      #expect(result.ended == end, "\(result)")
      #expect(result.output.contains(counts), "\(result)")
    }
  }

  @Test("models and streams leave nothing behind", arguments: ["lstm", "tokens", "mixed"])
  func lifetimes(_ model: String) throws {
    let arguments = ["--cell", model, "--isa", InstructionSet.best.rawValue, "--lifetimes", "300"]
    let clean = try RealTimeProbe.run(arguments)
    #expect(clean.ended == .normally(0), "\(clean)")
    #expect(clean.output.contains(" 0 never released, 0 mappings left"), "\(clean)")
    let leaking = try RealTimeProbe.run(arguments + ["--misbehave", "leak"])
    #expect(leaking.ended == .normally(1), "\(leaking)")
    #expect(leaking.output.contains(" 1 never released, 1 mappings left"), "\(leaking)")
  }
}

/// The probe of this build.
enum RealTimeProbe {
  static func run(_ arguments: [String]) throws -> Subprocess.Result {
    let folder = try #require(
      CommandLine.arguments.first.map { URL(fileURLWithPath: $0).deletingLastPathComponent() })
    return try Subprocess.run(folder.appendingPathComponent("RealTimeProbe"), arguments)
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
