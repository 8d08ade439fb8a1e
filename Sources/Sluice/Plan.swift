import SluiceBlob
import _SluiceShims

extension sluice_model {
  /// The plan of a validated blob: one record a layer, pointers into the blob, offsets into a
  /// stream's buffer. Nil where memory runs out.
  static func planned(for blob: BlobView) -> UnsafeMutablePointer<sluice_model>? {
    let first = blob.record(at: 0)
    let embeddings = first.kind == .embedding ? 1 : 0
    guard let model = unsafe sluice_model_allocate(blob.layerCount - embeddings) else { return nil }
    unsafe model.pointee.bytes = blob.bytes.baseAddress!
    unsafe model.pointee.byte_count = blob.bytes.count
    unsafe model.pointee.input_size = first.inputSize
    unsafe model.pointee.input_stride =
      (embeddings == 1 ? first.outputSize : first.inputSize).paddedToLine
    unsafe model.pointee.yields_last = blob.output == .last
    if embeddings == 1 {
      unsafe model.pointee.embedding = blob.weights(of: first).floats
      unsafe model.pointee.embedding_size = first.outputSize
    }
    for index in embeddings..<blob.layerCount {
      unsafe model.pointee.layers[index - embeddings] = sluice_layer(
        blob.record(at: index), of: blob, at: &model.pointee.state_floats)
    }
    for index in 0..<blob.layerCount {
      let record = blob.record(at: index)
      let stride = record.outputSize.paddedToLine
      unsafe model.pointee.output_size = record.outputSize
      unsafe model.pointee.longest_stride = max(model.pointee.longest_stride, stride)
      unsafe model.pointee.longest_projection = max(
        model.pointee.longest_projection, record.gateCount * stride)
    }
    return unsafe model
  }
}

extension sluice_layer {
  /// The layer's part of the plan; takes its vectors from `offset` on, in floats.
  init(_ record: LayerRecord, of blob: BlobView, at offset: inout Int) {
    let weights = unsafe blob.weights(of: record).floats
    let stride = record.outputSize.paddedToLine
    let isRecurrent = record.stateVectorCount > 0
    let output = offset
    let cell = output + (isRecurrent ? 2 : 1) * stride
    let scratch = cell + (record.kind == .lstm ? 1 : 0) * stride
    offset = scratch + (record.variant == .resetBefore ? 2 : 0) * stride
    unsafe self.init(
      weights: weights, biases: blob.biases(of: record).baseAddress ?? weights,
      initial_state: blob.initialState(of: record).nonEmptyBase, input_size: record.inputSize,
      output_size: record.outputSize, stride: stride, output_offset: output, cell_offset: cell,
      scratch_offset: scratch, is_recurrent: isRecurrent, kernel: sluice_kernel(of: record),
      activation: sluice_activation(
        record.kind == .rnn ? record.candidateActivation : record.outputActivation))
  }
}

extension sluice_kernel {
  init(of record: LayerRecord) {
    switch record.kind {
    case .lstm: self = sluice_kernel_lstm
    case .gru:
      self =
        record.variant == .resetBefore
        ? sluice_kernel_gru_reset_before : sluice_kernel_gru_reset_after
    case .rnn: self = sluice_kernel_elman
    case .dense: self = sluice_kernel_dense
    case .activation: self = sluice_kernel_activation
    case .embedding: preconditionFailure("An embedding is not a kernel's layer")
    }
  }
}

extension sluice_activation {
  init(_ activation: Activation) {
    switch activation {
    case .identity: self = sluice_activation_identity
    case .tanh: self = sluice_activation_tanh
    case .sigmoid: self = sluice_activation_sigmoid
    case .relu: self = sluice_activation_relu
    case .softmax: self = sluice_activation_softmax
    }
  }
}

extension Int {
  /// Rounded up to a whole number of 64-byte lines of floats.
  var paddedToLine: Int { (self + 15) / 16 * 16 }
}

extension UnsafeRawBufferPointer {
  /// The first float. A layer without weights has an address all the same; no kernel reads it.
  fileprivate var floats: UnsafePointer<Float> {
    unsafe (baseAddress ?? UnsafeRawPointer(bitPattern: 64)!).assumingMemoryBound(to: Float.self)
  }
}

extension UnsafeBufferPointer {
  fileprivate var nonEmptyBase: UnsafePointer<Element>? {
    isEmpty ? nil : baseAddress
  }
}
