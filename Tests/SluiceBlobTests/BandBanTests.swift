import SluiceBlob
import TestSupport
import Testing

/// The sample's layers: 0 gather of 6 from 5 features, 1 delay by 2 steps, 2 taps of 2 channels alone over 3
/// columns, 3 GRU of 3 units along the columns in reverse, 4 LSTM of 2 units, each column with its state.
@Suite("Bans: frames with two axes") struct BandBanTests {
  typealias Field = BlobLayout.Record

  private func changed(
    _ layer: Int, _ field: Int, to value: UInt32
  ) throws -> (file: BlobFile, offset: Int) {
    try BlobFile.changed(.bands, layer: layer, field, to: value)
  }

  @Test("fields that do not fit the layer")
  func fields() throws {
    for (layer, field, value, kind) in [
      (1, Field.delay, 0, .wrongDelay), (0, Field.delay, 1, .wrongDelay),
      (4, Field.delay, 2, .wrongDelay), (1, Field.delay, 65537, .sizeAboveMaximum),
      (1, Field.recurrence, 1, .wrongRecurrence), (2, Field.recurrence, 2, .wrongRecurrence),
      (3, Field.recurrence, 3, .unknownRecurrence), (3, Field.recurrence, 0, .wrongColumns),
      (3, Field.columns, 0, .wrongColumns), (4, Field.columns, 1, .wrongRecurrence),
      (1, Field.columns, 3, .wrongColumns), (0, Field.columns, 1, .wrongColumns),
      (2, Field.groups, 0, .wrongGroups), (2, Field.groups, 3, .wrongGroups),
      (2, Field.groups, 65537, .sizeAboveMaximum), (3, Field.groups, 1, .wrongGroups),
      (3, Field.direction, 2, .wrongDirection), (3, Field.direction, 3, .wrongDirection),
      (4, Field.direction, 1, .wrongDirection), (3, Field.cellFlags, 8, .wrongCellFlag),
      (4, Field.cellFlags, 8, .wrongCellFlag), (3, Field.kernelSize, 1, .wrongTaps),
      (3, Field.before, 1, .wrongPadding), (3, Field.sliceStart, 1, .wrongSliceStart),
      (1, Field.outputSize, 5, .outputSizeDiffers), (4, Field.storage, 2, .wrongWeightsLength),
      (2, Field.storage, 4, .unsupportedStorage), (0, Field.storage, 4, .unsupportedStorage),
      (1, Field.hiddenSize, 1, .hiddenSizeNotZero),
    ] as [(Int, Int, UInt32, BlobError.Kind)] {
      let (file, offset) = try changed(layer, field, to: value)
      let error = AlignedBytes(file.bytes).error(checkingHash: false)
      #expect(error?.kind == kind, "\(layer) \(offset): \(error.map { "\($0)" } ?? "accepted")")
    }
  }

  @Test("sizes that are no whole number of columns")
  func columns() throws {
    let input = try changed(3, Field.columns, to: 4)
    input.file.expect(.columnsDoNotDivide, at: input.offset - Field.columns + Field.inputSize)
    let output = try changed(3, Field.outputSize, to: 10)
    output.file.expect(.columnsDoNotDivide, at: output.offset)
    let units = try changed(4, Field.hiddenSize, to: 21846)
    units.file.expect(.sizeAboveMaximum, at: units.offset)
    let others = try changed(4, Field.hiddenSize, to: 3)
    others.file.expect(.outputSizeDiffers, at: others.offset - Field.hiddenSize + Field.outputSize)
  }

  @Test("a delay of more than a stream should hold")
  func delay() throws {
    var file = try BlobFile(.bands)
    let record = try file.record(1)
    file.put(65536 as UInt32, at: record + Field.delay)
    file.put(65 as UInt64, at: record + Field.inputSize)
    file.put(65 as UInt64, at: record + Field.outputSize)
    file.expect(.delayTooLarge, at: record + Field.delay)
  }

  @Test("indices that are nobody's", arguments: [-2, 5, 6, Int32.min, .max])
  func indices(_ index: Int32) throws {
    for place in [0, 3, 5] {
      var file = try BlobFile(.bands)
      let offset = try file.section(.weights).lowerBound + 4 * place
      file.put(UInt32(bitPattern: index), at: offset)
      file.expect(.indexOutOfRange, at: offset)
    }
    var file = try BlobFile(.bands)
    let weights = try file.section(.weights).lowerBound
    for (place, index) in [(0, -1), (1, 0), (2, 4)] as [(Int, Int32)] {
      file.put(UInt32(bitPattern: index), at: weights + 4 * place)
    }
    file.rehash()
    #expect(AlignedBytes(file.bytes).error() == nil)
  }

  @Test("states of as many columns as have one")
  func states() throws {
    var contents = SampleBlobs.contents(.bands)
    #expect(contents.layers.map(\.initialState.count) == [0, 0, 0, 16, 32])
    #expect(contents.layers.map(\.record.stateByteCount) == [0, 64, 0, 0, 128])
    contents.layers[3].initialState += Array(repeating: 0, count: 16)
    let error = #expect(throws: BlobError.self) { try contents.bytes() }
    #expect(error?.kind == .wrongStatesLength)
    contents = SampleBlobs.contents(.bands)
    contents.layers[1].initialState = Array(repeating: 0, count: 16)
    let delayed = #expect(throws: BlobError.self) { try contents.bytes() }
    #expect(delayed?.kind == .wrongStatesLength)
    for (layer, lane) in [(3, 3), (4, 6), (4, 16 + 6)] {
      contents = SampleBlobs.contents(.bands)
      contents.layers[layer].initialState[lane] = 1
      let error = #expect(throws: BlobError.self) { try contents.bytes() }
      #expect(error?.kind == .paddingLaneNotZero, "\(layer) \(lane)")
    }
  }

  @Test("operations are counted for every column")
  func operations() {
    let records = SampleBlobs.contents(.bands).layers.map(\.record)
    #expect(
      records.map(\.stepOperationCount) == [
        6, 6, 3 * 2 * 3 + 6, 3 * 9 * (2 + 3) + 9, 3 * 8 * (3 + 2) + 6,
      ])
  }

  @Test("version 1 does not have them")
  func version() throws {
    #expect(SampleBlobs.contents(.bands).version == 2)
    var random = SeededRandom(seed: 3)
    for (record, field, kind) in [
      (.delay(size: 2, count: 1), Field.delay, .reservedNotZero),
      (.gather(inputSize: 2, outputSize: 3), Field.kind, .unknownKind),
      (
        .rnn(inputSize: 2, hiddenSize: 3).over(2, .each), Field.recurrence, .reservedNotZero
      ),
      (
        .convolution(
          length: 1, inputChannels: 2, outputChannels: 2, kernelSize: 1, stride: 1, dilation: 1,
          before: 0, after: 0, padding: .zeros, activation: .relu, groups: 2), Field.groups,
        .wrongGroups
      ),
    ] as [(LayerRecord, Int, BlobError.Kind)] {
      let contents = SampleBlobs.contents(of: [record], &random)
      #expect(contents.version == 2)
      var file = BlobFile(bytes: try contents.bytes())
      file.put(1 as UInt32, at: BlobLayout.Header.version)
      file.put(0 as UInt32, at: BlobLayout.Header.recordSize)
      file.expect(kind, at: try file.record() + field)
    }
  }
}
