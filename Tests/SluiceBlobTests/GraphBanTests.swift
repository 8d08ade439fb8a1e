import SluiceBlob
import TestSupport
import Testing

/// The samples' layers: 0 reflecting pad, 1 convolution, 2 magnitude, 3 scale, 4 PReLU, 5 sum of 2
/// and 4, 6 concatenation of 5 and the input, 7 slice, 8 layer norm, 9 causal convolution.
@Suite("Bans: columns and graphs") struct GraphBanTests {
  typealias Field = BlobLayout.Record

  func changed(
    _ layer: Int, _ field: Int, to value: UInt32
  ) throws -> (file: BlobFile, offset: Int) {
    try BlobFile.changed(.graph, layer: layer, field, to: value)
  }

  @Test("fields of columns that do not fit the layer")
  func columns() throws {
    let nan = Float.nan.bitPattern
    let negative = (-Float(1)).bitPattern
    for (layer, field, value, kind) in [
      (3, Field.columns, 0, .wrongColumns), (5, Field.columns, 1, .wrongColumns),
      (3, Field.kernelSize, 1, .wrongTaps), (1, Field.kernelSize, 0, .wrongTaps),
      (1, Field.columnStride, 0, .wrongTaps), (8, Field.columnStride, 1, .wrongTaps),
      (1, Field.dilation, 0, .wrongTaps), (4, Field.dilation, 1, .wrongTaps),
      (9, Field.columnStride, 2, .wrongTaps), (1, Field.groups, 2, .wrongGroups),
      (1, Field.groups, 0, .wrongGroups), (0, Field.groups, 1, .wrongGroups),
      (1, Field.columnPadding, 2, .unknownPadding), (3, Field.columnPadding, 1, .wrongPadding),
      (9, Field.before, 1, .wrongPadding), (9, Field.after, 1, .wrongPadding),
      (3, Field.before, 1, .wrongPadding), (0, Field.before, 3, .wrongPadding),
      (0, Field.after, 3, .wrongPadding), (8, Field.epsilon, nan, .wrongEpsilon),
      (8, Field.epsilon, negative, .wrongEpsilon), (8, Field.epsilon, 1 << 31, .wrongEpsilon),
      (3, Field.epsilon, 1, .wrongEpsilon), (7, Field.sliceStart, 2, .wrongSliceStart),
      (3, Field.sliceStart, 1, .wrongSliceStart), (5, Field.sliceStart, 1, .wrongSliceStart),
      (3, Field.columns, 65537, .sizeAboveMaximum), (1, Field.dilation, 65537, .sizeAboveMaximum),
      (1, Field.kernelSize, .max, .sizeAboveMaximum),
      (1, Field.outputActivation, 4, .wrongOutputActivation),
      (1, Field.outputActivation, 12, .wrongOutputActivation),
      (3, 304, 1, .reservedNotZero), (3, 272, 1, .reservedNotZero),
    ] as [(Int, Int, UInt32, BlobError.Kind)] {
      let (file, offset) = try changed(layer, field, to: value)
      file.expect(kind, at: offset)
    }
  }

  @Test("sizes that are no whole number of columns")
  func sizes() throws {
    let input = try changed(3, Field.columns, to: 4)
    input.file.expect(.columnsDoNotDivide, at: input.offset - Field.columns + Field.inputSize)
    // Five columns written in place of three.
    let output = try changed(1, Field.columnStride, to: 1)
    output.file.expect(
      .columnsDoNotDivide, at: output.offset - Field.columnStride + Field.outputSize)
    let odd = try changed(2, Field.outputSize, to: 9)
    odd.file.expect(.outputSizeDiffers, at: odd.offset)
  }

  @Test("a convolution without end, or without an output")
  func tooLarge() throws {
    for (field, value) in [
      (Field.dilation, 8), (Field.kernelSize, 9), (Field.before, 65536), (Field.dilation, 65536),
    ] as [(Int, UInt32)] {
      var (file, offset) = try changed(1, field, to: value)
      if field == Field.before {
        offset += Field.kernelSize - field
        // 65537 columns of a channel fit; 65536 taps 65536 apart do not.
        file.put(65536 as UInt32, at: offset)
        file.put(65536 as UInt32, at: offset + Field.dilation - Field.kernelSize)
      } else {
        offset += Field.kernelSize - field
      }
      file.expect(.convolutionTooLarge, at: offset)
    }
  }

  @Test("inputs that do not lie before, or are not as many as the kind has")
  func inputs() throws {
    let second = Field.inputs + 4
    for (layer, field, value, kind, at) in [
      (5, Field.inputs, 5, .inputNotBefore, Field.inputs),
      (5, second, 9, .inputNotBefore, second), (5, second, 1024, .inputNotBefore, second),
      (5, second, UInt32(bitPattern: -2), .inputNotBefore, second),
      (5, Field.inputCount, 12, .tooManyInputs, Field.inputCount),
      (5, second + 4, 1, .reservedNotZero, second + 4),
      (5, second, 1, .inputSizeDiffers, Field.inputSize),
      (6, Field.inputs, 1, .inputSizeDiffers, Field.inputSize),
      (3, Field.inputs, 1, .reservedNotZero, Field.inputs),
    ] as [(Int, Int, UInt32, BlobError.Kind, Int)] {
      let (file, offset) = try changed(layer, field, to: value)
      file.expect(kind, at: offset - field + at)
    }
    var several = try changed(3, Field.inputCount, to: 2)
    several.file.expect(.wrongInputCount, at: several.offset)
    several.file.put(1 as UInt32, at: several.offset)
    several.file.put(2 as UInt32, at: several.offset + 4)
    several.file.expect(.redundantInput, at: several.offset + 4)
    var none = try changed(5, Field.inputCount, to: 0)
    none.file.put(0 as UInt64, at: none.offset + 4)
    none.file.expect(.wrongInputCount, at: none.offset)
    let one = try changed(5, Field.inputCount, to: 1)
    var alone = one.file
    alone.put(0 as UInt32, at: one.offset + 8)
    alone.expect(.wrongInputCount, at: one.offset)
  }

  @Test("a layer that nobody reads")
  func unread() throws {
    let (file, _) = try changed(5, Field.inputs + 4, to: 3)
    file.expect(.layerNotRead, at: try file.record(4))
  }

  @Test("token ids that are read as features")
  func tokens() throws {
    var random = SeededRandom(seed: 5)
    var sum = LayerRecord.add(size: 3)
    sum.inputs = LayerInputs([0, LayerInputs.modelInput])
    let contents = SampleBlobs.contents(
      of: [.embedding(tokenCount: 3, outputSize: 3), sum], &random)
    #expect(throws: BlobError.self) { try contents.bytes() }
    #expect((try? contents.bytes()) == nil)
    let error = #expect(throws: BlobError.self) { try contents.bytes() }
    #expect(error?.kind == .readsTokenIDs)
  }
}
