import SluiceConversion
import SluiceImport
import SluiceNetwork
import TestSupport
import Testing

@Suite("Graphs: what is followed and what is refused")
struct GraphTests {
  @Test("Initial states become the layer's, rows of a batch being equal")
  func initialState() throws {
    func graph(_ rows: [Float]) -> GraphBuilder {
      var graph = GraphBuilder.lstm(inputs: ["", "h0"])
      graph.initializer("h0", [1, rows.count / 3, 3], rows)
      graph.output("Y")
      return graph
    }
    let equal = try graph([1, 2, 3, 1, 2, 3]).convert()
    guard case .recurrent(let layer) = equal.network.layers[0].operation else {
      Issue.record("no recurrent layer")
      return
    }
    #expect(layer.initialHidden == [1, 2, 3] && layer.initialCell.isEmpty)
    // A caller's may differ from one sequence to the next.
    var open = GraphBuilder.lstm(inputs: ["lens", "h0"])
    open.input("lens", [nil], type: 6)
    open.input("h0", [1, nil, 3])
    open.output("Y")
    let different = try open.convert(constants: [
      "h0": Tensor(shape: [1, 2, 3], [1, 2, 3, 1, 2, 4]),
      "lens": Tensor(shape: [2], elements: .int32([4, 4])),
    ])
    #expect(different.interface.initialStates.map(\.hidden) == [[[1, 2, 3], [1, 2, 4]]])
    #expect(
      refuses(.malformed, "the_LSTM_0", "initial_h") {
        var short = graph([1, 2, 3])
        short.initializers[3] = GraphBuilder.tensor("h0", [1, 1, 2], [1, 2])
        _ = try short.convert()
      })
  }

  @Test("A state that is a graph input is a constant where it has a value")
  func stateInput() throws {
    var graph = GraphBuilder.lstm(inputs: ["", "h0"])
    graph.input("h0", [1, 1, 3])
    graph.output("Y_h")
    // Without a value it is a graph of one step, which must give C as well.
    #expect(refuses(.unsupported, "initial_c") { _ = try graph.convert() })
    let h0 = Tensor(shape: [1, 1, 3], [1, 2, 3])
    let model = try graph.convert(constants: ["h0": h0, "x": Tensor(shape: [1, 1, 2], [0, 0])])
    #expect(
      model.interface.inputs.map(\.role) == [.sequence([.time, .batch, .feature]), .constant])
    #expect(model.network.output == .last)
  }

  @Test("Gates come out in PyTorch's order")
  func gateOrder() throws {
    var graph = GraphBuilder()
    graph.input("x", [nil, nil, 1])
    graph.initializer("W", [1, 4, 1], [1, 2, 3, 4])
    graph.initializer("R", [1, 4, 1], [5, 6, 7, 8])
    graph.initializer("B", [1, 8], [1, 2, 3, 4, 5, 6, 7, 8])
    graph.node("LSTM", ["x", "W", "R", "B"], ["Y"])
    graph.output("Y")
    guard case .recurrent(let layer) = try graph.convert().network.layers[0].operation else {
      Issue.record("no recurrent layer")
      return
    }
    #expect(layer.inputWeights == [1, 3, 4, 2])
    #expect(layer.hiddenWeights == [5, 7, 8, 6])
    #expect(layer.inputBias == [1, 3, 4, 2] && layer.hiddenBias == [5, 7, 8, 6])
  }

  @Test("Several outputs stand side by side, whatever other layers read them")
  func outputs() throws {
    func ranges(_ graph: GraphBuilder) throws -> [Range<Int>?] {
      try graph.convert().interface.outputs.map(\.features)
    }
    var both = GraphBuilder.lstm()
    both.node("Tanh", ["Y"], ["t"])
    both.output("Y")
    both.output("t")
    #expect(try ranges(both) == [0..<3, 3..<6])
    var two = GraphBuilder.lstm()
    two.node("Tanh", ["Y"], ["t"])
    two.node("Relu", ["Y"], ["r"])
    two.output("r")
    two.output("t")
    #expect(try ranges(two) == [0..<3, 3..<6])
    // The logits and their softmax.
    var fused = GraphBuilder.lstm()
    fused.initializer("fc", [3, 2], ramp(6))
    fused.node("MatMul", ["Y", "fc"], ["logits"])
    fused.node("Softmax", ["logits"], ["p"])
    fused.output("p")
    fused.output("logits")
    #expect(try ranges(fused) == [0..<2, 2..<4])
    var residual = GraphBuilder.lstm()
    residual.node("Add", ["Y", "Y"], ["sum"])
    residual.output("sum")
    #expect(try ranges(residual) == [nil])
  }

  @Test("What no output depends on is left out, final states keep their layers")
  func unread() throws {
    var graph = GraphBuilder.lstm()
    graph.initializer("one", [1], integers: [1])
    graph.node("Squeeze", ["Y", "one"], ["y"])
    graph.initializer("W2", [1, 12, 3], ramp(36))
    graph.node("LSTM", ["y", "W2", "R", "B"], ["Y2", "Y2_h"])
    graph.node("Relu", ["Y"], ["r"])
    graph.output("r")
    #expect(try graph.convert().network.layers.count == 2)
    graph.output("Y2_h")
    let model = try graph.convert()
    #expect(model.network.layers.count == 4 && model.network.outputSize == 6)
    #expect(
      model.interface.outputs.map(\.role) == [
        .sequence([.time, .one, .batch, .feature]),
        .finalHidden(layers: [1], [.one, .batch, .feature]),
      ])
    #expect(model.interface.outputs.map(\.features) == [0..<3, nil])
  }

  @Test("Steps are counted from the end; the first is refused", arguments: [-3, -2, -1, 0])
  func lastStep(_ index: Int) throws {
    var graph = GraphBuilder.lstm()
    graph.initializer("index", [], integers: [index])
    graph.node("Gather", ["Y", "index"], ["y"], [("axis", .integer(0))])
    graph.output("y")
    if index < 0 {
      let model = try graph.convert()
      #expect(model.network.output == .last)
      let delays = model.network.layers.count { layer in
        if case .delay(let delay) = layer.operation { delay.count == 1 } else { false }
      }
      #expect(delays == -1 - index)
      #expect(model.interface.outputs.map(\.role) == [.last([.one, .batch, .feature])])
    } else {
      #expect(refuses(.unsupported, "the_Gather_1", "the first step") { _ = try graph.convert() })
    }
  }

  @Test("Final states of several layers, stacked")
  func stackedStates() throws {
    var graph = GraphBuilder.lstm()
    graph.initializer("one", [1], integers: [1])
    graph.node("Squeeze", ["Y", "one"], ["y"])
    graph.initializer("W2", [1, 12, 3], ramp(36))
    graph.node("LSTM", ["y", "W2", "R", "B"], ["Y2", "Y2_h", "Y2_c"])
    graph.node("Concat", ["Y_h", "Y2_h"], ["h"], [("axis", .integer(0))])
    graph.node("Concat", ["Y_c", "Y2_c"], ["c"], [("axis", .integer(0))])
    graph.output("Y2")
    graph.output("h")
    graph.output("c")
    #expect(
      try graph.convert().interface.outputs.map(\.role) == [
        .sequence([.time, .one, .batch, .feature]),
        .finalHidden(layers: [0, 1], [.layer, .batch, .feature]),
        .finalCell(layers: [0, 1], [.layer, .batch, .feature]),
      ])
  }

  @Test("Steps and sequences in one axis, and directions side by side, are told apart")
  func merged() throws {
    var graph = GraphBuilder.lstm()
    graph.initializer("rows", [2], integers: [-1, 3])
    graph.node("Reshape", ["Y", "rows"], ["y"])
    graph.output("y")
    let output = try graph.convert().interface.outputs[0]
    #expect(output.role == .sequence([.time, .batch, .feature]) && output.merged == [2, 1])
  }

  @Test("A head on the final state is read beside lengths, one on every step is not")
  func lengths() throws {
    func graph(_ name: String) -> GraphBuilder {
      var graph = GraphBuilder.lstm(inputs: ["lens"])
      graph.input("lens", [2], type: 7)
      graph.initializer("fc", [3, 2], ramp(6))
      graph.node("MatMul", [name, "fc"], ["z"])
      graph.output("z")
      return graph
    }
    let lengths: [Name: Tensor] = ["lens": Tensor(shape: [2], elements: .int64([3, 1]))]
    let role = try graph("Y_h").convert(constants: lengths).interface.outputs[0].role
    #expect(role == .last([.one, .batch, .feature]))
    #expect(
      refuses(.unsupported, "the_MatMul_1", "sequence_lens") {
        _ = try graph("Y").convert(constants: lengths)
      })
    for (line, text) in [
      ("out = Gather(Y, i:-1)", "the last step beside the input sequence_lens"),
      (
        "r = LSTM(x, f:1x12x2, f:1x12x3, _, l) hidden_size=3 direction=reverse; g = Gather(r, i:0); out = Relu(g)",
        "the first step beside the input sequence_lens"
      ),
    ] {
      let text = text
      #expect(
        refuses(.unsupported, text) {
          _ = try GraphBuilder(
            "input x n,n,2; input l n 7; Y = LSTM(x, f:1x12x2, f:1x12x3, _, l) hidden_size=3; \(line)"
          ).convert(constants: ["l": Tensor(shape: [2], elements: .int64([3, 2]))])
        })
    }
  }

  @Test("Sizes and indices that wrap are refused")
  func hugeSizes() {
    var split = GraphBuilder()
    split.input("x", [nil, nil, Int.max])
    split.node("Split", ["x"], ["a", "b"], [("axis", .integer(2))])
    split.output("a")
    #expect(refuses(.unsupported, "the_Split_0", "too large") { _ = try split.convert() })
    var gather = GraphBuilder.lstm()
    gather.initializer("indices", [2], integers: [Int.max, Int.min])
    gather.node("Gather", ["Y", "indices"], ["y"], [("axis", .integer(3))])
    gather.output("y")
    #expect(refuses(.malformed, "the_Gather_1", "the index") { _ = try gather.convert() })
    var padded = GraphBuilder.lstm()
    padded.inputs = []
    padded.input("x", [Int.max, 1, 2])
    padded.initializer("pads", [6], integers: [0, 0, 0, 1, 0, 0])
    padded.node("Pad", ["x", "pads"], ["p"])
    padded.initializer("bounds", [1], integers: [0])
    padded.node("Slice", ["p", "bounds", "bounds", "bounds"], ["s"])
    padded.output("s")
    #expect(refuses(.unsupported, "the_Slice_2", "steps") { _ = try padded.convert() })
  }

  @Test("Softmax over steps is refused")
  func softmaxAxis() {
    var graph = GraphBuilder.lstm()
    graph.node("Softmax", ["Y"], ["p"], [("axis", .integer(0))])
    graph.output("p")
    #expect(refuses(.unsupported, "the_Softmax_1", "axis") { _ = try graph.convert() })
  }

  @Test("Few nodes that ask for many elements are refused at once")
  func bomb() {
    var graph = GraphBuilder.lstm()
    graph.initializer("c0", [8], ramp(8))
    for index in 0..<40 {
      graph.node("Concat", ["c\(index)", "c\(index)"], ["c\(index + 1)"], [("axis", .integer(0))])
    }
    graph.node("Add", ["Y", "c40"], ["y"])
    graph.output("y")
    let passes = Pass.count {
      #expect(refuses(.unsupported, "far more elements") { _ = try graph.convert() })
    }
    #expect(passes <= Pass.maximum)
  }

  @Test("Operators and versions that are not known")
  func unknown() {
    var graph = GraphBuilder.lstm()
    graph.node("Erf", ["Y"], ["y"])
    graph.output("y")
    #expect(refuses(.unsupported, "the_Erf_1", "operator Erf") { _ = try graph.convert() })
    graph.opset = 99
    #expect(refuses(.unsupported, "opset_import", "99") { _ = try graph.convert() })
  }
}
