import SluiceBlob
import _SluiceContract
import _SluiceSystem

extension sluice_model {
  /// The plan of a validated blob: one record a layer, pointers into the blob, offsets into a
  /// stream's buffer. Nil where memory runs out.
  static func planned(for blob: BlobView) -> UnsafeMutablePointer<sluice_model>? {
    let first = blob.record(at: 0)
    let embeddings = first.kind == .embedding ? 1 : 0
    var count = 0
    for index in embeddings..<blob.layerCount { count += blob.record(at: index).partCount }
    guard let model = unsafe sluice_model_allocate(count) else { return nil }
    unsafe model.pointee.bytes = blob.bytes.baseAddress!
    unsafe model.pointee.byte_count = blob.bytes.count
    unsafe model.pointee.input_size = first.modelInputSize
    unsafe model.pointee.input_stride =
      (embeddings == 1 ? first.outputSize : first.modelInputSize).paddedToLine
    unsafe model.pointee.yields_last = blob.output == .last
    if embeddings == 1 {
      unsafe model.pointee.embedding = UnsafeRawPointer(blob.weights(of: first).floats)
      unsafe model.pointee.embedding_scales = blob.scales(of: first).baseAddress
      unsafe model.pointee.embedding_size = first.outputSize
      unsafe model.pointee.embedding_storage = sluice_storage(first.storage)
    }
    var planned = 0
    for index in embeddings..<blob.layerCount {
      unsafe model.plan(blob, index, at: &planned)
    }
    unsafe model.assignSlots()
    for index in 0..<blob.layerCount {
      let record = blob.record(at: index)
      let stride = record.outputSize.paddedToLine
      if record.direction != .forward { unsafe model.pointee.reads_backwards = true }
      unsafe model.pointee.output_size = record.outputSize
      unsafe model.pointee.longest_stride = max(model.pointee.longest_stride, stride)
      unsafe model.pointee.longest_projection = max(
        model.pointee.longest_projection, record.gateCount * record.laneCount.paddedToLine)
      unsafe model.reserve(for: record)
    }
    unsafe model.pointee.writes_output =
      planned > 0 && model.pointee.layers[planned - 1].writesAnywhere
    return unsafe model
  }
}

extension UnsafeMutablePointer<sluice_model> {
  /// Plans the blob's layer `index`: once for each layer that it reads, from `planned` on.
  fileprivate func plan(_ blob: BlobView, _ index: Int, at planned: inout Int) {
    let record = blob.record(at: index)
    let first = blob.record(at: 0)
    let layer = unsafe sluice_layer(record, of: blob, at: &pointee.state_floats)
    var partStart = 0
    for part in 0..<record.partCount {
      let source = record.inputs.count > 0 ? record.inputs[part] : index - 1
      // An embedding is no layer of the plan: its row is the input.
      let isInput = source < 0 || (source == 0 && first.kind == .embedding)
      let partSize =
        record.kind != .concatenate
        ? record.inputSize
        : isInput ? first.featureCount : blob.record(at: source).outputSize
      unsafe pointee.layers[planned] = layer
      unsafe pointee.layers[planned].record = Int32(index)
      unsafe pointee.layers[planned].source =
        isInput ? -1 : Int32(self.layer(ofRecord: source, planned))
      if part > 0, record.kind == .add {
        unsafe pointee.layers[planned].kernel = sluice_kernel_accumulate
      }
      if record.kind.hasColumns || record.kind == .add || record.direction == .reverseFinal {
        unsafe pointee.columns[planned] = sluice_columns(
          record, partStart: partStart, partSize: partSize)
        unsafe pointee.layers[planned].columns = UnsafePointer(pointee.columns + planned)
      }
      if unsafe pointee.layers[planned].source != Int32(planned - 1) {
        unsafe pointee.branches = true
      }
      partStart += partSize
      planned += 1
    }
  }
}

extension LayerRecord {
  /// Layers of the plan: one for each layer that it reads.
  fileprivate var partCount: Int { kind.readsSeveral ? inputs.count : 1 }

  /// Of the first layer: features of the model's input, or of an embedding's row.
  fileprivate var featureCount: Int { kind == .embedding ? outputSize : modelInputSize }
}

extension sluice_layer {
  /// Whether the row that the layer writes last, the first, is then copied to all others. Of the
  /// recurrent layers these alone have columns, which their kernels do not read.
  var writesFinalState: Bool { unsafe is_recurrent && columns != nil }

  /// Whether it writes each feature once, after having read it, and nothing behind them: an activation
  /// of whole lines.
  fileprivate var writesAnywhere: Bool {
    unsafe kernel == sluice_kernel_activation && stride == output_size
      && activation != sluice_activation_softmax
  }

