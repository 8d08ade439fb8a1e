import SluiceBlob
import TestSupport
import Testing

/// What version 2 added of masks, final states and functions: what fits no layer, and what version 1 has not.
@Suite("Bans: masks, and what version 1 does not have") struct MaskBanTests {
  typealias Field = BlobLayout.Record

  /// A mask of three features, of which the last two are compared with 0.5, then a masked LSTM.
  private func contents(_ change: (inout [LayerRecord]) -> Void = { _ in }) throws -> BlobFile {
    var records = [
      LayerRecord.mask(inputSize: 3, start: 1, count: 2, value: 0.5),
      LayerRecord.lstm(inputSize: 4, hiddenSize: 2),
    ]
    records[1].cellFlags = .masked
    change(&records)
    var random = SeededRandom(seed: 6)
    return BlobFile(bytes: try SampleBlobs.contents(of: records, &random).bytes())
  }

  @Test("a mask and a masked cell are of version 2")
  func version() throws {
    let file = try contents()
    #expect(file.u32(BlobLayout.Header.version) == 2)
    _ = try AlignedBytes(file.bytes).view()
    for (change, field, layer, kind) in [
      ({ $0[1].cellFlags = CellFlags(rawValue: 0) }, Field.maskCount, 0, .reservedNotZero),
      ({ $0.removeFirst() }, Field.cellFlags, 0, .unknownCellFlag),
      (
        {
          $0.removeFirst()
          $0[0].cellFlags = CellFlags(rawValue: 0)
          $0[0].direction = .forwardFinal
        }, Field.direction, 0, .unknownDirection
      ),
      (
        { $0 = [.dense(inputSize: 2, outputSize: 2, activation: .logSoftmax)] },
        Field.outputActivation, 0, .unknownOutputActivation
      ),
    ] as [((inout [LayerRecord]) -> Void, Int, Int, BlobError.Kind)] {
      var file = try contents(change)
      #expect(file.u32(BlobLayout.Header.version) == 2)
      file.put(1 as UInt32, at: BlobLayout.Header.version)
      file.put(0 as UInt32, at: BlobLayout.Header.recordSize)
      file.expect(kind, at: try file.record(layer) + field)
    }
  }

  @Test("what a mask compares lies in its input")
  func fields() throws {
    for (layer, field, value, kind) in [
      (0, Field.maskCount, 0, .wrongMask), (0, Field.maskCount, 3, .wrongMask),
      (0, Field.maskValue, Float.nan.bitPattern, .wrongMask),
      (0, Field.sliceStart, 3, .wrongSliceStart),
      (0, Field.maskCount, 65537, .sizeAboveMaximum), (1, Field.maskCount, 1, .wrongMask),
      (1, Field.maskValue, 1, .wrongMask), (0, Field.outputSize, 3, .outputSizeDiffers),
      (0, Field.cellFlags, 8, .wrongCellFlag), (1, Field.cellFlags, 16, .unknownCellFlag),
    ] as [(Int, Int, UInt32, BlobError.Kind)] {
      var file = try contents()
      let offset = try file.record(layer) + field
      file.put(value, at: offset)
      file.expect(kind, at: offset)
    }
  }
}
