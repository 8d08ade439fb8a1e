import Foundation
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// Lengths and initial states: what a model cannot hold is refused where it stands in the graph, and
/// the caller's where it is given.
@Suite("Graphs: lengths and initial states") struct GraphLengthTests {
  private static func gru(_ lengths: String, inputs: String = "input x n,n,2") -> GraphBuilder {
    GraphBuilder(
      """
      \(inputs)
      Y, h = GRU(x, f:1x9x2, f:1x9x3, f:1x18, \(lengths)) hidden_size=3
      z = MatMul(h, f:3x2)
      -> z
      """)
  }

  @Test("Constant lengths are refused by name")
  func constantLengths() {
    for shape in ["n,n,2", "n,2,2", "6,2,2", "6,n,2"] {
      #expect(
        refuses(.unsupported, "sequence_lens", "[6, 3]") {
          _ = try Self.gru("i:[6,3]", inputs: "input x \(shape)").convert()
        })
    }
  }

  @Test(
    "Lengths short of the sequence are refused, however they come about, in every direction",
    arguments: [
      "lens = Identity(i:[3,3])", "lens = Concat(i:[6], i:[3]) axis=0",
      "lens = Expand(i:[5], i:[2])",
      "s = Shape(x); t = Slice(s, i:[0], i:[1]); u = Sub(t, i:[1]); lens = Expand(u, i:[2])",
    ], ["forward", "reverse", "bidirectional"])
  func shortLengths(_ lines: String, _ direction: String) {
    let count = direction == "bidirectional" ? 2 : 1
    for steps in ["6", "n"] {
      #expect(
        refuses(.unsupported, "sequence_lens") {
          _ = try GraphBuilder(
            """
            input x \(steps),2,2
            \(lines.replacing("; ", with: "\n"))
            Y = GRU(x, f:\(count)x9x2, f:\(count)x9x3, _, lens) hidden_size=3 direction=\(direction)
            -> Y
            """
          ).convert()
        })
    }
  }

  @Test("Constant lengths that are those of the sequence change nothing")
  func wholeLengths() throws {
    let fixed = try Self.gru("i:[6,6]", inputs: "input x 6,2,2").convert()
    #expect(fixed.interface.lengths == nil)
    // As exporters compute them: the number of steps, once for each sequence.
    let computed = try GraphBuilder(
      """
      input x n,n,2
      s = Shape(x)
      steps = Slice(s, i:[0], i:[1])
      count = Slice(s, i:[1], i:[2])
      lens = Expand(steps, count)
      Y = GRU(x, f:1x9x2, f:1x9x3, f:1x18, lens) hidden_size=3
      -> Y
      """
    ).convert()
    #expect(computed.interface.lengths == nil)
  }

  @Test("Given lengths are the caller's, those without a value those of the sequences")
  func givenLengths() throws {
    var graph = Self.gru("lens", inputs: "input x n,n,2\ninput lens n 6")
    #expect(try graph.convert().interface.lengths == nil)
    let lengths = Tensor(shape: [2], elements: .int32([3, 1]))
    let given = try graph.convert(constants: ["lens": lengths])
    #expect(given.interface.lengths == [3, 1])
    // Through a cast too.
    graph = Self.gru("l", inputs: "input x n,n,2\ninput lens n 7\nl = Cast(lens) to=6")
    #expect(try graph.convert().interface.lengths == nil)
  }

  @Test("A constant state that differs between the sequences of a batch is refused by name")
  func constantStates() throws {
    for (state, isRefused) in [("[1,2,3,1,2,4]", true), ("[1,2,3,1,2,3]", false)] {
      let graph = GraphBuilder(
        """
        input x n,2,2
        s = Reshape(f:\(state), i:[1,2,3])
        Y = GRU(x, f:1x9x2, f:1x9x3, f:1x18, _, s) hidden_size=3
        -> Y
        """)
      guard isRefused else {
        #expect(try graph.convert().interface.initialStates.isEmpty)
        continue
      }
      #expect(refuses(.unsupported, "initial_h", "2 sequences") { _ = try graph.convert() })
    }
    let cell = GraphBuilder(
      """
      input x n,2,2
      s = Reshape(f:[1,2,3,1,2,4], i:[1,2,3])
      Y = LSTM(x, f:1x12x2, f:1x12x3, _, _, _, s) hidden_size=3
      -> Y
      """)
    #expect(refuses(.unsupported, "initial_c", "2 sequences") { _ = try cell.convert() })
  }

  /// A case folder of `graph` and arrays, run.
  private static func run(
    _ graph: GraphBuilder, inputs: [Tensor], outputs: [Tensor]
  ) throws -> ConformanceResult {
    let folder = NSTemporaryDirectory() + "sluice-\(UUID().uuidString)"
    let data = folder + "/test_data_set_0"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    try Data(graph.bytes).write(to: URL(fileURLWithPath: folder + "/model.onnx"))
    for (kind, arrays) in [("input", inputs), ("output", outputs)] {
      for (index, array) in arrays.enumerated() {
        try NPY.write(array, to: "\(data)/\(kind)_\(index).npy")
      }
    }
    return try #require(ConformanceCase.find(in: folder).first).run()
  }

  @Test("The final state of a sequence of length 0 is zero, and the case says what it gave")
  func noSteps() throws {
    let graph = GraphBuilder(
      """
      input x n,n,2
      input lens n 7
      Y, Y_h = LSTM(x, f:1x12x2, f:1x12x3, f:1x24, lens) hidden_size=3
      -> Y_h
      """)
    let x = Tensor(shape: [4, 1, 2], ramp(8))
    let zero = Tensor(shape: [1, 1, 3], [0, 0, 0])
    for lengths in [[0], [4]] as [[Int64]] {
      let result = try Self.run(
        graph, inputs: [x, Tensor(shape: [1], elements: .int64(lengths))], outputs: [zero])
      #expect(result.passed == (lengths == [0]), "\(result)")
      if result.passed { #expect(result.given == ["lens"]) }
    }
  }

  @Test("A case without values beyond the sequence is run as convert and run do")
  func plainCase() throws {
    let graph = Self.gru("_")
    let blob = try OpenBlob(try graph.convert().network.blobContents(), file: "model.onnx")
    let x = Tensor(shape: [5, 1, 2], ramp(10))
    let y = try ArrayRun.run(blob.model, Tensor(shape: [5, 2], ramp(10)), file: "x")
    let result = try Self.run(
      graph, inputs: [x], outputs: [Tensor(shape: [1, 1, 2], y.floats)])
    #expect(result.passed && result.given.isEmpty, "\(result)")
  }
}
