import SluiceBlob
import TestSupport
import Testing

private let sizeFields = [
  BlobLayout.Record.inputSize, BlobLayout.Record.hiddenSize, BlobLayout.Record.outputSize,
]

@Suite("Bans: shapes") struct ShapeBanTests {
  typealias Field = BlobLayout.Record

  /// The file of a sample with one field of one layer's record changed, and the field's offset.
  func changed<Value: FixedWidthInteger>(
    _ sample: SampleBlobs.Sample, layer: Int = 0, _ field: Int, to value: Value
  ) throws -> (file: BlobFile, offset: Int) {
    var file = try BlobFile(sample)
    let offset = try file.record(layer) + field
    file.put(value, at: offset)
    return (file, offset)
  }

  // Sizes are bounded one by one before any product is formed, so that none can wrap.
  @Test(
    "B23 a product that wraps", arguments: sizeFields,
    [(1 << 42) + 1, 1 << 32, 1 << 62] as [UInt64])
  func productWraps(_ field: Int, _ size: UInt64) throws {
    let (file, offset) = try changed(.lstm, field, to: size)
    file.expect(.sizeAboveMaximum, at: offset)
  }

  @Test("B24 a size of 0", arguments: sizeFields)
  func zero(_ field: Int) throws {
    let (file, offset) = try changed(.lstm, field, to: 0 as UInt64)
    file.expect(.sizeZero, at: offset)
  }

  @Test("B25 a size of 2^63 or more", arguments: sizeFields, [1 << 63, .max] as [UInt64])
  func notRepresentable(_ field: Int, _ size: UInt64) throws {
    let (file, offset) = try changed(.lstm, field, to: size)
    file.expect(.sizeNotRepresentable, at: offset)
  }

  @Test("B26 a size above the maximum")
  func aboveMaximum() throws {
    for field in sizeFields {
      let (file, offset) = try changed(.lstm, field, to: BlobLimits.size + 1)
      file.expect(.sizeAboveMaximum, at: offset)
    }
    let tokens = try changed(.embedding, Field.inputSize, to: BlobLimits.tokenCount + 1)
    tokens.file.expect(.sizeAboveMaximum, at: tokens.offset)
    // The maximum itself passes; what fails then is that the file has no such weights.
    for (sample, size) in [
      (SampleBlobs.Sample.lstm, BlobLimits.size), (.embedding, BlobLimits.tokenCount),
    ] {
      let (file, offset) = try changed(sample, Field.inputSize, to: size)
      file.expect(.wrongWeightsLength, at: offset - Field.inputSize + Field.weights + 8)
    }
  }

  @Test("B27 an input size that is not the previous output size", arguments: 1..<7)
  func chain(_ layer: Int) throws {
    var (file, offset) = try changed(.chain, layer: layer, Field.inputSize, to: 5 as UInt64)
    if layer == 6 {
      // An activation's output follows its input.
      file.put(5 as UInt64, at: offset - Field.inputSize + Field.outputSize)
    }
    file.expect(.inputSizeDiffers, at: offset)
  }

  @Test("B28 weights, biases or states that are not 4H, 3H or H rows")
  func rows() throws {
    for (field, kind) in [
      (Field.weights, .wrongWeightsLength), (Field.biases, .wrongBiasesLength),
      (Field.initialState, .wrongStatesLength),
    ] as [(Int, BlobError.Kind)] {
      for layer in 1..<5 {
        var file = try BlobFile(.chain)
        let offset = try file.record(layer) + field + 8
        let length = file.u64(offset)
        for wrong in [length + 4, length - 4, length / 4 * 3, length * 2, .max] {
          file.put(wrong, at: offset)
          file.expect(kind, at: offset)
        }
      }
    }
  }

