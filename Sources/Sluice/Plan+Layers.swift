import SluiceBlob
import _SluiceContract
import _SluiceSystem

extension sluice_layer {
  /// Whether it writes each feature once, after having read it, and nothing behind them: an activation
  /// of whole lines.
  var writesAnywhere: Bool {
    unsafe kernel == sluice_kernel_activation && stride == output_size
      && activation != sluice_activation_softmax && activation != sluice_activation_log_softmax
  }

  /// The layer's part of the plan; takes its vectors from these offsets on, in floats.
  init(_ record: LayerRecord, of blob: BlobView, states: inout Int, steps: inout Int) {
    let weights = unsafe blob.weights(of: record).floats
    let stride = record.outputSize.paddedToLine
    let isRecurrent = record.carriesHidden
    let output = isRecurrent ? states : steps
    let cell = states + (isRecurrent ? 2 * stride : 0)
    let columns = sluice_columns(record, partStart: 0, partSize: record.inputSize)
    let hasCell = isRecurrent && record.kind == .lstm
    let cellStride = hasCell ? record.stateStride : columns.past_stride
    let scratch = steps + (isRecurrent ? 0 : stride)
    states = cell + cellStride
    let isCompact = record.storage != .f32 || record.isSparse
    let kernel = isCompact ? sluice_kernel_compact : sluice_kernel(of: record)
    // What a layer over columns needs lies in the workspace.
    steps =
      scratch
      + (record.kind.isRecurrent
        ? (record.isOverColumns ? 0 : record.scratchVectorCount * record.unitStride)
        : columns.scratchFloats(isInteger: record.storage.isInteger))
    unsafe self.init(
      weights: weights, biases: blob.biases(of: record).baseAddress ?? weights,
      initial_state: blob.initialState(of: record).nonEmptyBase, input_size: record.inputSize,
      output_size: record.outputSize, stride: stride, output_offset: output, cell_offset: cell,
      cell_stride: cellStride, scratch_offset: scratch, is_recurrent: isRecurrent,
      is_reverse: record.direction.isReverse && !record.isOverColumns,
      is_fast: record.grade == .fast, writes_final: record.direction.writesFinalState,
      kernel: record.cellFlags.contains(.masked)
        ? sluice_kernel_masked
        : record.isOverColumns
          ? sluice_kernel_columns
          : isCompact && record.kind == .convolution ? sluice_kernel_compact_convolution : kernel,
      inner: kernel,
      activation: sluice_activation(
        record.kind == .rnn ? record.candidateActivation.kind : record.outputActivation.kind),
      form: sluice_form(record, weights: weights), compact: sluice_compact(record, of: blob),
      columns: nil, record: 0, source: -1, slot: 0, reader: 0)
  }
}

extension sluice_form {
  /// What a general kernel must know of the layer, whose packed weights start at `weights`.
  init(_ record: LayerRecord, weights: UnsafePointer<Float>) {
    let hasProjection = record.cellFlags.contains(.projection)
    unsafe self.init(
      hidden_size: record.hiddenSize, hidden_stride: record.unitStride,
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
    case .convolution where record.isDepthwise: self = sluice_kernel_depthwise
    case .convolution: self = sluice_kernel_convolution
    case .scale: self = sluice_kernel_scale
    case .layerNorm: self = sluice_kernel_layer_norm
    case .prelu: self = sluice_kernel_prelu
    case .add, .multiply, .concatenate, .slice: self = sluice_kernel_copy
    case .magnitude: self = sluice_kernel_magnitude
    case .reflectPad: self = sluice_kernel_reflect_pad
    case .mask: self = sluice_kernel_mask
    case .maxPool: self = sluice_kernel_max_pool
    case .argMax: self = sluice_kernel_arg_max
    case .delay: self = sluice_kernel_delay
    case .gather: self = sluice_kernel_gather
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
