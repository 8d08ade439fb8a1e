import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// What the operators of graphs become, layer by layer.
@Suite("Graphs: what each operator becomes") struct GraphOperatorTests {
  /// A graph, and its layers behind the LSTM that most read.
  struct Case: Sendable, CustomTestStringConvertible {
    let graph: String
    let layers: String
    var testDescription: String { graph }

    init(_ graph: String, _ layers: String) { (self.graph, self.layers) = (graph, layers) }
  }

  private static let centered = "m = ReduceMean(Y) axes=[-1]; d = Sub(Y, m)"
  private static let rest = """
    v = ReduceMean(s, i:[3])
    e = Add(f:0.25, v)
    q = Sqrt(e)
    out = Div(d, q)
    """

  /// Both directions, then their features side by side: r [n, n, 6].
  private static let directions = """
    input x n,n,2
    Y, Y_h, Y_c = LSTM(x, f:2x12x2, f:2x12x3, f:2x24) hidden_size=3 direction=bidirectional
    t = Transpose(Y) perm=[0,2,1,3]
    r = Reshape(t, i:[0,0,-1])
    """
  private static let both = "lstm, concatenate [3, 3]"

  static let cases: [Case] = [
    // Directions
    Case("\(directions); out = Relu(r)", "\(both), relu"),
    Case(
      "\(directions); q = Reshape(r, i:[0,0,2,3]); g = Gather(q, i:0) axis=2; out = Relu(g)", "relu"
    ),
    Case(
      "\(directions); q = Reshape(r, i:[0,-1,2,3]); g = Gather(q, i:1) axis=2; out = Relu(g)",
      "relu"),
    Case(
      "\(directions); h = Transpose(Y_h) perm=[1,0,2]; f = Flatten(h); out = Relu(f)",
      "\(both), relu"),
    Case("\(directions); c = Gather(Y_c, i:0); -> Y_c", "\(both)"),
    Case("\(directions); c = Gather(Y_c, i:0); -> r, c", "\(both)"),
    Case("\(directions); h = Gather(Y_h, i:[1]); out = Relu(h)", "relu"),
    Case(
      "\(directions); s = Shape(r); b = Gather(s, i:[1]); k = Concat(i:[-1], b, i:[6]) axis=0; out = Reshape(r, k)",
      "\(both)"),
    // Activations
    Case("out = Softplus(Y)", "softplus"),
    Case("out = Softsign(Y)", "softsign"),
    Case("out = ThresholdedRelu(Y)", "thresholdedReLU(alpha: 1.0)"),
    Case("out = ThresholdedRelu(Y) alpha=0.5", "thresholdedReLU(alpha: 0.5)"),
    Case("out = LeakyRelu(Y)", "leakyReLU(alpha: 0.01)"),
    Case("out = HardSigmoid(Y)", "hardSigmoid(alpha: 0.2, beta: 0.5)"),
    Case("out = HardSigmoid(Y) alpha=0.25 beta=0.75", "hardSigmoid(alpha: 0.25, beta: 0.75)"),
    Case("out = Elu(Y) alpha=0.5", "elu(alpha: 0.5)"),
    Case("out = Selu(Y) alpha=2.0 gamma=3.0", "elu(alpha: 2.0), scale 3.0 + 0.0"),
    Case("out = Celu(Y) alpha=2.0", "scale 0.5 + 0.0, elu(alpha: 1.0), scale 2.0 + 0.0"),
    Case("out = Neg(Y)", "scale -1.0 + 0.0"),
    Case("out = Clip(Y)", ""),
    Case("out = Clip(Y, f:-1)", "scale 1.0 + 1.0, relu, scale 1.0 + -1.0"),
    Case("out = Clip(Y, _, f:1)", "scale -1.0 + 1.0, relu, scale -1.0 + 1.0"),
    Case("out = Clip(Y, f:-1, f:1)", "hardSigmoid(alpha: 0.5, beta: 0.5), scale 2.0 + -1.0"),
    Case("opset 7; out = Clip(Y) min=0.0", "relu"),
    Case("opset 12; out = Softmax(Y) axis=3", "softmax"),
    Case("out = LogSoftmax(Y) axis=-1", "logSoftmax"),
    Case("opset 12; out = LogSoftmax(Y) axis=3", "logSoftmax"),
    Case("out = PRelu(Y, f:0.5)", "prelu [0.5, 0.5, 0.5]"),
    Case("d = Dropout(Y, f:0.5, i:0); out = Identity(d)", ""),
    Case("d, mask = Dropout(Y) ratio=0.5 seed=3; out = Relu(d)", "relu"),
    Case("c = Cast(Y) to=10; out = Relu(c)", "relu"),
    Case("input i n,n 7; j = Cast(i) to=6; out = Gather(f:4x3, j)", "embedding 4 3"),
    Case("input i n,n 2; j = Cast(i) to=7; out = Gather(f:4x3, j)", "embedding 4 3"),
    Case("input i n,n 12; j = Cast(i) to=6; out = Gather(f:4x3, j)", "embedding 4 3"),
    // Arithmetic
    Case("out = Sub(Y, f:[1,2,3])", "scale 1.0 + [-1.0, -2.0, -3.0]"),
    Case("out = Sub(f:1, Y)", "scale -1.0 + 1.0"),
    Case("out = Mul(f:[1,2,3], Y)", "scale [1.0, 2.0, 3.0] + 0.0"),
    Case("out = Div(Y, f:2)", "scale 0.5 + 0.0"),
    Case("out = Div(f:2, Y)", "reciprocal, scale 2.0 + 0.0"),
    Case("out = Mul(Y, Y)", "multiply 2"),
    Case("r = Relu(Y); out = Div(Y, r)", "relu, reciprocal, multiply 2"),
    Case(
      "n = ReduceL2(Y) axes=[-1]; out = Div(Y, n)",
      "multiply 2, dense 3 1, reciprocal, dense 1 3, multiply 2"),
    Case("out = Sqrt(Y)", "squareRoot"),
    Case("out = Pow(Y, f:2)", "multiply 2"),
    Case("m = Min(Y, f:1); out = Max(m, f:0)", "scale -1.0 + 1.0, relu, scale -1.0 + 1.0, relu"),
    Case("out = ArgMax(Y) axis=-1", "argMax 3"),
    Case("out = Sub(Y, Y)", "scale -1.0 + 0.0, add 2"),
    Case("a = Slice(Y, i:[0], i:[1], i:[3]); out = Add(Y, a)", "slice 0 1, dense 1 3, add 2"),
    Case("a = Slice(Y, i:[2], i:[3], i:[3]); out = Add(a, Y)", "slice 2 1, dense 1 3, add 2"),
    // Shapes and what is made of them
    Case(
      "s = Shape(Y); n = Gather(s, i:[0]); m = Mul(n, i:[1]); p = Div(m, i:1); a = Add(p, i:0); b = Sub(a, i:0); t = Concat(b, i:[-1]) axis=0; out = Reshape(Y, t)",
      ""),
    Case("s = Shape(Y); p = ReduceProd(s); t = Concat(p, i:[3]) axis=0; out = Reshape(Y, t)", ""),
    Case(
      "s = Shape(Y) start=1 end=2; p = ReduceProd(s, i:[0]) keepdims=0; u = Unsqueeze(p, i:[0]); t = Concat(i:[-1], u, i:[3]) axis=0; out = Reshape(Y, t)",
      ""),
    Case(
      "e = Equal(i:[1,3], i:[1,2]); w = Where(e, i:[7,3], i:[-1,3]); out = Reshape(Y, i:[-1,3]); -> out",
      ""),
    Case(
      "e = Equal(i:[1,3], i:[0,2]); w = Where(e, i:[7,7], i:[-1,3]); out = Reshape(Y, w)", ""),
    Case(
      "s = Shape(x); n = Gather(s, i:[0]); e = Equal(n, i:[-1]); w = Where(e, i:[7], i:[3]); t = Concat(i:[-1], w) axis=0; out = Reshape(Y, t)",
      ""),
    Case("a = Sub(i:[5], i:[6]); t = Concat(a, i:[3]) axis=0; out = Reshape(Y, t)", ""),
    Case("out = Expand(Y, i:[1,1,3])", ""),
    Case(
      "s = Shape(Y); n = Gather(s, i:[0]); m = Mul(n, i:[2]); t = Concat(m, i:[3]) axis=0; out = Reshape(Y, t)",
      ""),
    Case("a = Add(i:[1], i:[2]); t = Concat(i:[-1], a) axis=0; out = Reshape(Y, t)", ""),
    Case("d = Div(i:[6], i:[2]); t = Concat(i:[-1], d) axis=0; out = Reshape(Y, t)", ""),
    Case(
      "p = ReduceProd(i:[1,3]) axes=[-1]; t = Concat(i:[-1], p) axis=0; out = Reshape(Y, t)", ""),
    Case(
      "e = Equal(i:[1], i:[1]); w = Where(e, i:[3], i:[7]); t = Concat(i:[-1], w) axis=0; out = Reshape(Y, t)",
      ""),
    Case("s = Shape(Y) start=-1; t = Concat(i:[-1], s) axis=0; out = Reshape(Y, t)", ""),
    Case("e = Expand(f:[1,2,3], i:[1,3]); out = Add(Y, e)", "scale 1.0 + [1.0, 2.0, 3.0]"),
    Case("r = Reshape(f:1x3, i:[-1]); out = Add(Y, r)", "scale 1.0 + [-0.5, -0.4375, -0.375]"),
    Case("r = Reshape(f:1x3, i:[0,3]); out = Add(Y, r)", "scale 1.0 + [-0.5, -0.4375, -0.375]"),
    Case("r = Transpose(f:3x1); out = Add(Y, r)", "scale 1.0 + [-0.5, -0.4375, -0.375]"),
    Case("r = Squeeze(f:1x3, i:[0]); out = Add(Y, r)", "scale 1.0 + [-0.5, -0.4375, -0.375]"),
    Case("c = Constant() value_float=2.0; out = Add(Y, c)", "scale 1.0 + 2.0"),
    Case(
      "c = Constant() value_floats=[1.5,2.5,3.5]; out = Add(Y, c)", "scale 1.0 + [1.5, 2.5, 3.5]"),
    Case("c = Constant() value_ints=[-1,3]; out = Reshape(Y, c)", ""),
    Case(
      "c = Constant() value_int=3; u = Unsqueeze(c, i:[0]); t = Concat(i:[-1], u) axis=0; out = Reshape(Y, t)",
      ""),
    Case("c = Constant() value=f:2; out = Add(Y, c)", "scale 1.0 + 2.0"),
    Case("c = ConstantOfShape(i:[1]) value=f:2; out = Add(Y, c)", "scale 1.0 + 2.0"),
    Case("c, d = Split(f:[1,2,3,4,5,6]); out = Add(Y, d)", "scale 1.0 + [4.0, 5.0, 6.0]"),
    Case("out = Flatten(Y_h) axis=-1", ""),
    Case("y = Squeeze(Y, i:[1]); out = Flatten(y) axis=2", ""),
    Case("input x 4,1,2; y = Relu(x); out = Squeeze(y)", "relu"),
    // Selecting
    Case("c = Slice(i:[3,-1], i:[-1], i:[-9], i:[0], i:[-1]); out = Reshape(Y, c)", ""),
    Case("out = Slice(Y, i:[0], i:[2147483647], i:[0])", ""),
    Case("l = Slice(Y, i:[-1], i:[2147483647], i:[0]); out = Relu(l)", "relu"),
    Case("out = Slice(Y, i:[1], i:[3], i:[3])", "slice 1 2"),
    Case("opset 9; out = Slice(Y) starts=[1] ends=[3] axes=[3]", "slice 1 2"),
    Case("a, b = Split(Y) axis=3; -> a, b", "slice 0 2, slice 2 1, concatenate [2, 1]"),
    Case("a = Split(Y) axis=3; out = Relu(a)", "relu"),
    Case("g = Gather(Y, i:[1]) axis=3; out = Relu(g)", "slice 1 1, relu"),
    Case("c = Concat(Y, Y) axis=3; out = Slice(c, i:[0], i:[3], i:[3])", ""),
    Case("out = Concat(Y) axis=3", ""),
    Case("a, b = Split(Y) axis=3; -> a", "slice 0 2"),
    Case("g = Gather(i:[3,-1], i:[-1,0]); out = Reshape(Y, g)", ""),
    Case("g = Gather(Y, i:0) axis=1; out = Relu(g)", "relu"),
    Case("s = Shape(Y); e = Gather(s, i:[0]); out = Slice(Y, i:[0], e, i:[0])", ""),
    Case("out = Slice(Y, i:[0], i:[3], i:[3])", ""),
    Case("out = Slice(Y, i:[-2], i:[3], i:[3])", "slice 1 2"),
    Case("input x n,n,2; l = Gather(x, i:-1) axis=1; out = MatMul(l, f:2x3)", "dense 2 3"),
    Case("input x n,n; u = Unsqueeze(x, i:[2]); out = MatMul(u, f:1x3)", "dense 1 3"),
    Case("input x n,n,2; c = Clip(x); out = Relu(c)", "relu"),
    Case("input x n,n,2; input z n; out = Relu(x)", "relu"),
    Case("input x 4,n,2; y = Relu(x); out = Slice(y, i:[0], i:[9], i:[0])", "relu"),
    // Norms
    Case("\(centered); s = Mul(d, d); \(rest)", "layerNorm 0.25"),
    Case("\(centered); s = Pow(d, f:2); \(rest)", "layerNorm 0.25"),
    Case("\(centered); s = Pow(d, i:2); \(rest)", "layerNorm 0.25"),
    Case("out = ReduceMean(Y) axes=[1] keepdims=0", ""),
    Case("m = ReduceMean(Y, i:[1]); out = Relu(m)", "relu"),
    Case("out = LayerNormalization(Y, f:[1,2,3], f:[4,5,6]) epsilon=0.5", "layerNorm 0.5"),
    Case(
      "input x n,2,n; out = BatchNormalization(x, f:[1,2], f:[0,1], f:[0,0], f:[1,4]) epsilon=0.0",
      "scale 1.0 + [0.0, 1.0]"),
    Case(
      "input x n,2; out = BatchNormalization(x, f:[1,2], f:[0,1], f:[0,0], f:[1,4]) epsilon=0.0",
      "scale 1.0 + [0.0, 1.0]"),
    // Convolutions
    Case("input x n,2,n; out = Conv(x, f:4x2x3) pads=[2,0]", "convolution 2 4 3"),
    Case("input x n,2,n; out = Conv(x, f:4x2x1, f:[1,2,3,4])", "dense 2 4"),
    Case("input x n,2,n; p = Pad(x, i:[0,0,2,0,0,0]); out = Conv(p, f:4x2x3)", "convolution 2 4 3"),
    Case(
      "input x n,2,n; p = Pad(x, i:[2,0], _, i:[2]); out = Conv(p, f:4x2x3)", "convolution 2 4 3"),
    Case(
      "input x n,2,n; p = Pad(x, i:[4,0], f:0, i:[-1]); out = Conv(p, f:4x1x3) group=2 dilations=[2]",
      "convolution 2 4 3"),
    Case(
      "input x n,2,9; c = Conv(x, f:4x2x3) pads=[2,2]; out = Slice(c, i:[0], i:[9], i:[2])",
      "convolution 2 4 3"),
    Case(
      "input x n,2,n; c = Conv(x, f:4x2x3) pads=[2,2]; out = Slice(c, i:[0], i:[-2], i:[2])",
      "convolution 2 4 3"),
    Case(
      "opset 10; input x n,2,n; p = Pad(x) pads=[0,0,2,0,0,0]; out = Conv(p, f:4x2x3)",
      "convolution 2 4 3"),
    Case(
      "input x n,2,n; s = Shape(x); e = Gather(s, i:[2]); c = Conv(x, f:4x2x3) pads=[2,2]; out = Slice(c, i:[0], e, i:[2])",
      "convolution 2 4 3"),
    // Recurrent nodes
    Case(
      "input x n,n,2; input l n 6; input h 1,n,3; input c 1,n,3; out = LSTM(x, f:1x12x2, f:1x12x3, f:1x24, l, h, c) hidden_size=3",
      ""),
    Case(
      "out = RNN(x, f:1x3x2, f:1x3x3) hidden_size=3 activations=[LeakyRelu]",
      "leakyReLU(alpha: 0.01)"),
    Case(
      "out = RNN(x, f:1x3x2, f:1x3x3) hidden_size=3 activations=[Elu] activation_alpha=[0.5]",
      "elu(alpha: 0.5)"),
    Case("out = RNN(x, f:1x3x2, f:1x3x3) hidden_size=3 activations=[Softsign]", "softsign"),
    Case("out = RNN(x, f:1x3x2, f:1x3x3) hidden_size=3 activations=[Softplus]", "softplus"),
    Case(
      "out = RNN(x, f:1x3x2, f:1x3x3) hidden_size=3 activations=[Affine] activation_alpha=[0.5] activation_beta=[0.25]",
      "affine(alpha: 0.5, beta: 0.25)"),
    Case(
      "out = RNN(x, f:1x3x2, f:1x3x3) hidden_size=3 activations=[ScaledTanh] activation_alpha=[0.5] activation_beta=[0.25]",
      "scaledTanh(alpha: 0.5, beta: 0.25)"),
    Case(
      "out = RNN(x, f:1x3x2, f:1x3x3) hidden_size=3 activations=[HardSigmoid]",
      "hardSigmoid(alpha: 0.2, beta: 0.5)"),
    Case(
      "out = RNN(x, f:1x3x2, f:1x3x3) hidden_size=3 activations=[ThresholdedRelu] activation_alpha=[0.5]",
      "thresholdedReLU(alpha: 0.5)"),
    Case("out = RNN(x, f:1x3x2, f:1x3x3) hidden_size=3 activations=[Relu]", "relu"),
  ]

