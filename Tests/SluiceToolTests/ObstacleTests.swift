import Foundation
import Testing

/// What is printed of a graph in whose way several nodes stand.
@Suite struct ObstacleTests {
  /// A field of a message: its number, and bytes.
  private static func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    [number << 3 | 2, UInt8(bytes.count)] + bytes
  }

  private static func node(_ operation: String, _ name: String, _ output: String) -> [UInt8] {
    let fields = [(1, "x"), (2, output), (3, name), (4, operation)] as [(UInt8, String)]
    return field(1, fields.flatMap { field($0, Array($1.utf8)) })
  }

  @Test("each has a line, which no name in the file ends")
  func lines() throws {
    let scratch = try Scratch()
    let nodes = Self.node("Erf", "first", "a") + Self.node("Cos", "b\nsluice: done", "b")
    let values = [(11, "x"), (12, "a"), (12, "b")].flatMap {
      Self.field($0, Self.field(1, Array($1.utf8)))
    }
    let model = Self.field(8, [16, 17]) + Self.field(7, nodes + values)
    try Data(model).write(to: URL(fileURLWithPath: scratch.file("m.onnx")))
    let result = try Tool.run("convert", scratch.file("m.onnx"), "-o", scratch.file("m.sluice"))
    let lines = result.error.split(separator: "\n")
    #expect(result.status == 3 && lines.count >= 3)
    #expect(lines[0].hasPrefix("sluice: ") && lines[0].contains("2 obstacles in all:"))
    #expect(lines.dropFirst().allSatisfy { $0.hasPrefix("  ") }, "\(result.error)")
    #expect(lines[1].hasPrefix("  node first (Erf): "))
    #expect(!result.error.contains("u{A}"))
  }
}
