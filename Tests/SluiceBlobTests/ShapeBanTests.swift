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
    try BlobFile.changed(sample, layer: layer, field, to: value)
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
      (Field.storage, .unknownStorage, 6), (Field.gateActivation, .unknownGateActivation, 18),
      (Field.candidateActivation, .unknownCandidateActivation, 18),
      (Field.outputActivation, .unknownOutputActivation, 13), (Field.grade, .unknownGrade, 0),
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
    for sample in [SampleBlobs.Sample.lstm, .gruResetBefore] {
      try changed(sample, Field.grade, to: 2 as UInt32).file.expectValid()
    }
    let (file, offset) = try changed(.embedding, Field.grade, to: 2 as UInt32)
    file.expect(.unsupportedGrade, at: offset)
  }

  @Test("B30 a direction of a layer without state")
  func direction() throws {
    for sample in [SampleBlobs.Sample.dense, .activation, .embedding] {
      let (file, offset) = try changed(sample, Field.direction, to: 1 as UInt32)
      file.expect(.wrongDirection, at: offset)
    }
    for sample in [SampleBlobs.Sample.lstm, .gruResetBefore, .rnn] {
      try changed(sample, Field.direction, to: 1 as UInt32).file.expectValid()
    }
  }

  @Test("flags, limits and parameters that do not belong to the layer")
  func forms() throws {
    let half = Float(0.5).bitPattern
    for (sample, field, value, kind) in [
      (.lstm, Field.cellFlags, 16, .unknownCellFlag),
      (.lstm, Field.cellFlags, 1 << 31, .unknownCellFlag),
      (.gruResetAfter, Field.cellFlags, 1, .wrongCellFlag),
      (.rnn, Field.cellFlags, 2, .wrongCellFlag), (.dense, Field.cellFlags, 4, .wrongCellFlag),
      (.dense, Field.clip, half, .wrongClip), (.activation, Field.clip, half, .wrongClip),
      (.lstm, Field.clip, (-Float(0.5)).bitPattern, .wrongClip),
      (.lstm, Field.clip, 1 << 31, .wrongClip),
      (.lstm, Field.clip, Float.infinity.bitPattern, .wrongClip),
      (.lstm, Field.clip, Float.nan.bitPattern, .wrongClip),
      (.lstm, Field.gateAlpha, half, .parameterNotZero),
      (.lstm, Field.gateBeta, 1 << 31, .parameterNotZero),
      (.gruResetAfter, Field.candidateAlpha, half, .parameterNotZero),
      (.gruResetAfter, Field.candidateBeta, half, .parameterNotZero),
      (.dense, Field.outputAlpha, half, .parameterNotZero),
      (.dense, Field.outputBeta, half, .parameterNotZero),
      (.dense, Field.outputAlpha, Float.nan.bitPattern, .parameterNotFinite),
      (.lstm, Field.gateBeta, Float.infinity.bitPattern, .parameterNotFinite),
    ] as [(SampleBlobs.Sample, Int, UInt32, BlobError.Kind)] {
      let (file, offset) = try changed(sample, field, to: value)
      file.expect(kind, at: offset)
    }
    // One parameter, and not two.
    var (file, offset) = try changed(
      .dense, Field.outputActivation, to: Activation.leakyReLU.rawValue)
    let record = offset - Field.outputActivation
    file.put(half, at: record + Field.outputAlpha)
    file.expectValid()
    file.put(half, at: record + Field.outputBeta)
    file.expect(.parameterNotZero, at: record + Field.outputBeta)
    // Any form needs scratch memory of its own.
    (file, offset) = try changed(.lstm, Field.cellFlags, to: CellFlags.coupled.rawValue)
    file.expect(.wrongScratchBytes, at: offset - Field.cellFlags + Field.scratchBytes)
  }

  @Test("a projection and peepholes take part in every size")
  func projected() throws {
    var record = LayerRecord.lstm(inputSize: 3, hiddenSize: 9)
    record.cellFlags = CellFlags(
      rawValue: CellFlags.projection.rawValue | CellFlags.peepholes.rawValue)
    record.outputSize = 5
    var random = SeededRandom(seed: 5)
    let contents = SampleBlobs.contents(of: [record], &random)
    let bytes = try contents.bytes()
    // 16 lanes of 4 gates over 3 + 5 columns, 8 lanes of 9 columns.
    #expect(record.weightByteCount == 4 * (16 * 4 * 8 + 8 * 9))
    #expect(record.biasByteCount == 4 * 16 * 7)
    #expect(record.stateByteCount == 4 * (16 + 16))
    #expect(record.scratchByteCount == 4 * (16 + 5 * 16))
    // Lanes 9 to 15 of the gates, 5 to 7 of the projection.
    let view = AlignedBytes(bytes)
    let weights = try #require(try view.view(checkingHash: true).range(of: .weights))
    for lane in [9, 16 * 4 * 8 + 5] {
      let place = Int(weights.offset) + 4 * lane
      view[place] = 1
      #expect(view.error(checkingHash: false) == BlobError(.paddingLaneNotZero, at: place))
      view[place] = 0
    }
    record.outputSize = 9
    record.cellFlags = CellFlags(rawValue: 0)
    _ = try SampleBlobs.contents(of: [record], &random).bytes()
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
      (.lstm, Field.gateActivation, 4, .wrongGateActivation),
      (.dense, Field.gateActivation, 2, .wrongGateActivation),
      (.lstm, Field.candidateActivation, 4, .wrongCandidateActivation),
      (.rnn, Field.candidateActivation, 4, .wrongCandidateActivation),
      (.activation, Field.candidateActivation, 1, .wrongCandidateActivation),
      (.lstm, Field.outputActivation, 4, .wrongOutputActivation),
      (.rnn, Field.outputActivation, 4, .wrongOutputActivation),
      (.embedding, Field.outputActivation, 1, .wrongOutputActivation),
    ] as [(SampleBlobs.Sample, Int, UInt32, BlobError.Kind)] {
      let (file, offset) = try changed(sample, field, to: value)
      file.expect(kind, at: offset)
    }
    for activation in Activation.allCases {
      for sample in [SampleBlobs.Sample.dense, .activation] {
        let (file, offset) = try changed(
          sample, Field.outputActivation, to: activation.rawValue)
        if activation.traits.since == 1 {
          file.expectValid()
        } else {
          file.expect(.unknownOutputActivation, at: offset)
        }
      }
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
