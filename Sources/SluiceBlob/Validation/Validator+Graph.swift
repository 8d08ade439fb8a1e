extension Validator {
  private typealias Field = BlobLayout.Record

  /// The layers that some layer reads, a bit each.
  struct ReadLayers {
    private var words = InlineArray<16, UInt64>(repeating: 0)

    mutating func insert(_ index: Int) { words[index >> 6] |= 1 << UInt64(index & 63) }
    func contains(_ index: Int) -> Bool { words[index >> 6] >> UInt64(index & 63) & 1 != 0 }
  }

  /// Checks what a layer reads: earlier layers whose sizes are those that it expects.
  func validateInputs(
    of record: LayerRecord, _ index: Int, _ read: inout ReadLayers
  ) throws(BlobError) {
    let start = recordStart(index)
    let inputs = record.inputs
    if record.kind == .embedding {
      guard index == 0 else { throw BlobError(.embeddingNotFirst, at: start + Field.kind) }
    }
    guard inputs.count == 0 || record.kind != .embedding,
      record.kind.readsSeveral
        ? inputs.count >= record.kind.traits.fewestListed : inputs.count <= 1
    else { throw BlobError(.wrongInputCount, at: start + Field.inputCount) }
    if inputs.count == 0 {
      if index == 0 { return }
      read.insert(index - 1)
      guard outputSize(ofLayer: index - 1) == record.inputSize else {
        throw BlobError(.inputSizeDiffers, at: start + Field.inputSize)
      }
      return
    }
    var total = 0
    for position in 0..<inputs.count {
      let field = start + Field.inputs + 4 * position
      let input = inputs[position]
      guard input < index else { throw BlobError(.inputNotBefore, at: field) }
      if input >= 0 { read.insert(input) }
      if inputs.count == 1, input == index - 1 {
        throw BlobError(.redundantInput, at: field)
      }
      let size =
        try input < 0 ? modelInputSize(readBy: index, field) : outputSize(ofLayer: input)
      let isRight =
        record.kind == .concatenate
        ? size % record.columns.length == 0 : size == record.inputSize
      guard isRight else { throw BlobError(.inputSizeDiffers, at: start + Field.inputSize) }
      total += size
    }
    if record.kind == .concatenate, total != record.inputSize {
      throw BlobError(.inputSizeDiffers, at: start + Field.inputSize)
    }
  }

  /// Checks that every layer but the last is read by one.
  func validateAllRead(_ read: ReadLayers) throws(BlobError) {
    for index in 0..<layerCount - 1 where !read.contains(index) {
      throw BlobError(.layerNotRead, at: recordStart(index))
    }
  }

  /// The output size of an earlier layer, which has been checked.
  private func outputSize(ofLayer index: Int) -> Int {
    Int(file.u64(recordStart(index) + Field.outputSize))
  }

  /// Features of the model's input: the first layer always reads it.
  private func modelInputSize(readBy index: Int, _ field: Int) throws(BlobError) -> Int {
    let first = try record(0)
    guard first.kind != .embedding else { throw BlobError(.readsTokenIDs, at: field) }
    return first.modelInputSize
  }
}
