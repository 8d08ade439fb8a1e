import SluiceConversion
import SluiceImport
import SluiceNetwork
import TestSupport
import Testing

/// What `compare_graphs.py` found in graphs that ONNX Runtime runs.
@Suite("Graphs: findings of the comparison with ONNX Runtime") struct GraphComparisonTests {
  /// What both graphs make of the same `[T, 2, features]`.
  private func outputs(
    _ graphs: String..., features: Int
  ) throws -> [[(shape: [Int], values: [Double])]] {
    var random = SeededRandom(seed: 7)
    let x = Tensor(shape: [5, 2, features], random.floats(10 * features))
    return try graphs.map { graph in
      var runner = ModelRunner(try GraphBuilder(graph).convert())
      return runner.run(x)
    }
  }

  /// Both directions in one node, and in a node each.
  private static let both = """
    input x n,n,2
    Y, h = GRU(x, f:2x3x2, f:2x3x1, f:2x6) hidden_size=1 direction=bidirectional
    """
  private static func apart(_ index: Int, _ direction: String) -> String {
    func half(_ name: String, _ constant: String) -> String {
      "\(name)\(index) = Slice(\(constant), i:[\(index)], i:[\(index + 1)], i:[0])"
    }
    return """
      \(half("w", "f:2x3x2"))
      \(half("r", "f:2x3x1"))
      \(half("b", "f:2x6"))
      Y\(index), h\(index) = GRU(x, w\(index), r\(index), b\(index)) hidden_size=1 direction=\(direction)
      """
  }
  private static let two = "input x n,n,2\n\(apart(0, "forward"))\n\(apart(1, "reverse"))"

