import SluiceConversion
import SluiceImport
import SluiceNetwork
import TestSupport
import Testing

/// The states of graphs of one step: what a layer reads and writes must be what whoever runs the graph
/// carries from call to call.
@Suite("Graphs of one step: which state is whose") struct StatePairTests {
  private static func lstm(
    _ states: String, outputs: String = "y, h_out, c_out", names: String = "Y, h_out, c_out",
    inputs: [String] = ["h", "c"]
  ) -> GraphBuilder {
    let heads = inputs.map { "input \($0) 1,1,3" }.joined(separator: "\n")
    return GraphBuilder(
      """
      input x 1,1,4
      \(heads)
      \(names) = LSTM(x, f:1x12x4, f:1x12x3, f:1x24, _, \(states)) hidden_size=3
      y = Relu(Y)
      -> \(outputs)
      """)
  }

  @Test("As they go in")
  func straight() throws {
    let model = try Self.lstm("h, c").convert()
    #expect(model.interface.inputs.count { $0.role == .state } == 2)
    // States may stand before the features.
    _ = try Self.lstm("h, c", outputs: "h_out, c_out, y").convert()
  }

  @Test("h alone, or h and C, of the only layer: features and state at once")
  func alone() throws {
    var random = SeededRandom(seed: 11)
    let x = Tensor(shape: [6, 4], random.floats(24))
    func written(_ graph: String) throws -> (states: Int, values: [Double]) {
      let model = try GraphBuilder(graph).convert()
      var network = ReferenceNetwork<Double>(model.network)
      let rows = (0..<6).map { step in x.doubles[step * 4..<step * 4 + 4].map { $0 } }
      return (
        model.interface.inputs.count { $0.role == .state },
        network.process(rows).last!.flatMap(\.self)
      )
    }
    let gru =
      "input x 1,1,4; input h 1,1,3; Y, hn = GRU(x, f:1x9x4, f:1x9x3, f:1x18, _, h) hidden_size=3"
    let lstm =
      "input x 1,1,4; input h 1,1,3; input c 1,1,3; "
      + "Y, hn, cn = LSTM(x, f:1x12x4, f:1x12x3, f:1x24, _, h, c) hidden_size=3"
    for (cell, alone, beside) in [(gru, "-> hn", "-> Y, hn"), (lstm, "-> hn, cn", "-> Y, hn, cn")] {
      let (found, expected) = (try written("\(cell); \(alone)"), try written("\(cell); \(beside)"))
      #expect(found.states == expected.states && found.values == expected.values)
      #expect(found.values.count == 18)
    }
    // Of two layers nobody could tell which is meant.
    let other = "y = Identity(hn); Z, gn = GRU(y, f:1x9x3, f:1x9x3, f:1x18, _, g) hidden_size=3"
    #expect(
      refuses(.unsupported, "the state of") {
        _ = try GraphBuilder("input g 1,1,3; \(gru); \(other); -> hn, gn").convert()
      })
  }

  @Test("Swapped, by what the nodes read")
  func swapped() {
    #expect(
      refuses(.unsupported, #""h_out" is the next "c""#, #""c_out" is the next "h""#) {
        _ = try Self.lstm("c, h").convert()
      })
  }

  @Test("Swapped, by the order of the outputs, or by their names")
  func swappedOutputs() {
    #expect(
      refuses(.unsupported, "another order") {
        _ = try Self.lstm("h, c", outputs: "y, c_out, h_out").convert()
      })
    #expect(
      refuses(.unsupported, "their names") {
        _ = try Self.lstm("c, h", outputs: "y, c_out, h_out").convert()
      })
  }

  @Test("One tensor that is both")
  func both() {
    for inputs in [["h", "c"], ["c"]] {
      #expect(
        refuses(.unsupported, inputs.count == 2 ? #""h""# : #""c" is its initial_c"#) {
          _ = try Self.lstm("c, c", inputs: inputs).convert()
        })
    }
  }

  @Test("Crossed between layers")
  func crossed() throws {
    func graph(_ first: String, _ second: String) -> GraphBuilder {
      GraphBuilder(
        """
        input x 1,1,4
        input a 1,1,3
        input b 1,1,3
        Y1, a_out = GRU(x, f:1x9x4, f:1x9x3, f:1x18, _, \(first)) hidden_size=3
        m = Squeeze(Y1, i:[1])
        Y2, b_out = GRU(m, f:1x9x3, f:1x9x3, f:1x18, _, \(second)) hidden_size=3
        y = Relu(Y2)
        -> y, a_out, b_out
        """)
    }
    _ = try graph("a", "b").convert()
    #expect(
      refuses(.unsupported, #""a_out" is the next "b""#) { _ = try graph("b", "a").convert() })
    #expect(refuses(.unsupported, #"input "b""#) { _ = try graph("a", "a").convert() })
  }

  @Test("A state input that nothing reads")
  func unread() {
    // The graph starts from zeros of its own, whatever the caller carries.
    let graph = GraphBuilder(
      """
      input x 1,1,4
      input h 1,1,3
      Y, h_out = GRU(x, f:1x9x4, f:1x9x3, f:1x18, _, f:1x1x3) hidden_size=3
      -> Y, h_out
      """)
    #expect(refuses(.unsupported, #"input "h""#, "no output depends") { _ = try graph.convert() })
    #expect(
      refuses(.unsupported, #"input "s""#, "no output depends") {
        _ = try Self.lstm("h, c", inputs: ["h", "c", "s"]).convert()
      })
  }

  @Test("States side by side in one output, whatever its shape", arguments: ["1,6", "6", "2,1,3"])
  func reshaped(_ shape: String) throws {
    let graph = GraphBuilder(
      """
      input x 1,1,4
      input s \(shape)
      both = Reshape(s, i:[1,1,6])
      a, b = Split(both, i:[3,3]) axis=2
      Y1, a_out = GRU(x, f:1x9x4, f:1x9x3, f:1x18, _, a) hidden_size=3
      m = Squeeze(Y1, i:[1])
      Y2, b_out = GRU(m, f:1x9x3, f:1x9x3, f:1x18, _, b) hidden_size=3
      y = Relu(Y2)
      joined = Concat(a_out, b_out) axis=2
      s_same = Identity(joined)
      s_out = Reshape(s_same, i:[\(shape)])
      -> y, s_out
      """)
    let model = try graph.convert()
    #expect(
      model.interface.outputs.map(\.role) == [
        .sequence([.time, .one, .one, .feature]),
        .state([.init(layer: 0, isCell: false), .init(layer: 1, isCell: false)]),
      ])
  }

  @Test("Features that are the state itself, among the states", arguments: 0..<4)
  func featuresAmongStates(_ place: Int) throws {
    var outputs = ["a_out", "b_out", "c_out"]
    outputs.insert("y", at: place)
    let cells = zip(["x", "m1", "m2"], ["a", "b", "c"]).enumerated().map { index, names in
      """
      Y\(index), \(names.1)_out = GRU(\(names.0), f:1x9x3, f:1x9x3, f:1x18, _, \(names.1)) hidden_size=3
      m\(index + 1) = Squeeze(Y\(index), i:[1])
      """
    }
    let graph = GraphBuilder(
      """
      input x 1,1,3
      input a 1,1,3
      input b 1,1,3
      input c 1,1,3
      \(cells.joined(separator: "\n"))
      y = Identity(m3)
      -> \(outputs.joined(separator: ", "))
      """)
    let roles = try graph.convert().interface.outputs.map(\.role)
    #expect(roles.firstIndex { if case .sequence = $0 { true } else { false } } == place)
  }
}
