import SluiceBlob
import _SluiceContract
import _SluiceSystem

extension sluice_compact {
  /// What a compact kernel must know of the layer.
  init(_ record: LayerRecord, of blob: BlobView) {
    let resetsBefore = record.variant == .resetBefore
    let all = record.gateCount
    let first = unsafe sluice_compact_pass(record, of: blob, gates: resetsBefore ? 0..<2 : 0..<all)
    unsafe self.init(
      storage: sluice_storage(record.storage),
      cell: record.kind == .convolution ? sluice_kernel_dense : sluice_kernel(of: record),
      input: sluice_quantisation(record.inputScale),
      hidden: sluice_quantisation(
        record.hiddenScale, quiet: record.hiddenRounding == .finer ? 32 * record.hiddenScale : 0),
      gates: all, blocks: sluice_blocks(record, of: blob), first: first,
      second: resetsBefore ? sluice_compact_pass(record, of: blob, gates: 2..<3) : first)
  }
}

extension sluice_quantisation {
  fileprivate init(_ step: Float, quiet: Float = 0) {
    self.init(
      step: step, factor: step > 0 ? 1 / step : 0, quiet: step > 0 ? quiet : .infinity)
  }
}

extension sluice_compact_pass {
  /// Where some of a layer's gates lie, as the format lays them out.
  init(_ record: LayerRecord, of blob: BlobView, gates: Range<Int>) {
    let storage = record.storage
    let inputWords = storage.wordCount(columns: record.matrixColumns.input)
    let hiddenWords = storage.wordCount(columns: record.hiddenSize)
    // Bytes of a lane's weights and scales of one gate: of int4 a scale for each four words.
    let laneBytes = storage.wordByteCount * (inputWords + hiddenWords)
    let isInt4 = storage == .int4
    let laneScales = isInt4 ? 2 * (inputWords + hiddenWords) / 4 : 0
    // The gates of earlier passes lie before all tiles of this one.
    let lanesBefore = gates.lowerBound * record.paddedLaneCount
    let weights = unsafe blob.weights(of: record).floats
    let start =
      unsafe UnsafeRawPointer(weights) + (record.isSparse ? record.blockTableByteCount : 0)
    let scales = unsafe blob.scales(of: record).baseAddress ?? start
    let corrections = record.kind.isRecurrent ? 2 * record.gateCount : 1
    let firstRow = storage == .int8 ? gates.lowerBound : 0
    let isInt8 = storage == .int8 ? 1 : 0
    unsafe self.init(
      weights: start + lanesBefore * laneBytes, scales: scales + lanesBefore * laneScales,
      biases: blob.biases(of: record).baseAddress ?? weights, gates: gates.count,
      first_gate: gates.lowerBound, tile_pitch: 16 * gates.count * laneBytes,
      scale_pitch: isInt4 ? 16 * gates.count * laneScales : 64 * record.scaleRowCount,
      bias_pitch: 16 * record.biasRowCount, bias_row: gates.lowerBound,
      hidden_weights: 16 * gates.count * storage.wordByteCount * inputWords,
      hidden_scales: isInt4 ? 16 * gates.count * 2 * inputWords / 4 : 0,
      input_scale_row: firstRow,
      input_correction_row: isInt8 * (corrections + gates.lowerBound),
      hidden_scale_row: isInt8 * (record.gateCount + gates.lowerBound),
      hidden_correction_row: isInt8 * (3 * record.gateCount + gates.lowerBound))
  }
}

extension sluice_blocks {
  /// Which blocks a sparse layer keeps. How many follows from the record alone: no block outside the
  /// layer's bytes is read where a mapped file was changed since.
  fileprivate init(_ record: LayerRecord, of blob: BlobView) {
    unsafe self.init()
    guard let kept = record.keptBlocks, let table = unsafe blob.weights(of: record).baseAddress
    else { return }
    unsafe ends = table.assumingMemoryBound(to: UInt32.self)
    unsafe words = table + 4 * record.blockListCount
    unsafe lists = record.blockListsOfTile
    unsafe paired = kept - record.singleBlockCount
    unsafe all = kept
  }
}

extension sluice_storage {
  /// The kernels number storage types as blobs do.
  init(_ storage: StorageType) { self.init(rawValue: storage.rawValue) }
}

extension UnsafeMutablePointer<sluice_model> {
  /// Takes note of the rows that a layer needs while it runs.
  func reserve(for record: LayerRecord) {
    guard !record.isOverColumns else {
      let rows = sluice_rows_of_columns(
        record.columns.length, record.outputChannels.paddedToLine, record.unitStride,
        record.gateCount, record.inputChannels, record.outputChannels, record.storage.isInteger)
      unsafe pointee.column_floats = max(pointee.column_floats, rows.end)
      return
    }
    unsafe pointee.longest_projection = max(
      pointee.longest_projection, record.gateCount * record.laneCount.paddedToLine)
    guard record.storage != .f32 || record.isSparse, record.kind != .embedding else { return }
    if record.kind.isRecurrent {
      let sums = record.gateCount * record.outputStride
      unsafe pointee.compact_projection = max(pointee.compact_projection, sums)
    }
    // Rows of a convolution lie in its own scratch.
    guard record.storage.isInteger, record.kind != .convolution else { return }
    let input = sluice_quantised_pitch(record.inputSize) / 4
    let hidden = sluice_quantised_pitch(record.outputSize) / 4
    unsafe pointee.quantised_input = max(pointee.quantised_input, input)
    if record.kind.isRecurrent {
      unsafe pointee.quantised_hidden = max(pointee.quantised_hidden, hidden)
    }
  }
}