  @Test("Two directions of one unit each are two features")
  func singleUnits() throws {
    let results = try outputs(
      "\(Self.both)\nt = Transpose(Y) perm=[0,2,1,3]\nr = Reshape(t, i:[0,0,-1])\nout = MatMul(r, f:2x3)",
      """
      \(Self.two)
      s0 = Squeeze(Y0, i:[1])
      s1 = Squeeze(Y1, i:[1])
      r = Concat(s0, s1) axis=2
      out = MatMul(r, f:2x3)
      """, features: 2)
    #expect(results[0][0].shape == [5, 2, 3])
    #expect(
      results[0][0].shape == results[1][0].shape && results[0][0].values == results[1][0].values)
  }

  @Test("Final states of two directions of one unit each are two features")
  func singleStates() throws {
    let results = try outputs(
      "\(Self.both)\nt = Transpose(h) perm=[1,0,2]\nr = Reshape(t, i:[0,-1])\nout = MatMul(r, f:2x3)",
      """
      \(Self.two)
      s0 = Squeeze(h0, i:[0])
      s1 = Squeeze(h1, i:[0])
      r = Concat(s0, s1) axis=1
      out = MatMul(r, f:2x3)
      """, features: 2)
    #expect(results[0][0].shape == [2, 3])
    #expect(
      results[0][0].shape == results[1][0].shape && results[0][0].values == results[1][0].values)
  }

  @Test(
    "All of the input's features selected are the input",
    arguments: [
      ("s = Gather(x, i:[0,1]) axis=2", 2),
      ("d = Concat(x, x) axis=2; s = Slice(d, i:[0], i:[1], i:[2])", 1),
      ("d = Concat(x, x) axis=2; s = Slice(d, i:[2], i:[4], i:[2])", 2),
      ("d = Concat(x, x) axis=2; s, e = Split(d) axis=2", 2),
    ])
  func wholeInput(_ line: String, _ features: Int) throws {
    let layer = "f:1x9x\(features), f:1x9x3"
    let results = try outputs(
      "input x n,n,\(features)\n\(line.replacing("; ", with: "\n"))\nY, h = GRU(s, \(layer)) hidden_size=3\n-> Y",
      "input x n,n,\(features)\nY, h = GRU(x, \(layer)) hidden_size=3\n-> Y", features: features)
    #expect(results[0][0].values == results[1][0].values)
    #expect(results[0][0].shape == results[1][0].shape)
  }

  @Test("A part of a state is one of its features", arguments: ["Gather", "Split"])
  func partOfState(_ operation: String) throws {
    let gru = "input x n,n,2\nY, h = GRU(x, f:1x12x2, f:1x12x4) hidden_size=4"
    let selected =
      operation == "Gather" ? "g = Gather(p, i:[1]) axis=2" : "o, g = Split(p) axis=2"
    let results = try outputs(
      "\(gru)\np = Reshape(h, i:[0,0,2,2])\n\(selected)\nout = MatMul(g, f:2x3)",
      "\(gru)\ns = Slice(h, i:[2], i:[4], i:[2])\nout = MatMul(s, f:2x3)", features: 2)
    #expect(results[0][0].values == results[1][0].values)
    for (layer, shape) in [("1x24x2, f:1x24x8", "0,0,0,2,2,2"), ("2x24x2, f:2x24x8", "0,0,0,2,4")] {
      let direction = layer.hasPrefix("2") ? "direction=bidirectional" : ""
      #expect(
        refuses(.unsupported, "a part of the features") {
          _ = try GraphBuilder(
            """
            input x n,n,2
            Y = GRU(x, f:\(layer)) hidden_size=8 \(direction)
            p = Reshape(Y, i:[\(shape)])
            g = Gather(p, i:[1]) axis=3
            out = MatMul(g, f:\(shape.last!)x3)
            """
          ).convert()
        })
    }
  }

  @Test(
    "Constants that are repeated",
    arguments: [
      // A state for each sequence of a batch whose size is not known.
      (
        "b = Shape(x); n = Gather(b, i:[1]); k = Concat(i:[1], n, i:[1]) axis=0; s = Tile(f:1x1x3, k)",
        "s = Identity(f:1x1x3)"
      ),
      ("s = Tile(f:1x1x3, i:[1,1,1])", "s = Identity(f:1x1x3)"),
      (
        "p = Slice(f:1x1x3, i:[0], i:[1], i:[2]); s = Tile(p, i:[1,1,3])",
        "p = Slice(f:1x1x3, i:[0], i:[1], i:[2]); s = Concat(p, p, p) axis=2"
      ),
    ])
  func tiles(_ tiled: String, _ plain: String) throws {
    func graph(_ lines: String) -> String {
      "input x n,n,2\n\(lines.replacing("; ", with: "\n"))\n"
        + "Y, h = GRU(x, f:1x9x2, f:1x9x3, _, _, s) hidden_size=3\n-> Y"
    }
    let results = try outputs(graph(tiled), graph(plain), features: 2)
    #expect(results[0][0].values == results[1][0].values)
  }

  @Test("Rows that are repeated stand in their order")
  func tiledRows() throws {
    let results = try outputs(
      "input x n,n,2\nw = Tile(f:2x3, i:[1,2])\nout = MatMul(x, w)",
      "input x n,n,2\nw = Concat(f:2x3, f:2x3) axis=1\nout = MatMul(x, w)",
      "input x n,n,2\nw = Transpose(f:3x2) perm=[1,0]\nv = Tile(w, i:[1,2])\nout = MatMul(x, v)",
      "input x n,n,2\nw = Transpose(f:3x2) perm=[1,0]\nv = Concat(w, w) axis=1\nout = MatMul(x, v)",
      features: 2)
    #expect(results[0][0].values == results[1][0].values)
    #expect(results[2][0].values == results[3][0].values)
  }

  @Test(
    "Repetitions that are refused",
    arguments: [
      ("out = Tile(Y, i:[2,1,1,1])", "repeats a sequence"),
      ("t = Tile(f:2x3, i:[1]); out = MatMul(Y, t)", "a number of times for each axis"),
      ("t = Tile(f:2x3, i:[0,1]); out = MatMul(Y, t)", "a number of times for each axis"),
      ("t = Tile(f:2x3, f:[1,1]); out = MatMul(Y, t)", "a number of times for each axis"),
      ("t = Tile(f:2x3, i:[1099511627776,1]); out = MatMul(Y, t)", "far more elements"),
      ("t = Tile(f:2x3, i:[9223372036854775807,1]); out = MatMul(Y, t)", "is not known"),
    ])
  func refusedTiles(_ lines: String, _ text: String) {
    #expect(
      refuses(.unsupported, text) {
        _ = try GraphBuilder(lines.replacing("; ", with: "\n")).convert()
      })
  }
}
