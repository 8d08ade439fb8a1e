import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// Which of a graph's outputs running its blob writes: what a user gets, and what stays in the stream.
@Suite("Graphs: outputs that a blob does not write") struct WrittenOutputTests {
  private static func model(_ outputs: String, _ layers: String = "") throws -> ConvertedModel {
    try GraphBuilder(
      """
      input x n,n,2
      Y, Y_h, Y_c = LSTM(x, f:1x12x2, f:1x12x3, f:1x24) hidden_size=3
      \(layers)
      -> \(outputs)
      """
    ).convert()
  }

  private static let reverse =
    "Z, Z_h = GRU(x, f:1x9x2, f:1x9x3, f:1x18) hidden_size=3 direction=reverse"
  private static let both =
    "Z, Z_h = GRU(x, f:2x9x2, f:2x9x3, f:2x18) hidden_size=3 direction=bidirectional"
  private static let second =
    "y = Squeeze(Y, i:[1])\nZ, Z_h = GRU(y, f:1x9x3, f:1x9x3, f:1x18) hidden_size=3"

  @Test("h alone, of a last layer that reads forwards, is written")
  func alone() throws {
    for (outputs, layers) in [("Y_h", ""), ("Z_h", Self.second)] {
      let model = try Self.model(outputs, layers)
      #expect(model.unwrittenOutputs.isEmpty && model.refusalOfOutputs == nil, "\(outputs)")
    }
  }

  @Test(
    "states alone of which none can be written are refused by name, with the way on",
    arguments: [
      ("Y_c", "", ["Y_c"]), ("Y_h, Y_c", "", ["Y_c"]), ("Z_h", reverse, ["Z_h"]),
      ("Z_h", both, ["Z_h"]), ("Y_h, Z_h", second, ["Y_h"]),
    ])
  func refused(_ outputs: String, _ layers: String, _ unwritten: [String]) throws {
    let model = try Self.model(outputs, layers)
    #expect(model.unwrittenOutputs == unwritten.map { Name($0) })
    let reason = try #require(model.refusalOfOutputs)
    #expect(unwritten.allSatisfy { reason.contains("nothing of \($0)") }, "\(reason)")
    #expect(reason.contains("export what every step gives beside them"))
  }

  @Test("beside features states are the stream's, and no reason to refuse")
  func beside() throws {
    let model = try Self.model("Y, Y_h, Y_c")
    #expect(model.unwrittenOutputs == ["Y_h", "Y_c"].map { Name($0) })
    #expect(model.refusalOfOutputs == nil)
  }
}
