import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// What the operators of graphs do not take, each said of the node that asks for it.
@Suite("Graphs: what each operator refuses") struct GraphRefusalTests {
  /// A graph, and a part of what is said of it.
  struct Case: Sendable, CustomTestStringConvertible {
    let graph: String
    let text: String
    var testDescription: String { graph }

    init(_ graph: String, _ text: String) { (self.graph, self.text) = (graph, text) }
  }

  static let norm = """
    m = ReduceMean(Y) axes=[-1]
    d = Sub(Y, m)
    s = Mul(d, d)
    v = ReduceMean(s) axes=[-1]
    e = Add(v, f:1e-5)
    q = Sqrt(e)
    """

  /// A transposed convolution of three taps over the steps of the layer's outputs.
  static func deconvolved(_ attributes: String) -> String {
    "y = Squeeze(Y, i:[1]); t = Transpose(y) perm=[1,2,0]; "
      + "c = ConvTranspose(t, f:3x2x3) \(attributes); out = Relu(c)"
  }

  static let both =
    "input x n,1,2; Y, h = GRU(x, f:2x9x2, f:2x9x3, f:2x18) hidden_size=3 direction=bidirectional; "

  static let unsupported: [Case] = [
    // Outputs that a run would write in another order
    Case(both + "t = Transpose(Y) perm=[0,2,3,1]; out = Reshape(t, i:[0,0,-1])", "another order"),
    Case(both + "out = Transpose(Y) perm=[3,0,1,2]", "another order"),
    Case(
      "r = Squeeze(Y, i:[1]); w = MatMul(r, f:3x6); p = Reshape(w, i:[0,0,2,3]); "
        + "out = Transpose(p) perm=[0,1,3,2]", "another order"),
    // Activations
    Case("out = Celu(Y) alpha=-1.0", "the attribute alpha is -1.0"),
    Case("out = Clip(Y, f:[1,2])", "the input min is not one finite number"),
    Case("out = Clip(Y, _, f:[inf])", "the input max is not one finite number"),
    Case("out = Clip(Y, f:2, f:1)", "the bounds 2.0 and 1.0"),
    Case("out = Clip(Y, Y)", "the input min depends on the sequence"),
    Case("out = Softmax(Y) axis=0", "the attribute axis is 0"),
    Case("opset 11; out = Softmax(Y)", "the attribute axis is 1"),
    Case("out = PRelu(Y, f:[1,2])", "slope is not one float, or one for each of 3"),
    Case("out = Dropout(Y, f:0.5, i:1)", "training_mode is true"),
    Case("out, mask = Dropout(Y); -> mask", "the output mask"),
    Case("out = Cast(Y) to=7", "the attribute to is 7"),
    Case("c = Cast(i:[1,2]) to=1; out = Reshape(Y, c)", "is not a row of integers"),
    Case("out = Relu(i:[1])", "no output depends on a sequence"),
    // Arithmetic
    Case("e = Equal(Y, f:2); out = Add(Y, e)", "beside the integers of shapes"),
    Case("l = Gather(Y, i:-1); out = Add(Y, l)", "joins the last step with a sequence"),
    Case("t = Transpose(Y) perm=[1,0,2,3]; out = Add(Y, t)", "sequences of different shapes"),
    Case("a = Slice(Y, i:[0], i:[2], i:[3]); out = Sub(Y, a)", "sequences of different shapes"),
    Case("out = Add(Y, f:[1,2])", "is not one float, or one for each of 3 features"),
    Case("a = Mod(i:[-3], i:[2]) fmod=1; out = Reshape(Y, a)", "the attribute fmod is not 0"),
    Case("a = Add(f:[1,2], i:[1,2]); out = Reshape(Y, a)", "operands of two types"),
    Case("a = Add(i:[1,2], i:[1,2,3]); out = Reshape(Y, a)", "operands of the shapes [2] and [3]"),
    Case(
      "s = Shape(Y); e = Equal(s, i:[2,2,2,2]); out = Reshape(Y, e)",
      "compares a size that is not known"),
    Case("p = ReduceProd(f:[1,2]); out = Reshape(Y, p)", "beside the integers of shapes"),
    Case("p = ReduceProd(i:2x2); out = Reshape(Y, p)", "beside the integers of shapes"),
    // Axes
    Case("out = Squeeze(Y)", "axes are left out where the size of an axis is not known"),
    Case("out = Squeeze(Y, i:[3])", "the axis 3 is not of size 1"),
    // Convolutions
    Case("input x n,2,n; out = Conv(x, f:4x2x3x3)", "W has 4 axes"),
    Case("out = Conv(Y, f:4x1x1)", "X has 4 axes"),
    Case("input x n,2,n; out = Conv(x, f:4x2x3) strides=[2]", "the attribute strides"),
    Case("input x n,2,n; out = Conv(x, f:4x2x3) pads=[1,1,1]", "the attribute pads"),
    Case("input x n,2,n; out = Conv(x, f:4x2x3) pads=[3,0]", "3 steps of zeros before the first"),
    Case("input x n,2,n; out = Conv(x, f:4x2x3) pads=[1,1]", "sees 1 steps to come"),
    Case("input x n,2,n; out = Conv(x, f:4x2x3) auto_pad=SAME_UPPER", "sees 1 steps to come"),
    Case("input x n,2,n; out = Conv(x, f:4x2x4) auto_pad=SAME_LOWER", "sees 1 steps to come"),
    Case(
      "input x n,2,n; c = Conv(x, f:2x2x3) pads=[2,2]; out = Conv(c, f:2x2x1)",
      "reads more steps than the sequence has"),
    Case("input x n,2,n; c = Conv(x, f:2x2x3) pads=[2,2]; out = Relu(c)", "reads more steps"),
    Case(
      "y = Squeeze(Y, i:[1]); p = Transpose(y) perm=[1,2,0]; l = Slice(p, i:[-1], i:[2147483647], i:[2]); out = Conv(l, f:4x3x2) pads=[1,0]",
      "the last axis of X does not count the steps"),
    Case("out = Pad(Y, i:[0,0,0,0,0,0,0,0]) mode=reflect", "the attribute mode"),
    Case("out = Pad(Y, i:[0,0,0,0,0,0,0,0], f:1)", "constant_value is not 0"),
    Case("out = Pad(Y, i:[0,0,0,0,0,0,0,-1])", "pads are"),
    Case("out = Pad(Y, i:[0,0,0,1,0,0,0,0])", "pads an axis that does not count the steps"),
    // Norms
    Case(
      "input x n,2; out = BatchNormalization(x, f:[1,2], f:[1,2], f:[1,2], f:[1,2]) training_mode=1",
      "training_mode is 1"),
    Case(
      "input x n,2; out = BatchNormalization(x, f:[1,2], f:[1,2], f:[1,2], f:[1,2]) spatial=0",
      "spatial is 0"),
    Case(
      "input x n,2; out, m = BatchNormalization(x, f:[1,2], f:[1,2], f:[1,2], f:[1,2]); -> m",
      "the output 1 is one of training"),
    Case("out, m = LayerNormalization(Y, f:[1,2,3]); -> m", "the output 1 is a statistic"),
    Case("out = LayerNormalization(Y, f:[1,2,3]) axis=2", "expected the last axis"),
    Case("out = ReduceMean(Y)", "a mean over all axes"),
    Case("out = ReduceMean(Y) axes=[0]", "a mean over steps or sequences"),
    Case("m = ReduceMean(f:[1,2]) axes=[0]; out = Add(Y, m)", "reads constants alone"),
    Case("\(norm); out = ReduceMean(q) axes=[-1]", "beside a layer norm"),
    Case("\(norm); out = Pow(q, f:2)", "beside a layer norm"),
    Case("\(norm); out = Pow(d, f:3)", "an exponent other than 2"),
    Case("\(norm); out = Add(v, f:-1)", "beside a layer norm"),
    Case("\(norm); out = Div(d, v)", "beside a layer norm"),
    Case("\(norm); out = Sub(q, d)", "beside a layer norm"),
    Case("\(norm); out = Transpose(q)", "beside a layer norm"),
    Case("\(norm); out = Squeeze(q, i:[1])", "beside a layer norm"),
    Case("\(norm); out = Unsqueeze(q, i:[1])", "beside a layer norm"),
    Case("\(norm); out = Reshape(q, i:[-1,3])", "beside a layer norm"),
    Case("\(norm); out = Gather(q, i:0)", "beside a layer norm"),
    Case("\(norm); out = Slice(q, i:[0], i:[1])", "beside a layer norm"),
    Case("\(norm); out = Split(q) axis=3", "beside a layer norm"),
    Case("\(norm); out = Relu(q)", "beside a layer norm"),
    Case("\(norm); out = Cast(q) to=7", "the attribute to is 7"),
    Case("\(norm); s2 = Shape(q); out = Reshape(Y, s2)", "does not follow the input's axes"),
    Case("c = Constant() value_string=a; out = Add(Y, c)", "value_string"),
    // Shapes
    Case("out = Reshape(Y, i:2x2)", "not a row of integers"),
    Case("out = Reshape(Y, i:[-1,-1])", "at most one of them -1"),
    Case("out = Reshape(Y, i:[0,3]) allowzero=1", "a shape of size 0"),
    Case("out = Reshape(Y, i:[5,-1])", "does not follow the input's axes"),
    Case("out = Reshape(Y, i:[-1,5])", "does not follow the input's axes"),
    Case("out = Reshape(Y, i:[0,0,0,0,2])", "does not follow the input's axes"),
    Case("out = Reshape(Y, i:[0,0,0])", "does not follow the input's axes"),
    Case("r = Reshape(f:2x3, i:[4,-1]); out = Add(Y, r)", "does not follow the constant's"),
    Case("r = Reshape(f:2x3, i:[5]); out = Add(Y, r)", "does not follow the constant's"),
    Case("r = Reshape(f:2x3, i:[0,0,0]); out = Add(Y, r)", "does not follow the constant's"),
    Case("r = Reshape(f:2x3, i:[-2,3]); out = Add(Y, r)", "does not follow the constant's"),
    Case(
      "s = Shape(x); z = ConstantOfShape(s); r = Reshape(z, i:[-1]); out = Add(Y, r)",
      "does not follow the constant's"),
    Case("out = Expand(Y, i:[2,1,1,1,3])", "repeats a sequence"),
    Case("out = Expand(Y, i:[1,7,1,1])", "repeats a sequence"),
    Case("e = Expand(f:[1,2,3], i:2x2); out = Add(Y, e)", "not a row of sizes"),
    Case("e = Expand(f:[1,2,3], i:[2]); out = Add(Y, e)", "does not follow the constant's"),
    Case("z = ConstantOfShape(i:[0,1]); out = Add(Y, z)", "not a row of sizes"),
    // Joining and selecting
    Case("s = Shape(x); z = ConstantOfShape(s); c = Concat(z, z) axis=0; out = Add(Y, c)", "joins"),
    Case("out = Concat(Y, Y_h) axis=3", "joins values of different shapes"),
    Case("out = Concat(Y, Y) axis=1", "does not count features"),
    Case("l = Gather(Y, i:[-1]); h = Unsqueeze(Y_h, i:[0]); out = Concat(Y, h, l) axis=3", "joins"),
    Case("out = Split(Y) axis=0", "a size that is not known"),
    Case("input x n,n,2; input i n 7; out = Gather(x, i)", "a second input"),
    Case("input i n,n 7; e = Gather(f:4x3, i) axis=1; -> e", "the attribute axis is 1"),
    Case("e = Gather(f:4x3, x); -> e", "an embedding reads the token ids"),
    Case("out = Gather(Y, Y)", "indices that depend on the sequence"),
    Case("out = Gather(Y, i:2x2)", "not a known integer or a row"),
    Case("out = Gather(Y, i:[0,2]) axis=3", "indices that are not neighbours"),
    Case("out = Gather(Y, i:0) axis=2", "counts neither steps nor features"),
    Case("out = Gather(Y, i:[0,1]) axis=0", "selects steps other than the last"),
    Case(
      "s = Shape(x); z = ConstantOfShape(s); g = Gather(z, i:0); out = Add(Y, g)",
      "an axis of a size that is not known"),
    Case("out = Slice(Y, i:[0], i:[1], i:[3], i:[2])", "steps other than 1"),
    Case("out = Slice(Y, i:[2], i:[2], i:[3])", "selects nothing"),
    Case("out = Slice(Y, i:[0], i:[5], i:[0])", "selects steps other than the last alone"),
    Case("out = Slice(Y, i:[-65], i:[9999999999], i:[0])", "keeps 65 steps from the end; up to 64"),
    Case(
      "out = Slice(Y, i:[-9223372036854775808], i:[-9223372036854775808], i:[0])",
      "selects steps other than the last"),
    Case("out = Slice(Y, i:[-9223372036854775808], i:[9999999999], i:[0])", "steps from the end"),
    Case(
      "s = Slice(Y, i:[-3], i:[9999999999], i:[0]); y = Squeeze(s, i:[1]); "
        + "z = LSTM(y, f:1x12x3, f:1x12x3) hidden_size=3; out = Relu(z)",
      "not a sequence of three axes"),
    Case("s = Slice(Y, i:[-3], i:[9999999999], i:[0]); out = Add(Y, s)", "joins the last step"),
    Case("s = Slice(Y, i:[-3], i:[9999999999], i:[0]); out = Softmax(s) axis=0", "axis is 0"),
    Case(
      "s = Slice(Y, i:[-3], i:[9999999999], i:[0]); out = ReduceMean(s) axes=[0]",
      "a mean over steps"),
    // Transposed convolutions
    Case(deconvolved("strides=[2]"), "more outputs than steps"),
    Case(deconvolved("pads=[1,1]"), "an output sees 1 steps to come; expected none before"),
    Case(deconvolved("pads=[0,3]"), "steps are left out"),
    Case(deconvolved("output_padding=[1]"), "the attribute output_padding is [1]"),
    Case(deconvolved("auto_pad=SAME_UPPER"), "auto_pad"),
    Case("s = Shape(x); g = Gather(s, i:[0]); out = Slice(Y, i:[1], g, i:[3])", "known integers"),
    Case("out = Slice(Y, i:[0], f:[1])", "the input ends is not made of integers"),
    Case(
      "s = Shape(x); g = Gather(s, i:[0]); c = Slice(i:[1,2,3], i:[0], g); out = Reshape(Y, c)",
      "the input ends is not made of known integers"),
    Case(
      "s = Shape(x); z = ConstantOfShape(s); c = Slice(z, i:[0], i:[3], i:[0]); out = Add(Y, c)",
      "a part of an axis of a size that is not known"),
    Case("c = Slice(i:[1,2,3], i:[1], i:[-9], i:[0], i:[-1]); out = Reshape(Y, c)", "steps of -1"),
    // Recurrent nodes
    Case(
      "z, z_h = LSTM(Y_h, f:1x12x3, f:1x12x3) hidden_size=3; -> z", "not a sequence of three axes"),
    Case(
      "y = Squeeze(Y, i:[1]); t = Transpose(y) perm=[1,0,2]; out = GRU(t, f:1x9x3, f:1x9x3) hidden_size=3",
      "the first axis of X does not count the steps"),
    Case("out = RNN(x, f:1x3x2, f:1x3x3) hidden_size=3 activations=[Nothing]", "names Nothing"),
    Case("out = RNN(x, f:1x3x2, f:1x3x3) hidden_size=3 activations=[Affine]", "activation_alpha"),
    Case(
      "out = RNN(x, f:1x3x2, f:1x3x3) hidden_size=3 activations=[ScaledTanh] activation_alpha=[0.5]",
      "activation_beta"),
    // Weights and heads
    Case("out = LSTM(x, i:1x12x2, f:1x12x3) hidden_size=3", "W is not made of known floats"),
    Case("f = Flatten(Y) axis=3; out = Gemm(f, f:3x2) transA=1", "transA"),
    Case("out = MatMul(Y, Y)", "depends on the sequence"),
    Case("c = Relu(Y_c); -> c", "reads a final cell state"),
    Case("out = Cast(Y)", "the attribute to is 0"),
    Case("s = Shape(x); out = Squeeze(Y, s)", "the input axes is not made of known integers"),
    Case("out = Unsqueeze(Y, i:[0,1,2,3,4])", "more than 8 axes"),
    Case("input x n,n,2; f = Flatten(x); out = MatMul(f, f:2x3)", "does not count features alone"),
    Case(
      "t = Transpose(Y) perm=[3,1,2,0]; out = MatMul(t, f:3x2)", "does not count features alone"),
    Case(
      "input x 1,n,2; Y = LSTM(x, f:1x12x2, f:1x12x3) hidden_size=3; l = Gather(Y, i:[-1]); out = Concat(Y, l) axis=3",
      "joins the last step with a sequence"),
    Case(
      "input x n,n,2; Y, h = LSTM(x, f:2x12x2, f:2x12x3) hidden_size=3 direction=bidirectional; out = Relu(h)",
      "not side by side"),
    Case(
      "input x n,n,2; Y = LSTM(x, f:1x12x2, f:1x12x3, _, i:[3,2]) hidden_size=3; s = Squeeze(Y, i:[1]); out = LSTM(s, f:1x12x3, f:1x12x3, _, i:[3,1]) hidden_size=3",
      "sequence_lens"),
    // Inputs and outputs
    Case("input x n,n,2 8; out = Relu(x)", "the element type 8"),
    Case("input x n,n,2; -> x", "outputs"),
    Case("input x n,n,2; out = Identity(x)", "no layer lies before them"),
    Case("input x n,n,2; y = Relu(x); i = Identity(x); -> y, i", "the input itself"),
    Case("input i n,n 7; e = Gather(f:4x3, i); y = Relu(e); -> y, i", "does not depend"),
    Case("input i n,n 7; e = Gather(f:4x3, i); y = Relu(e); j = Identity(i); -> y, j", "token ids"),
    Case("input i n,n 7; out = Relu(i)", "reads token ids"),
    Case("input x n,n,n,2; out = Relu(x)", "more axes than steps and batch"),
    Case(
      "input x n,n,2; c = Identity(f:[1]); y = Relu(x); -> y, c", "does not depend on the sequence"),
    Case(
      "input x n,n,2; input w 1,12,2; Y = LSTM(x, w, f:1x12x3) hidden_size=3; -> Y",
      "its value must be given"),
    Case(
      "input x n,n,2; a = MatMul(x, f:2x2); b = Sigmoid(a); c = Tanh(a); m = Mul(b, c); out = Erf(m)",
      "written out in small operators"),
  ]

