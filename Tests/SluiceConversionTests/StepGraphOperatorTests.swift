import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// Graphs of one step whose operators stand before or behind an LSTM of 4 features and 3 units.
@Suite("Graphs of one step: each operator") struct StepGraphOperatorTests {
  typealias Case = GraphRefusalTests.Case

  /// The graph with `before` between x [1, 4] and u [1, 1, 4], and `behind` between Y [1, 1, 1, 3] and out.
  private static func graph(_ lines: String, _ outputs: String = "out, hn, cn") -> String {
    let before = lines.contains("u = ") ? "" : "u = Unsqueeze(x, i:[0])"
    let behind = lines.contains("out = ") ? "" : "out = Identity(Y)"
    let parts = lines.components(at: "|")
    return """
      input x 1,4
      input h 1,1,3
      input c 1,1,3
      \(before)
      \(parts[0])
      Y, hn, cn = LSTM(u, f:1x12x4, f:1x12x3, f:1x24, _, h, c) hidden_size=3
      \(parts.count > 1 ? parts[1] : "")
      \(behind)
      -> \(outputs)
      """
  }

  /// Two columns of two channels from x: v [1, 2, 2].
  private static let columns = "r = Reshape(x, i:[1,2,2]); v = Transpose(r) perm=[0,2,1]"
  /// u from w [1, 4], [1, 2, 2] or so.
  private static let joined = "u = Reshape(w, i:[1,1,4])"

  static let unsupported: [Case] = [
    Case("|out = Cast(Y)", "the attribute to is 0"),
    Case("|k = Concat(hn, cn) axis=0; out = Relu(k)", "reads a state"),

    Case("|out = Concat(Y, f:1x1x1x3) axis=3", "input 1 is a constant"),

    Case("|out = Erf(Y)", "the operator Erf"),
    Case("|out = Add(Y, i:[1,2,3])", "not of floats that follow the shape"),
    Case("|out = Add(Y, f:[1,2])", "not of floats that follow the shape"),
    Case("|a = Slice(Y, i:[0], i:[2], i:[3]); out = Add(Y, a)", "operands of the shapes"),
    Case("|out = Pow(Y, f:4)", "the exponent 4.0"),
    Case("|out = Pow(Y, f:[2,3,2])", "exponents that are not one number"),
    Case("|out = Max(Y, Y)", "two of the step's values"),
    Case("|g = Greater(Y, f:1); out = Where(g, Y, f:1x1x1x3)", "only the softplus"),
    Case("|g = Greater(Y, f:20); out = Add(g, Y)", "reads a comparison"),
    Case("|out = ArgMax(Y) axis=3 select_last_index=1", "select_last_index"),
    Case("|out = LpNormalization(Y) p=1", "the attribute p is 1"),
    Case("|out = MatMul(Y, hn)", "a product of two values"),
    Case("|out = Einsum(Y, f:3x3) equation=abcd,ef->abce", "expected a linear map"),
    Case("|out = Gemm(Y, f:3x2) transA=1", "transA"),
    Case("|out = Gemm(Y, f:3x2, f:[1,2,3])", "C is not one float, or one for each of 2"),
    Case("|d, mask = Dropout(Y); out = Add(d, mask)", "the output mask"),
    Case("|out = Dropout(Y, f:0.5, i:1)", "training_mode is true"),
    Case("|out = Cast(Y) to=7", "a cast that changes numbers"),
    Case("|out = Squeeze(Y, i:[3])", "the axis 3 is not of size 1"),
    Case("|out = Slice(Y, i:[2], i:[2], i:[3])", "selects nothing"),
    Case("|out = Expand(Y, i:[2,2])", "does not follow the input's"),
    Case("|out = Add(cn, f:1)", "reads a state"),
    Case("|out = Relu(h)", "reads a state"),
    Case("\(columns); w = Softmax(v) axis=1; \(joined)", "a softmax of several columns"),
    Case("\(columns); w = Conv(x, f:4x2x1); \(joined)", "expected one sequence of columns"),
    Case("\(columns); w = Conv(v, f:2x2x1) strides=[0]; \(joined)", "the attribute strides"),
    Case(
      "\(columns); w = MaxPool(v) kernel_shape=[2] dilations=[2]; \(joined)", "dilations is [2]"),
    Case("\(columns); w = ConvTranspose(v, f:2) ; \(joined)", "W has 0 axes"),
    Case("\(columns); w = Conv(v, f:2x2x1) auto_pad=SAME; \(joined)", "auto_pad"),
    Case("\(columns); w = Conv(v, f:2x2x1) pads=[1]; \(joined)", "the attribute pads"),
    Case("w = Pad(x, i:[0,1,0,0], f:1); u = Reshape(w, i:[1,1,5])", "constant_value is not 0"),
    Case("w = Pad(x, i:[0,1,0,0]) mode=wrap; u = Reshape(w, i:[1,1,5])", "the attribute mode"),
    Case("r = Reshape(x, i:[2,2,1]); u = Identity(r)", "expected one step of one sequence"),
  ]

