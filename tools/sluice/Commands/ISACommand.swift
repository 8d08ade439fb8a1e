import Glibc
import Sluice

/// `sluice isa`: the instruction sets.
enum ISACommand {
  static let syntax = Syntax(
    name: "isa", summary: "Shows what this CPU has, what is chosen, and what can be forced.",
    operands: "", operandCount: 0...0, options: [.json],
    details: "The environment's SLUICE_ISA forces one of those that can run here.",
    example: "SLUICE_ISA=avx2 sluice isa")

  /// By name: every architecture has sets of its own.
  private static let needs = [
    "neon": "64-bit Arm: NEON", "baseline": "x86-64: SSE2", "avx2": "x86-64-v3: AVX2, FMA, F16C",
    "avx512": "x86-64-v4 and VNNI: AVX-512",
  ]

  static func run(_ arguments: Arguments) throws(ToolError) {
    let chosen: InstructionSet
    do throws(ModelError) { chosen = try InstructionSet.chosen() } catch {
      throw ToolError(error, file: "")
    }
    let forced = unsafe getenv("SLUICE_ISA").map { unsafe String(cString: $0) } ?? ""
    let cpu = CPU.name
    guard !arguments.isForPrograms else {
      return Console.print(
        .object([
          ("cpu", cpu.map { .string($0) } ?? .null), ("features", .strings(CPU.features)),
          ("compiled", .strings(InstructionSet.allCases.filter(\.isCompiled).map(\.rawValue))),
          ("runnable", .strings(InstructionSet.runnable.map(\.rawValue))),
          ("best", .string(InstructionSet.best.rawValue)), ("chosen", .string(chosen.rawValue)),
          ("forced", .bool(!forced.isEmpty)),
        ]))
    }
    let rows = InstructionSet.allCases.map { set in
      [
        set == chosen ? "*" : "", set.rawValue, needs[set.rawValue] ?? "",
        set.isRunnable
          ? "can be forced: SLUICE_ISA=\(set.rawValue)"
          : set.isCompiled ? "not on this CPU" : "not compiled: built with SLUICE_SETS",
      ]
    }
    Console.print(
      """
      CPU: \((cpu ?? "unknown").printable)
      Features: \(CPU.features.joined(separator: " "))

      \(Table(rows: rows).text)

      * chosen \(forced.isEmpty ? "as the fastest that can run here" : "by SLUICE_ISA=\(forced)")
      """)
  }
}

/// What the system says of this CPU.
enum CPU {
  private static let known = [
    "sse2", "avx", "f16c", "fma", "avx2", "avx512f", "avx512bw", "avx512vl", "avx512dq",
    "avx_vnni", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_tile", "asimd", "asimdhp",
    "asimddp", "i8mm", "bf16", "sve",
  ]

  /// Its name.
  static var name: String? { field("model name") }

  /// Its features that matter to a kernel.
  static var features: [String] {
    // The latter on Arm.
    let line = field("flags") ?? field("Features") ?? ""
    let flags = Set(line.split(separator: " ").map(String.init))
    return known.filter(flags.contains)
  }

  /// The first line `key : value` of /proc/cpuinfo.
  private static func field(_ key: String) -> String? {
    guard let file = unsafe fopen("/proc/cpuinfo", "r") else { return nil }
    defer { unsafe fclose(file) }
    var buffer = [CChar](repeating: 0, count: 16384)
    while unsafe fgets(&buffer, Int32(buffer.count), file) != nil {
      let line = String(
        decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let parts = line.split(separator: ":", maxSplits: 1)
      let words = parts.map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
      if words.count == 2, words[0] == key { return words[1] }
    }
    return nil
  }
}
