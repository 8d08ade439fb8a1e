import SluiceBlob
import _SluiceShims

extension sluice_compact {
  /// What a compact kernel must know of the layer.
  init(_ record: LayerRecord, of blob: BlobView) {
    unsafe self.init(
      storage: sluice_storage(record.storage), cell: sluice_kernel(of: record),
      scales: blob.scales(of: record).baseAddress, input_step: record.inputScale,
      hidden_step: record.hiddenScale)
  }
}

extension sluice_storage {
  init(_ storage: StorageType) {
    switch storage {
    case .f32: self = sluice_storage_f32
    case .f16: self = sluice_storage_f16
    case .bf16: self = sluice_storage_bf16
    case .int8: self = sluice_storage_int8
    case .int4: self = sluice_storage_int4
    }
  }
}

extension UnsafeMutablePointer<sluice_model> {
  /// Takes note of the rows that a compact layer needs while it runs.
  func reserve(for record: LayerRecord) {
    guard record.storage != .f32, record.kind != .embedding else { return }
    if record.kind.isRecurrent {
      let sums = record.gateCount * record.outputStride
      unsafe pointee.compact_projection = max(pointee.compact_projection, sums)
    }
    guard record.storage.isInteger else { return }
    let input = sluice_quantised_pitch(record.inputSize) / 4
    let hidden = sluice_quantised_pitch(record.outputSize) / 4
    unsafe pointee.quantised_input = max(pointee.quantised_input, input)
    if record.kind.isRecurrent {
      unsafe pointee.quantised_hidden = max(pointee.quantised_hidden, hidden)
    }
  }
}