  static let malformed: [Case] = [
    Case("|out = Relu(Y, Y)", "2 inputs and 1 outputs"),
    Case(
      "|k = Concat(hn, cn) axis=0; s = Shape(k); out = Reshape(Y, s)", "the shape [2, 1, 3] of 3"),
    Case("|out = Gemm(Y, f:2x2)", "B of 2 rows"),
    Case("|out = Unsqueeze(Y)", "axes are missing"),
    Case("|out = Unsqueeze(Y, i:[0,0])", "stands twice"),
    Case("|out = Squeeze(Y, i:[0]) axes=[0]", "axes stand twice"),
    Case("|out = Transpose(Y) perm=[0,1,2,2]", "the attribute perm"),
    Case("|out = Flatten(Y) axis=9", "the axis 9"),
    Case("|out = Gather(Y, i:5) axis=3", "the index 5 of 3"),
    Case("|out = Reshape(Y, i:[1,1,1,1,1,1,1,1,3])", "more than 8 axes"),
    Case("|out = Reshape(Y, i:[1,1,1,3,0])", "a size of 0"),
    Case("|out = Reshape(Y, i:[2,-1])", "the shape [2, -1] of 3"),
    Case("|out = Reshape(Y, i:[2,2])", "the shape [2, 2] of 3"),
    Case("|out = Concat(Y, Y)", "the attribute axis is missing"),
    Case("|out = Concat(Y, hn) axis=0", "joins values of different shapes"),
    Case("u = Reshape(x, i:[1,1,3])", "the shape [1, 1, 3] of 4"),
    Case("w = Slice(x, i:[0], i:[3], i:[1]); u = Unsqueeze(w, i:[0])", "reads 4 features"),
    Case("\(columns); w = Conv(v, f:2x2x1) kernel_shape=[3]; \(joined)", "kernel_shape"),
    Case("\(columns); w = Conv(v, f:2x3x1); \(joined)", "for 2 channels"),
    Case("\(columns); w = Conv(v, f:2x2x3); \(joined)", "3 columns are seen"),
    Case("w = Pad(x, i:[0,1,0]) mode=reflect; u = Unsqueeze(w, i:[0])", "pads are 3 numbers"),
    Case("w = Pad(x, i:[1,0,0,0]) mode=reflect; u = Unsqueeze(w, i:[0])", "reflects 1 and 0 of 1"),
    Case("w = Pad(x, i:[0,4,0,0]) mode=reflect; u = Unsqueeze(w, i:[0])", "reflects 4 and 0"),
  ]