  @Test("B29 an unknown cell, variant, activation or type")
  func unknown() throws {
    for (field, kind, first) in [
      (Field.kind, .unknownKind, 16), (Field.kind, .unknownKind, 0),
      (Field.variant, .unknownVariant, 3), (Field.direction, .unknownDirection, 3),
      (Field.gateOrder, .unknownGateOrder, 3), (Field.storage, .unknownStorage, 0),
      (Field.storage, .unknownStorage, 6), (Field.gateActivation, .unknownGateActivation, 5),
      (Field.candidateActivation, .unknownCandidateActivation, 5),
      (Field.outputActivation, .unknownOutputActivation, 5), (Field.grade, .unknownGrade, 0),
      (Field.grade, .unknownGrade, 3),
    ] as [(Int, BlobError.Kind, UInt32)] {
      for value in [first, first | 1 << 8, first | 1 << 31] {
        let (file, offset) = try changed(.gruResetAfter, field, to: value)
        file.expect(kind, at: offset)
      }
    }
    // Of another type, the weights are of another length; an activation has none.
    for storage in 2...5 as ClosedRange<UInt32> {
      let (file, offset) = try changed(.lstm, Field.storage, to: storage)
      file.expect(.wrongWeightsLength, at: offset - Field.storage + Field.weights + 8)
      let activation = try changed(.activation, Field.storage, to: storage)
      activation.file.expect(.unsupportedStorage, at: activation.offset)
    }
    let (file, offset) = try changed(.lstm, Field.grade, to: 2 as UInt32)
    file.expect(.unsupportedGrade, at: offset)
  }

  @Test("B30 a direction other than forward", arguments: [1, 2] as [UInt32])
  func direction(_ direction: UInt32) throws {
    let (file, offset) = try changed(.lstm, Field.direction, to: direction)
    file.expect(.unsupportedDirection, at: offset)
  }

  @Test("B31 an unknown tile width", arguments: [0, 4, 16, UInt32.max])
  func tileWidth(_ width: UInt32) throws {
    let (file, offset) = try changed(.lstm, Field.tileWidth, to: width)
    file.expect(.wrongTileWidth, at: offset)
  }

  @Test("choices that do not belong to the layer's kind")
  func combinations() throws {
    for (sample, field, value, kind) in [
      (.gruResetAfter, Field.variant, 0, .wrongVariant), (.lstm, Field.variant, 1, .wrongVariant),
      (.lstm, Field.gateOrder, 2, .wrongGateOrder), (.rnn, Field.gateOrder, 1, .wrongGateOrder),
      (.lstm, Field.gateActivation, 1, .wrongGateActivation),
      (.dense, Field.gateActivation, 2, .wrongGateActivation),
      (.lstm, Field.candidateActivation, 3, .wrongCandidateActivation),
      (.rnn, Field.candidateActivation, 2, .wrongCandidateActivation),
      (.activation, Field.candidateActivation, 1, .wrongCandidateActivation),
      (.lstm, Field.outputActivation, 0, .wrongOutputActivation),
      (.rnn, Field.outputActivation, 4, .wrongOutputActivation),
      (.embedding, Field.outputActivation, 1, .wrongOutputActivation),
    ] as [(SampleBlobs.Sample, Int, UInt32, BlobError.Kind)] {
      let (file, offset) = try changed(sample, field, to: value)
      file.expect(kind, at: offset)
    }
    for activation in Activation.allCases {
      try changed(.dense, Field.outputActivation, to: activation.rawValue).file.expectValid()
      try changed(.activation, Field.outputActivation, to: activation.rawValue).file.expectValid()
    }
  }

  @Test("sizes that the layer's kind does not have")
  func sizes() throws {
    let hidden = try changed(.dense, Field.hiddenSize, to: 2 as UInt64)
    hidden.file.expect(.hiddenSizeNotZero, at: hidden.offset)
    for sample in [SampleBlobs.Sample.lstm, .activation] {
      let output = try changed(sample, Field.outputSize, to: 2 as UInt64)
      output.file.expect(.outputSizeDiffers, at: output.offset)
    }
  }

  @Test("an embedding behind another layer")
  func embedding() throws {
    var random = SeededRandom(seed: 3)
    let records = [
      LayerRecord.dense(inputSize: 2, outputSize: 3), .embedding(tokenCount: 3, outputSize: 2),
    ]
    let contents = SampleBlobs.contents(of: records, &random)
    let error = #expect(throws: BlobError.self) { try contents.bytes() }
    #expect(error?.kind == .embeddingNotFirst)
  }

  @Test("records that are cut, or too many")
  func records() throws {
    let file = try BlobFile(.lstm)
    let record = Array(file.bytes[try file.section(.layers)])
    let cut = try file.replacing(.layers, with: record.dropLast())
    cut.expect(.layersNotWholeRecords, at: try cut.entry(.layers) + BlobLayout.Section.length)
    let many = [[UInt8]](repeating: record, count: BlobLimits.layerCount + 1).flatMap { $0 }
    let long = try file.replacing(.layers, with: many)
    long.expect(.tooManyLayers, at: try long.entry(.layers) + BlobLayout.Section.length)
  }
}