  /// The layer's part of the plan; takes its vectors from `offset` on, in floats.
  init(_ record: LayerRecord, of blob: BlobView, at offset: inout Int) {
    let weights = unsafe blob.weights(of: record).floats
    let stride = record.outputSize.paddedToLine
    let isRecurrent = record.kind.isRecurrent
    let output = offset
    let cell = output + (isRecurrent ? 2 : 1) * stride
    let past = record.kind == .convolution ? record.stateStride * record.stateVectorCount : 0
    let cellStride = record.kind == .lstm ? record.stateStride : past
    let scratch = cell + cellStride
    let columns = sluice_columns(record, partStart: 0, partSize: record.inputSize)
    offset =
      scratch
      + (isRecurrent ? record.scratchVectorCount * record.stateStride : columns.scratchFloats)
    unsafe self.init(
      weights: weights, biases: blob.biases(of: record).baseAddress ?? weights,
      initial_state: blob.initialState(of: record).nonEmptyBase, input_size: record.inputSize,
      output_size: record.outputSize, stride: stride, output_offset: output, cell_offset: cell,
      cell_stride: cellStride, scratch_offset: scratch, is_recurrent: isRecurrent,
      is_reverse: record.direction != .forward, is_fast: record.grade == .fast,
      kernel: record.storage == .f32 ? sluice_kernel(of: record) : sluice_kernel_compact,
      activation: sluice_activation(
        record.kind == .rnn ? record.candidateActivation.kind : record.outputActivation.kind),
      form: sluice_form(record, weights: weights), compact: sluice_compact(record, of: blob),
      columns: nil, record: 0, source: -1, slot: 0, reader: 0)
  }
}

extension sluice_layer {
  /// Whether the layer has a C.
  var hasCell: Bool { unsafe is_recurrent && cell_stride > 0 }
}

extension sluice_form {
  /// What a general kernel must know of the layer, whose packed weights start at `weights`.
  init(_ record: LayerRecord, weights: UnsafePointer<Float>) {
    let hasProjection = record.cellFlags.contains(.projection)
    unsafe self.init(
      hidden_size: record.hiddenSize, hidden_stride: record.stateStride,
      gate: sluice_function(record.gateActivation),
      candidate: sluice_function(record.candidateActivation),
      output: sluice_function(record.outputActivation), clip: record.clip,
      cell_clip: record.cellClip, projection_clip: record.projectionClip,
      has_peepholes: record.cellFlags.contains(.peepholes),
      is_coupled: record.cellFlags.contains(.coupled),
      projection: hasProjection ? weights + record.gateByteCount / 4 : nil)
  }
}

extension sluice_function {
  init(_ function: ActivationFunction) {
    self.init(
      kind: sluice_activation(function.kind), alpha: function.alpha, beta: function.beta)
  }
}

extension sluice_kernel {
  init(of record: LayerRecord) {
    let isPlain = record.isPlain
    switch record.kind {
    case .lstm: self = isPlain ? sluice_kernel_lstm : sluice_kernel_lstm_general
    case .gru where record.variant == .resetBefore:
      self = isPlain ? sluice_kernel_gru_reset_before : sluice_kernel_gru_reset_before_general
    case .gru:
      self = isPlain ? sluice_kernel_gru_reset_after : sluice_kernel_gru_reset_after_general
    case .rnn: self = isPlain ? sluice_kernel_elman : sluice_kernel_elman_general
    case .dense: self = isPlain ? sluice_kernel_dense : sluice_kernel_dense_general
    case .activation: self = isPlain ? sluice_kernel_activation : sluice_kernel_activation_general
    case .convolution: self = sluice_kernel_convolution
    case .scale: self = sluice_kernel_scale
    case .layerNorm: self = sluice_kernel_layer_norm
    case .prelu: self = sluice_kernel_prelu
    case .add, .concatenate, .slice: self = sluice_kernel_copy
    case .magnitude: self = sluice_kernel_magnitude
    case .reflectPad: self = sluice_kernel_reflect_pad
    case .embedding: preconditionFailure("An embedding is not a kernel's layer")
    }
  }
}

extension sluice_activation {
  /// The kernels number activations as blobs do.
  init(_ activation: Activation) { self.init(rawValue: activation.rawValue) }
}

extension Int {
  /// Rounded up to a whole number of 64-byte lines of floats.
  var paddedToLine: Int { (self + 15) / 16 * 16 }
}

extension UnsafeRawBufferPointer {
  /// The first float. A layer without weights has an address all the same; no kernel reads it.
  var floats: UnsafePointer<Float> {
    unsafe (baseAddress ?? UnsafeRawPointer(bitPattern: 64)!).assumingMemoryBound(to: Float.self)
  }
}

extension UnsafeBufferPointer {
  fileprivate var nonEmptyBase: UnsafePointer<Element>? {
    isEmpty ? nil : baseAddress
  }
}