  static let sound: [Case] = [
    Case(
      "w = Pad(x, i:[0,1,0,0]); v = Slice(w, i:[0], i:[4], i:[1]); u = Unsqueeze(v, i:[0])",
      "gather [-1, 0, 1, 2], lstm"),
    Case("|out = Sub(Y, f:[0,0,0])", "lstm"),
    Case("|out = Sub(Y, Y)", "lstm, scale -1.0 + 0.0, add 2"),
    Case("|out = Div(f:3, Y)", "lstm, reciprocal, scale 3.0 + 0.0"),
    Case("|out = Add(Y, hn)", "lstm, add 2"),
    Case("|out = Mul(Y, Y)", "lstm, multiply 2"),
    Case("|out = Pow(Y, f:3)", "lstm, multiply 2, multiply 2"),
    Case("|out = Pow(Y, f:1)", "lstm"),
    Case("|out = Sqrt(Y)", "lstm, squareRoot"),
    Case("|s = Sqrt(f:4); out = Mul(Y, s)", "lstm, scale 2.0 + 0.0"),
    Case("|out = ReduceMean(Y)", "lstm, dense 3 1"),
    Case("|out = ReduceMax(Y) axes=[3]", "lstm, maxPool 3 1"),
    Case("|out = ArgMax(Y) axis=3", "lstm, argMax 3"),
    Case("|out = Gather(Y, i:[0,1]) axis=3", "lstm, slice 0 2"),
    Case(
      "|out = Slice(Y, i:[0], i:[3], i:[3], i:[2])",
      "lstm, slice 0 1, slice 2 1, concatenate [1, 1]"),
    Case("|out = Expand(Y, i:[1])", "lstm"),
    Case("|a, b = Split(Y, i:[2,1]) axis=3; out = Identity(b)", "lstm, slice 2 1"),
    Case(
      "|m = Min(Y, f:0.5); out = Max(m, f:-0.5)",
      "lstm, hardSigmoid(alpha: 1.0, beta: 0.5), scale 1.0 + -0.5"),
    Case(
      "m = Clip(x, f:-1, f:1); u = Unsqueeze(m, i:[0]);",
      "hardSigmoid(alpha: 0.5, beta: 0.5), scale 2.0 + -1.0, lstm"),
    Case("|out = Gemm(Y, f:3x2, f:[1])", "lstm, dense 3 2"),
    Case("|out = Softmax(Y)", "lstm, softmax"),
    Case("opset 12; |q = Reshape(Y, i:[1,3]); out = Softmax(q)", "lstm, softmax"),
    Case("opset 10; w = Pad(x) mode=reflect pads=[0,0,0,0]; \(joined)", "lstm"),
    Case(
      "\(columns); s = Slice(r, i:[1], i:[2], i:[2]); w = Concat(s, s) axis=2; \(joined)",
      "slice 1 1, slice 3 1, concatenate [1, 1, 1, 1], lstm"),
    Case("|d = Dropout(Y) ratio=0.5 seed=1; out = Dropout(d, f:0.5, i:0)", "lstm"),
    Case("|out = Cast(Y) to=1", "lstm"),
    Case("|out = Squeeze(Y)", "lstm"),
    Case("|out = Squeeze(Y, i:[0,1])", "lstm"),
    Case("|out = ReduceMean(Y, i:[0]) keepdims=0", "lstm"),
    Case("|out = ReduceMean(Y) axes=[1]", "lstm"),
    Case("|out = Transpose(Y)", "lstm"),
    Case("|out = Flatten(Y) axis=-1", "lstm"),
    Case("|s = Shape(Y); out = Reshape(Y, s)", "lstm"),
    Case("|s = Shape(Y) start=1; out = Reshape(Y, s)", "lstm"),
    Case("|out = Reshape(Y, i:[0,-1])", "lstm"),
    Case("|g = Gather(Y, i:-1); out = Unsqueeze(g, i:[0])", "lstm"),
    Case("|g = Gather(Y, i:[0]) axis=1; out = Relu(g)", "lstm, relu"),
    Case("|out = Softmax(Y) axis=-1", "lstm, softmax"),
    Case("|out = Sub(Y, f:[1,2,3])", "lstm, scale 1.0 + [-1.0, -2.0, -3.0]"),
    Case("|out = Sub(f:1, Y)", "lstm, scale -1.0 + 1.0"),
    Case("|out = Mul(f:2, Y)", "lstm, scale 2.0 + 0.0"),
    Case("|out = Div(Y, f:2)", "lstm, scale 0.5 + 0.0"),
    Case("|out = Gemm(Y, f:2x3, f:[1,2]) transB=1 alpha=2.0 beta=0.5", "lstm, dense 3 2"),
    Case("|r = Relu(Y); out = Add(Y, r)", "lstm, relu, add 2"),
    Case("|r = Relu(Y); out = Concat(Y, r) axis=3", "lstm, relu, concatenate [3, 3]"),
    Case("|out = Slice(Y, i:[0], i:[1], i:[3])", "lstm, slice 0 1"),
    Case(
      "b = BatchNormalization(x, f:[1,2,3,4], f:[1,2,3,4], f:[0,0,0,0], f:[1,1,1,1]) epsilon=0.0; u = Unsqueeze(b, i:[0])",
      "scale [1.0, 2.0, 3.0, 4.0] + [1.0, 2.0, 3.0, 4.0], lstm"),
    Case("|a = Slice(Y, i:[0], i:[1], i:[3]); out = Relu(a)", "lstm, slice 0 1, relu"),
    Case("r = Reshape(x, i:[1,4,1]); w = Conv(r, f:4x4x1); \(joined)", "dense 4 4, lstm"),
    Case(
      "r = Reshape(x, i:[1,2,2]); m = MatMul(r, f:2x2); \(joined.replacingW("m"))",
      "convolution 2 2 1, lstm"),
    Case("w = Pad(x, i:[0,0,0,0]) mode=reflect; \(joined)", "lstm"),
    Case(
      "r = Slice(x, i:[0], i:[2], i:[1]); j = Slice(x, i:[2], i:[4], i:[1]); a = Mul(r, r); b = Pow(j, f:2); s = Add(a, b); q = Sqrt(s); w = Concat(q, q) axis=1; \(joined)",
      "magnitude 2, concatenate [2, 2], lstm"),
    Case(
      "r = Slice(x, i:[2], i:[4], i:[1]); j = Slice(x, i:[0], i:[2], i:[1]); a = Mul(r, r); b = Pow(j, i:2); s = Add(a, b); q = Sqrt(s); w = Concat(q, q) axis=1; \(joined)",
      "slice 2 2, slice 0 2, concatenate [2, 2], magnitude 2, concatenate [2, 2], lstm"),
  ]

