import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork
import TestSupport
import Testing

/// The last step at every step, as decoders of autoencoders read it, and masks of architectures.
@Suite("Repeated last steps and masked steps") struct RepeatTests {
  private static let encoder = """
    input x 5,1,2
    Y, Y_h = LSTM(x, f:1x12x2, f:1x12x3, f:1x24) hidden_size=3
    """

  private func layers(_ text: String) throws -> [Network.Layer] {
    try GraphBuilder(text).convert().network.layers
  }

  @Test(
    "a state that is repeated over the input's steps",
    arguments: [
      "t = Tile(Y_h, i:[5,1,1]); out = Relu(t)",
      "e = Expand(Y_h, i:[5,1,3]); out = Relu(e)",
      "s = Shape(x); n = Gather(s, i:[0]); k = Concat(n, i:[1,3]) axis=0; e = Expand(Y_h, k); out = Relu(e)",
      "r = Relu(Y_h); out = Tile(r, i:[5,1,1])",
    ])
  func repeated(_ rest: String) throws {
    let found = try layers("\(Self.encoder)\n\(rest)")
    guard case .recurrent(let layer) = found.first?.operation else {
      Issue.record("\(found.map(\.name)): no recurrent layer first")
      return
    }
    #expect(layer.form.writesFinalState && !layer.form.isReverse)
    #expect(found.count == 2)
  }

  @Test("what is repeated otherwise is refused")
  func refused() {
    for rest in [
      "out = Tile(Y_h, i:[4,1,1])", "out = Tile(Y_h, i:[1,2,1])", "out = Tile(Y_h, i:[5,1,2])",
      "out = Expand(Y, i:[5,2,1,3])",
    ] {
      #expect(
        refuses(.unsupported, "repeats a sequence") { _ = try layers("\(Self.encoder)\n\(rest)") },
        "\(rest)")
    }
  }

  /// An architecture over an LSTM of two features and three units.
  private func network(_ layers: String, embedding: Bool = false) throws -> Network {
    var builder = SafetensorsBuilder()
    builder.add("r.weight_ih_l0", [12, 2])
    builder.add("r.weight_hh_l0", [12, 3])
    builder.add("other.bias", [4])
    if embedding { builder.add("words", [5, 2]) }
    let names = embedding ? #","names":{"e.weight":"words"}"# : ""
    let text =
      #"{"input_size":\#(embedding ? 5 : 2),"layers":[\#(layers)],"ignore":["other."]\#(names)}"#
    return try Converter.convert(
      builder.source, architecture: JSONReader.parse(file: "a.json", Array(text.utf8))
    ).network
  }

  private func outputs(_ network: Network, _ rows: [[Float]]) throws -> [[Double]] {
    var reference = ReferenceNetwork<Double>(network)
    let expected = try #require(reference.process(rows.map { $0.map { Double($0) } }).last)
    let blob = try OpenBlob(network.blobContents(), file: "", steps: rows.count)
    let sequence = InputSequence.features(rows.flatMap { $0 }, size: rows[0].count)
    let found = blob.stream.run(sequence, of: blob.model, steps: rows.count)
    for (value, exact) in zip(found, expected.joined()) {
      #expect(abs(Double(value) - exact) < 1e-6)
    }
    return expected
  }

  @Test("masked steps keep the state, or write zeros; a mask of all steps gives zeros")
  func masks() throws {
    let lstm = #"{"type":"lstm","tensors":"r.","mask":"m"}"#
    let network = try network(#"{"type":"masking","name":"m","value":-1},\#(lstm)"#)
    let rows: [[Float]] = [[-1, -1], [1, 2], [-1, 2], [-1, -1], [-1, -1], [3, -1]]
    let y = try outputs(network, rows)
    #expect(y[0] == [0, 0, 0] && y[3] == y[2] && y[4] == y[2] && y[5] != y[4])
    // As if the masked steps were not there.
    let fewer = try outputs(network, [rows[1], rows[2], rows[5]])
    #expect(fewer == [y[1], y[2], y[5]])
    let zeroed = try self.network(
      #"{"type":"masking","name":"m","value":-1},{"type":"lstm","tensors":"r.","mask":"m","zero_masked":true}"#
    )
    let z = try outputs(zeroed, rows)
    #expect(z == [[0, 0, 0], y[1], y[2], [0, 0, 0], [0, 0, 0], y[5]])
    #expect(try outputs(network, [[-1, -1], [-1, -1]]) == [[0, 0, 0], [0, 0, 0]])
  }

  @Test("a mask of ids, in a table of any type")
  func ids() throws {
    let network = try network(
      #"{"type":"embedding","tensors":"e.","mask_zero":true,"name":"e"},{"type":"lstm","tensors":"r.","mask":"e"}"#,
      embedding: true)
    var reference = ReferenceNetwork<Double>(network)
    let y = try #require(reference.process(ids: [0, 3, 0, 4]).last)
    #expect(y[0] == [0, 0, 0] && y[2] == y[1] && y[3] != y[2])
    for type in StorageType.allCases {
      let blob = try OpenBlob(
        network.blobContents(type: type), file: "", steps: 4)
      let found = blob.stream.run(.ids([0, 3, 0, 4]), of: blob.model, steps: 4)
      #expect(found[0..<3].allSatisfy { $0 == 0 } && found[3..<6] == found[6..<9], "\(type)")
      #expect(found[9..<12] != found[6..<9], "\(type)")
    }
  }

  @Test("a direction that repeats the state in which it ends")
  func directions() throws {
    let rows: [[Float]] = [[1, 2], [3, -1], [0.5, 0]]
    let plain = try outputs(network(#"{"type":"lstm","tensors":"r."}"#), rows)
    let found = try outputs(network(#"{"type":"lstm","tensors":"r.","repeat":true}"#), rows)
    #expect(found == [plain[2], plain[2], plain[2]])
    #expect(!(try network(#"{"type":"lstm","tensors":"r.","repeat":true}"#).isStreamable))
  }

  @Test("masks, names and prefixes that are not there")
  func wrong() {
    for (layers, text) in [
      (#"{"type":"lstm","tensors":"r.","mask":"m"}"#, "has the name"),
      (#"{"type":"lstm","tensors":"r.","zero_masked":true}"#, "there is no"),
      (
        #"{"type":"masking","name":"m","value":1e99},{"type":"lstm","tensors":"r.","mask":"m"}"#,
        "float32"
      ),
    ] {
      #expect(refuses(.malformed, text) { _ = try network(layers) }, "\(layers)")
    }
  }
}
