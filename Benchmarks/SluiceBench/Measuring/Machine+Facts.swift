import Glibc
import SluiceNetwork

extension Machine {
  /// What a reader must know to compare: everything that no row says.
  var facts: [JSON.Member] {
    [
      ("cpu", .string(Machine.cpu)), ("core", core.map { .integer($0) } ?? .null),
      ("clock_ghz", .double(clock)), ("tsc_ghz", .double(timer.rate)),
      ("instruction_set", .string(instructionSet.rawValue)), ("peak_f32_gflops", .double(peak)),
      ("timer_cost_ns", .double(timer.cost / timer.rate)), ("timer_step_ns", .double(timer.step)),
      ("compiler", .string(Machine.compiler)),
      ("pages", .string(huge ? "huge, asked for" : "plain, 4 KiB")),
      ("system", .string(Machine.line(of: "/proc/sys/kernel/osrelease"))),
    ]
  }

  /// The CPU's family; nil where the system does not say.
  static var family: Int? { Int(identity.family) }

  /// The CPU's name, and its family where the name says little.
  static var cpu: String {
    let (name, family, model) = identity
    return "\(name) (family \(family), model \(model))"
  }

  private static var identity: (name: String, family: String, model: String) {
    var (name, family, model) = ("unknown", "", "")
    for line in Machine.lines(of: "/proc/cpuinfo") {
      let parts = line.split(separator: ":", maxSplits: 1).map(Machine.trimmed)
      guard parts.count == 2 else { continue }
      switch parts[0] {
      case "model name": name = parts[1]
      case "cpu family": family = parts[1]
      case "model": model = parts[1]
      default: break
      }
      if !family.isEmpty, !model.isEmpty, name != "unknown" { break }
    }
    return (name, family, model)
  }

  private static var compiler: String {
    #if compiler(>=6.4)
      "Swift 6.4 or later"
    #elseif compiler(>=6.3)
      "Swift 6.3"
    #else
      "Swift 6.2"
    #endif
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text.drop { $0.isWhitespace })
  }

  private static func line(of path: String) -> String {
    lines(of: path).first.map { String($0) } ?? "unknown"
  }

  private static func lines(of path: String) -> [Substring] {
    guard let file = unsafe fopen(path, "r") else { return [] }
    defer { unsafe fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 14)
    let count = unsafe fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n")
  }
}