  @Test(arguments: cases) func becomes(_ it: Case) throws {
    let model = try GraphBuilder(it.graph).convert()
    let layers = Self.summary(model.network)
    let behind = layers.hasPrefix("lstm, ") ? String(layers.dropFirst(6)) : layers
    #expect(behind == (it.layers.isEmpty ? "lstm" : it.layers))
    #expect(throws: Never.self) { _ = try model.network.blobContents().bytes() }
  }

  /// The layers in order, as short as tells them apart.
  static func summary(_ network: Network) -> String {
    network.layers.map { summary($0.operation) }.joined(separator: ", ")
  }

  private static func summary(_ operation: Network.Operation) -> String {
    func row(_ values: [Float]) -> String {
      values.allSatisfy { $0 == values[0] } ? "\(values[0])" : "\(values)"
    }
    return switch operation {
    case .embedding(let layer): "embedding \(layer.count) \(layer.size)"
    case .recurrent(let layer):
      if case .rnn(let function) = layer.cell { "\(function)" } else { "\(layer.cell)" }
    case .dense(let layer): "dense \(layer.inputSize) \(layer.outputSize)"
    case .activation(let function, _): "\(function)"
    case .convolution(let layer):
      "convolution \(layer.inputChannels) \(layer.outputChannels) \(layer.kernelSize)"
    case .scale(let layer): "scale \(row(layer.scale)) + \(row(layer.shift))"
    case .layerNorm(let layer): "layerNorm \(layer.epsilon)"
    case .prelu(let layer): "prelu \(layer.slopes)"
    case .add(_, let count): "add \(count)"
    case .concatenate(_, let channels): "concatenate \(channels)"
    case .magnitude(_, let channels): "magnitude \(channels)"
    case .slice(let layer): "slice \(layer.start) \(layer.count)"
    case .multiply(_, let count): "multiply \(count)"
    case .maxPool(let layer): "maxPool \(layer.kernelSize) \(layer.stride)"
    case .argMax(_, let channels): "argMax \(channels)"
    case .gather(let layer): "gather \(layer.indices)"
    case .delay(let layer): "delay \(layer.size) \(layer.count)"
    default: "\(operation)"
    }
  }
}
