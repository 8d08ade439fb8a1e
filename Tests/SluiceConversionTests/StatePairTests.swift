import SluiceConversion
import SluiceImport
import SluiceNetwork
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
}
