import Sluice
import SluiceBlob
import SluiceConversion
import SluiceNetwork
import Testing

/// A decoder's state set from its encoder's.
@Suite struct StateHandoverTests {
  private struct Form {
    let cell: Network.Cell
    var units = [11, 7]
    var written: Int?
  }

  private static let forms = [
    Form(cell: .lstm), Form(cell: .lstm, written: 5), Form(cell: .gru(.resetAfter)),
    Form(cell: .gru(.resetBefore), units: [19]), Form(cell: .rnn(.tanh)),
  ]

  /// Recurrent layers one behind the other, of random weights.
  private func contents(
    _ form: Form, seed: UInt64, inputs: Int = 3, type: StorageType = .f32
  ) throws -> BlobContents {
    var random = SplitMix64(state: seed)
    func floats(_ count: Int) -> [Float] {
      (0..<count).map { _ in (Float(random.next() >> 40) * 0x1p-23 - 1) * 0.6 }
    }
    var (layers, size): ([Network.Layer], Int) = ([], inputs)
    for units in form.units {
      let (rows, written) = (form.cell.gateCount * units, form.written ?? units)
      var layer = Network.Recurrent(
        cell: form.cell, inputSize: size, hiddenSize: units, inputWeights: floats(rows * size),
        hiddenWeights: floats(rows * written), inputBias: floats(rows), hiddenBias: floats(rows))
      if form.written != nil { layer.form.projection = floats(written * units) }
      layers.append(Network.Layer(name: "l\(layers.count)", operation: .recurrent(layer)))
      size = written
    }
    return try Network(
      layers: layers, provenance: Provenance(source: "test", format: "test", hash: 0)
    ).blobContents(type: type)
  }

  private func handover(_ encoder: OpenBlob, _ decoder: OpenBlob) throws -> StateHandover {
    try StateHandover(
      from: encoder.stream, of: encoder.model, to: decoder.stream, of: decoder.model,
      files: ("E", "D"))
  }

  private func steps(_ count: Int, _ blob: OpenBlob) -> [Float] {
    var y = [Float](repeating: 0, count: blob.model.outputSize)
    for step in 0..<count { blob.stream.step([0.5, Float(step % 3) - 1, 0.25], into: &y) }
    return y
  }

  @Test(
    "a decoder that is the encoder's own network goes on with its bits", arguments: forms.indices)
  func goesOn(_ index: Int) throws {
    let contents = try contents(Self.forms[index], seed: 5)
    let (encoder, decoder) = (
      try OpenBlob(contents, file: "E"), try OpenBlob(contents, file: "D")
    )
    let handover = try handover(encoder, decoder)
    // An odd count too: which vector holds h alternates.
    for count in [1, 4, 7] {
      _ = steps(count, encoder)
      _ = steps(3, decoder)
      handover.hand(encoder.stream, to: &decoder.stream)
      #expect(steps(5, decoder) == steps(5, encoder))
    }
  }

  @Test("other weights and types get h and C as they are, and other inputs")
  func otherWeights() throws {
    let form = Self.forms[0]
    let encoder = try OpenBlob(contents(form, seed: 5), file: "E")
    let decoder = try OpenBlob(contents(form, seed: 6, inputs: 9, type: .int8), file: "D")
    let handover = try handover(encoder, decoder)
    _ = steps(3, encoder)
    handover.hand(encoder.stream, to: &decoder.stream)
    for layer in 0..<2 {
      var (one, other): ([Float], [Float]) = ([], [])
      #expect(encoder.stream.copyHidden(ofLayer: layer, into: &one))
      #expect(decoder.stream.copyHidden(ofLayer: layer, into: &other))
      #expect(one == other && one.contains { $0 != 0 })
      #expect(encoder.stream.copyCell(ofLayer: layer, into: &one))
      #expect(decoder.stream.copyCell(ofLayer: layer, into: &other))
      #expect(one == other && one.contains { $0 != 0 })
    }
  }

  @Test("layers of other sizes, kinds or number are refused with both shapes") func refused() throws
  {
    let encoder = try OpenBlob(contents(Self.forms[0], seed: 5), file: "E")
    for (form, shapes) in [
      (Form(cell: .lstm, units: [11, 8]), "[lstm of 11, lstm of 8]"),
      (Form(cell: .lstm, units: [11]), "[lstm of 11]"),
      (Form(cell: .gru(.resetAfter)), "[gru of 11, gru of 7]"),
      (Form(cell: .lstm, written: 5), "[lstm of 5 with a cell of 11, lstm of 5 with a cell of 7]"),
    ] {
      let decoder = try OpenBlob(contents(form, seed: 6), file: "D")
      let error = #expect(throws: ConversionError.self) { try handover(encoder, decoder) }
      let wanted =
        "D: has the recurrent layers \(shapes), the encoder E [lstm of 11, lstm of 7]"
      #expect(error?.description.contains(wanted) == true, "\(String(describing: error))")
    }
  }
}
