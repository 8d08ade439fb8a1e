import Foundation
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// That conformance takes what `convert` and `run` take: outputs whose axes are moved about, and lengths that say
/// nothing.
@Suite("Conformance cases that must pass as users' runs do") struct ConformanceShapeTests {
  /// A graph and arrays as a case.
  private static func run(
    _ graph: String, _ inputs: [Tensor], _ outputs: [Tensor]
  ) throws -> ConformanceResult {
    let folder = NSTemporaryDirectory() + "sluice-\(UUID().uuidString)"
    let data = "\(folder)/test_data_set_0"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    try Data(GraphBuilder(graph).bytes).write(to: URL(fileURLWithPath: "\(folder)/model.onnx"))
    for (index, tensor) in inputs.enumerated() {
      try NPY.write(tensor, to: "\(data)/input_\(index).npy")
    }
    for (index, tensor) in outputs.enumerated() {
      try NPY.write(tensor, to: "\(data)/output_\(index).npy")
    }
    return try #require(ConformanceCase.find(in: folder).first).run()
  }

  private static let layer = "GRU(x, f:1x12x2, f:1x12x4) hidden_size=4"

  /// x of `steps` steps of one sequence, and what the layer makes of it, `[steps][4]`.
  private static func rows(_ steps: Int) throws -> (x: Tensor, y: [[Float]]) {
    let x = Tensor(shape: [steps, 1, 2], ramp(steps * 2))
    var runner = ModelRunner(try GraphBuilder("input x n,1,2\nY, h = \(layer)\n-> Y").convert())
    let y = runner.run(x)[0].values.map { Float($0) }
    return (x, (0..<steps).map { Array(y[$0 * 4..<($0 + 1) * 4]) })
  }

  @Test(
    "Steps and features in any order and under any axes",
    arguments: [
      ("out = Transpose(s) perm=[1,0]", [4, 0], true),
      ("out = Flatten(s) axis=0", [1, 0], false),
      ("out = Reshape(s, i:[-1,1])", [0, 1], false),
      ("t = Transpose(s) perm=[1,0]; out = Unsqueeze(t, i:[1])", [4, 1, 0], true),
      ("out = Unsqueeze(s, i:[1])", [0, 1, 4], false),
      ("out = Identity(s)", [0, 4], false),
    ], [4, 5])
  func moved(_ tail: (lines: String, shape: [Int], isTransposed: Bool), _ steps: Int) throws {
    let (x, y) = try Self.rows(steps)
    let values =
      tail.isTransposed ? (0..<4).flatMap { unit in y.map { $0[unit] } } : y.flatMap(\.self)
    let known = tail.shape.reduce(1) { $0 * max($1, 1) }
    let shape = tail.shape.map { $0 == 0 ? steps * 4 / known : $0 }
    let graph =
      "input x \(steps),1,2\nY, h = \(Self.layer)\nu = Squeeze(Y, i:[1])\ns = Squeeze(u, i:[1])\n"
      + tail.lines.replacing("; ", with: "\n") + "\n-> out"
    let result = try Self.run(graph, [x], [Tensor(shape: shape, values)])
    #expect(result.passed, "\(tail.lines): \(result.message)")
    // The same numbers elsewhere are not the same.
    let other = try Self.run(graph, [x], [Tensor(shape: shape, values.reversed())])
    #expect(!other.passed && other.message.contains("element"))
  }

  @Test("Features of one step as a column, which are no rows of steps")
  func column() throws {
    let (x, y) = try Self.rows(1)
    let graph =
      "input x 1,1,2\nY, h = \(Self.layer)\nu = Squeeze(Y, i:[1])\nout = Flatten(u) axis=3\n-> out"
    let result = try Self.run(graph, [x], [Tensor(shape: [4, 1], y[0])])
    #expect(result.passed, "\(result.message)")
    let other = try Self.run(graph, [x], [Tensor(shape: [4, 1], y[0].reversed())])
    #expect(!other.passed && other.message.contains("element"))
  }

  @Test("Lengths of all steps are none; others are the case's own")
  func lengths() throws {
    let (x, y) = try Self.rows(5)
    let graph = """
      input x n,1,2
      input n b 6
      Y, h = GRU(x, f:1x12x2, f:1x12x4, _, n) hidden_size=4
      s = Squeeze(Y, i:[1])
      last = Gather(s, i:-1) axis=0
      out = Tanh(last)
      -> out
      """
    let output = Tensor(shape: [1, 4], y[4].map { tanh($0) })
    let whole = try Self.run(graph, [x, Tensor(shape: [1], elements: .int32([5]))], [output])
    #expect(whole.passed && whole.given.isEmpty, "\(whole.message)")
    let part = try Self.run(graph, [x, Tensor(shape: [1], elements: .int32([3]))], [output])
    #expect(!part.passed && part.message.contains("the case's values for n, which convert and run"))
  }
}