  static let malformed: [Case] = [
    Case("out = LSTM(x, f:1x12x2, f:1x12x3, _, _, f:1x1x4) hidden_size=3", "initial_h"),
    Case("input i n,n 7; e = Gather(f:0x3, i); -> e", "an empty table"),
    Case("out = MatMul(Y, f:3x0)", "without elements"),
    Case("out = LSTM(x, f:1x12x2, f:1x12x3) hidden_size=1.5", "an integer"),
    Case("out = Transpose(Y) perm=3", "a list of integers"),
    Case("out = RNN(x, f:1x3x2, f:1x3x3) hidden_size=3 activation_alpha=0.5", "a list of floats"),
    Case("out = RNN(x, f:1x3x2, f:1x3x3) hidden_size=3 direction=1", "a string"),
    Case("out = RNN(x, f:1x3x2, f:1x3x3) hidden_size=3 activations=1", "a list of strings"),
    Case("out = Elu(Y) alpha=1", "not a finite float"),
    Case("c = Constant() value=1; out = Add(Y, c)", "a tensor"),
    Case(
      "input x n,n,2; a = MatMul(x, f:3x2); b = Sigmoid(a); c = Tanh(a); out = Mul(b, c)",
      "reads 3 features"),
    Case("out = Relu(nothing)", "which nothing before it defines"),
    Case("out = Add(Y, f:[nan,0,0])", "element 0 is nan"),
    Case("out = Gemm(Y, f:3x2)", "A has 4 axes"),
    Case("s = Shape(x); out = Slice(Y, i:[0], s, i:[0])", "of different lengths"),
    Case(
      "input x n,2,n; out = BatchNormalization(x, f:2, f:[1,2], f:[1,2], f:[1,2])",
      "scale has 0 axes"),
    Case("out = Squeeze(Y, i:[1]) axes=[1]", "axes stand twice"),
    Case("out = Squeeze(Y, i:[9])", "the axis 9 of 4"),
    Case("out = Unsqueeze(Y)", "axes are missing"),
    Case("out = Unsqueeze(Y, i:[0,0])", "stands twice"),
    Case("out = Unsqueeze(Y, i:[0,1,2,3,4,5,6,7,8])", "more than 8 axes"),
    Case("out = Transpose(Y) perm=[0,0,1,2]", "the attribute perm"),
    Case("input x n,2,n; out = Conv(x, f:4x2x3) kernel_shape=[2]", "kernel_shape"),
    Case("input x n,2,n; out = Conv(x, f:4x2x3) dilations=[0]", "dilations"),
    Case("input x n,2,n; out = Conv(x, f:4x2x3) group=3", "in 3 groups"),
    Case("input x n,2,n; out = Conv(x, f:4x2x3, f:[1,2])", "B of 2 numbers for 4"),
    Case("input x n,2,n; out = Conv(x, f:4x2x3) auto_pad=OTHER", "auto_pad"),
    Case("input x n,2,n; out = Conv(x, f:4x5x3) pads=[2,0]", "reads 5 features"),
    Case("out = Pad(Y, i:[0,0,0], _, i:[0])", "pads are 3 numbers"),
    Case(
      "input x n,2; r = Reshape(x, i:[-1]); out = BatchNormalization(r, f:[1], f:[1], f:[1], f:[1])",
      "fewer than 2 axes"),
    Case(
      "input x n,2; out = BatchNormalization(x, f:[1,2], f:[1,2], f:[1,2], f:[1])",
      "of different sizes"),
    Case("out = LayerNormalization(Y, f:[1,2,3], f:[1,2])", "of different sizes"),
    Case("out = LayerNormalization(Y, f:[1,2,3]) epsilon=-1.0", "below 0"),
    Case("out = LayerNormalization(Y, f:[1,2])", "reads 2 features"),
    Case("out = Flatten(Y) axis=7", "the attribute axis is 7"),
    Case("out = Concat(Y, Y)", "the attribute axis is missing"),
    Case("c = Concat(i:[1], f:[2]) axis=0; out = Reshape(Y, c)", "joins floats and integers"),
    Case("c = Concat(f:2x2, f:2x3) axis=0; out = Add(Y, c)", "constants of different shapes"),
    Case("a, b = Split(Y, i:[1]) axis=3; -> a", "parts for 2 outputs"),
    Case("a, b = Split(Y, i:[1,1]) axis=3; -> a", "parts of [1, 1] of 3"),
    Case("a, b = Split(Y) axis=3 num_outputs=3; -> a", "3 parts for 2 outputs"),
    Case("out = Gather(Y, i:9) axis=3", "the index 9 of 3"),
    Case("g = Gather(i:[1,2], i:5); out = Reshape(Y, g)", "the index 5 of 2"),
    Case("out = Slice(Y, i:[0], i:[1], i:[0,1])", "not as many as starts"),
    Case("out = Slice(Y, i:[0,0], i:[1,1], i:[3,3])", "an axis stands twice"),
    Case("out = Slice(Y)", "starts and ends are missing"),
    Case("c = Constant() value_int=1 value_float=1.0; out = Add(Y, c)", "expected one attribute"),
    Case("c = ConstantOfShape(i:[2]) value=f:1,2; out = Add(Y, c)", "not one number"),
    Case("out = Relu(Y, Y)", "2 inputs and 1 outputs"),
    Case("out = MatMul(Y, f:2x2)", "reads 2 features"),
    Case(
      "out = RNN(x, f:1x3x2, f:1x3x3) hidden_size=3 activations=[Tanh,Tanh]", "too many names"),
    Case(
      "out = RNN(x, f:1x3x2, f:1x3x3) hidden_size=3 direction=bidirectional activations=[Tanh]",
      "activations"),
  ]

  @Test("What is not supported", arguments: unsupported)
  func refusesUnsupported(_ it: Case) {
    #expect(refuses(.unsupported, it.text) { _ = try GraphBuilder(it.graph).convert() })
  }

  @Test("What is wrong", arguments: malformed)
  func refusesMalformed(_ it: Case) {
    #expect(refuses(.malformed, it.text) { _ = try GraphBuilder(it.graph).convert() })
  }
}
