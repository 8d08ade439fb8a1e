import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// Tensors of an ONNX file by their names: taken where the graph uses them as an architecture says, else refused.
@Suite("Weights of ONNX files by name") struct ONNXWeightsTests {
  private static let architecture =
    #"{"input_size": 4, "layers": [{"type": "dense", "tensors": "fc."}]}"#

  /// A graph of one matrix of 4 x 4 and a bias, read by name.
  private static func network(_ lines: String) throws -> Network {
    var graph = GraphBuilder("input x n,1,4\n\(lines)\n-> y")
    graph.initializer("fc.weight", [4, 4], ramp(16))
    graph.initializer("fc.bias", [4], ramp(4))
    let node = try JSONReader.parse(file: "a.json", Array(architecture.utf8))
    return try Converter.convert(
      SourceBytes(file: "model.onnx", graph.bytes), architecture: node
    ).network
  }

  private static func weights(_ network: Network) -> [Float]? {
    guard case .dense(let dense) = network.layers[0].operation else { return nil }
    return dense.weights
  }

  @Test("A matrix stands as it is read: turned, or as it is")
  func turned() throws {
    let rows = ramp(16)
    let columns = (0..<16).map { rows[$0 % 4 * 4 + $0 / 4] }
    for (lines, expected) in [
      ("p = MatMul(x, fc.weight)\ny = Add(p, fc.bias)", columns),
      ("t = Transpose(fc.weight) perm=[1,0]\np = MatMul(x, t)\ny = Add(p, fc.bias)", rows),
      ("y = Gemm(x, fc.weight, fc.bias)", columns),
      ("y = Gemm(x, fc.weight, fc.bias) transB=1", rows),
    ] {
      #expect(try Self.weights(Self.network(lines)) == expected, "\(lines)")
    }
  }

  @Test(
    "Behind other nodes its numbers are others",
    arguments: [
      ("k = Identity(fc.weight); p = MatMul(x, k); y = Add(p, fc.bias)", "Identity"),
      ("k = Mul(fc.weight, f:0.5); p = MatMul(x, k); y = Add(p, fc.bias)", "Mul"),
      ("k = Reshape(fc.weight, i:[4,4]); p = MatMul(x, k); y = Add(p, fc.bias)", "Reshape"),
      (
        "a = Transpose(fc.weight) perm=[1,0]; k = Transpose(a) perm=[1,0]; p = MatMul(x, k); y = Add(p, fc.bias)",
        "Transpose"
      ),
      ("p = MatMul(x, fc.weight); k = MatMul(fc.weight, p); y = Add(k, fc.bias)", "turned"),
      ("y = Gemm(x, fc.weight, fc.bias) alpha=0.5", "alpha 0.5"),
      ("y = Gemm(x, fc.weight, fc.bias) beta=0.0", "beta 0.0"),
    ])
  func refused(_ lines: String, _ text: String) {
    let graph = lines.replacing("; ", with: "\n")
    #expect(refuses(.unsupported, text) { _ = try Self.network(graph) })
  }
}