  @Test("What is not supported", arguments: unsupported)
  func refusesUnsupported(_ it: Case) {
    #expect(refuses(.unsupported, it.text) { _ = try GraphBuilder(Self.graph(it.graph)).convert() })
  }

  @Test("What is wrong", arguments: malformed)
  func refusesMalformed(_ it: Case) {
    #expect(refuses(.malformed, it.text) { _ = try GraphBuilder(Self.graph(it.graph)).convert() })
  }

  @Test("What is followed", arguments: sound)
  func follows(_ it: Case) throws {
    let network = try GraphBuilder(Self.graph(it.graph)).convert().network
    #expect(GraphOperatorTests.summary(network) == it.text)
    #expect(throws: Never.self) { _ = try network.blobContents().bytes() }
  }

  static let whole: [Case] = [
    Case("input x 1,1,4 7; input h 1,1,3; -> Y, hn", "token ids"),
    Case("input x 1,1,4 8; input h 1,1,3; -> Y, hn", "expected floats"),
    Case("input x 1,1,4; input h 1,1,3; -> Y", "the state of"),
    Case("input x 1,1,4; input h 1,1,2; -> Y, hn", "is not a state of 3 units"),
    Case("input x 1,1,4; input h 2,1,3; -> Y, hn", "is not a state of 3 units"),
    Case("input x 1,1,4; input h 1,1,3; k = Identity(f:1); -> Y, hn, k", "does not depend"),
  ]

  @Test("Inputs and outputs", arguments: whole)
  func refusesWhole(_ it: Case) {
    let parts = it.graph.components(at: ";")
    let graph = """
      \(parts.dropLast().joined(separator: "\n"))
      Y, hn = GRU(x, f:1x9x4, f:1x9x3, f:1x18, _, h) hidden_size=3
      \(parts.last!)
      """
    #expect(refuses(.unsupported, it.text) { _ = try GraphBuilder(graph).convert() })
  }

  @Test("Outputs that are states alone, and states of which a part comes out")
  func states() {
    let lstm = "LSTM(x, f:1x12x4, f:1x12x3, f:1x24, _, h, c) hidden_size=3"
    let head = "input x 1,1,4; input h 1,1,3; input c 1,1,3;"
    #expect(
      refuses(.unsupported, "none but states") {
        _ = try GraphBuilder("\(head) Y, hn, cn = \(lstm); -> cn").convert()
      })
    for (line, text) in [
      ("k = Concat(hn, cn) axis=0; -> Y, k", "is not the state that goes in"),
      ("k = Identity(h); -> k, hn, cn", "holds a state as it came in"),
    ] {
      #expect(
        refuses(.unsupported, text) {
          _ = try GraphBuilder("\(head) Y, hn, cn = \(lstm); \(line)").convert()
        })
    }
    let two = "input x 1,1,4; input h2 2,1,3; h = Slice(h2, i:[0], i:[1], i:[0]);"
    #expect(
      refuses(.unsupported, "has 3 elements", "6") {
        _ = try GraphBuilder(
          "\(two) Y, hn = GRU(x, f:1x9x4, f:1x9x3, f:1x18, _, h) hidden_size=3; -> Y, hn"
        ).convert()
      })
  }

  @Test("Directions, lengths and states left out")
  func cells() {
    let head = "input x 1,1,4; input h 1,1,3;"
    for (node, text) in [
      ("GRU(x, f:1x9x4, f:1x9x3, f:1x18, _, h) hidden_size=3 direction=reverse", "direction"),
      ("GRU(x, f:1x9x4, f:1x9x3, f:1x18, i:[1], h) hidden_size=3", "sequence_lens"),
      ("LSTM(x, f:1x12x4, f:1x12x3, f:1x24, _, h) hidden_size=3", "initial_c is left out"),
    ] {
      #expect(
        refuses(.unsupported, text) {
          _ = try GraphBuilder("\(head) Y, hn = \(node); -> Y, hn").convert()
        })
    }
  }
}

extension String {
  fileprivate func components(at separator: Character) -> [String] {
    split(separator: separator, omittingEmptySubsequences: false).map(String.init)
  }

  fileprivate func replacingW(_ name: String) -> String {
    components(at: "w").joined(separator: name)
  }
}
