import SluiceBlob
import TestSupport
import Testing

/// The sample's layers: 0 pool of 3 over 4 columns of 2, 1 exp, 2 product of 0 and 1, 3 index of the greatest.
@Suite("Bans: products, pools and indices") struct SelectionBanTests {
  typealias Field = BlobLayout.Record

  private func changed(
    _ layer: Int, _ field: Int, to value: UInt32
  ) throws -> (file: BlobFile, offset: Int) {
    try BlobFile.changed(.selection, layer: layer, field, to: value)
  }

  @Test("fields that do not fit the layer")
  func fields() throws {
    for (layer, field, value, kind) in [
      (0, Field.kernelSize, 0, .wrongTaps), (0, Field.columnStride, 0, .wrongTaps),
      (0, Field.dilation, 0, .wrongTaps), (0, Field.dilation, 2, .wrongTaps),
      (0, Field.groups, 1, .wrongGroups), (0, Field.columnPadding, 1, .wrongPadding),
      (0, Field.before, 3, .wrongPadding), (0, Field.after, 3, .wrongPadding),
      (0, Field.sliceStart, 1, .wrongSliceStart), (0, Field.columns, 0, .wrongColumns),
      (0, Field.outputActivation, 3, .wrongOutputActivation),
      (2, Field.columns, 1, .wrongColumns), (2, Field.inputCount, 1, .reservedNotZero),
      (3, Field.kernelSize, 1, .wrongTaps), (3, Field.before, 1, .wrongPadding),
      (3, Field.columns, 3, .columnsDoNotDivide),
      (1, Field.outputActivation, 18, .unknownOutputActivation),
      (1, Field.kind, 22, .unknownKind),
    ] as [(Int, Int, UInt32, BlobError.Kind)] {
      let (file, offset) = try changed(layer, field, to: value)
      #expect(
        AlignedBytes(file.bytes).error(checkingHash: false)?.kind == kind, "\(layer) \(offset)")
    }
    // A pool of other columns has another size.
    let stride = try changed(0, Field.columnStride, to: 3)
    #expect(AlignedBytes(stride.file.bytes).error(checkingHash: false) != nil)
  }

  @Test("a cell has no function that is infinite where its argument is not")
  func functionsOfCells() throws {
    for activation in Activation.allCases where activation.traits.since > 1 {
      var record = LayerRecord.lstm(inputSize: 2, hiddenSize: 3)
      record.outputActivation = ActivationFunction(activation)
      var random = SeededRandom(seed: 5)
      let contents = SampleBlobs.contents(of: [record], &random)
      let error = #expect(throws: BlobError.self) { try contents.bytes() }
      #expect(error?.kind == .wrongOutputActivation)
    }
  }

  @Test("version 1 does not have them")
  func version() throws {
    let contents = SampleBlobs.contents(.selection)
    #expect(contents.version == 2)
    let view = try AlignedBytes(try contents.bytes()).view()
    #expect(view.version == 2)
  }
}
