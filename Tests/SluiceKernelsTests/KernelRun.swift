import TestSupport
import _SluiceContract
import _SluiceKernels
import _SluiceSystem

#if !SLUICE_WITHOUT_AVX2
  import _SluiceKernelsAVX2
#endif
#if !SLUICE_WITHOUT_AVX512
  import _SluiceKernelsAVX512
#endif

/// A build of the kernels.
enum Build: String, CaseIterable, Sendable {
  case baseline
  #if !SLUICE_WITHOUT_AVX2
    case avx2
  #endif
  #if !SLUICE_WITHOUT_AVX512
    case avx512
  #endif

  static var runnable: [Build] {
    allCases.filter {
      switch $0 {
      case .baseline: true
      #if !SLUICE_WITHOUT_AVX2
        case .avx2: sluice_cpu_has_avx2()
      #endif
      #if !SLUICE_WITHOUT_AVX512
        case .avx512: sluice_cpu_has_avx512()
      #endif
      }
    }
  }

  func run(_ layer: UnsafePointer<sluice_layer>, _ block: UnsafePointer<sluice_block>) {
    switch self {
    case .baseline: unsafe _SluiceKernels.run(layer, block)
    #if !SLUICE_WITHOUT_AVX2
      case .avx2: unsafe _SluiceKernelsAVX2.run(layer, block)
    #endif
    #if !SLUICE_WITHOUT_AVX512
      case .avx512: unsafe _SluiceKernelsAVX512.run(layer, block)
    #endif
    }
  }
}

/// The shape of one layer as a kernel sees it.
struct Shape: Sendable, CustomStringConvertible {
  let kernel: sluice_kernel
  let activation: sluice_activation
  let inputSize: Int
  let outputSize: Int
  /// Of a general kernel: units behind a projection where there are more than outputs.
  var units: Int?
  var hasPeepholes = false
  /// Whether its activations are of the fast grade.
  var isFast = false

  /// Every kernel, and every activation where a kernel has one.
  static func all(_ inputSize: Int, _ outputSize: Int) -> [Shape] {
    func shape(_ kernel: sluice_kernel, _ activation: sluice_activation) -> Shape {
      let alone = [sluice_kernel_activation, sluice_kernel_activation_general]
      let size = alone.contains(kernel) ? outputSize : inputSize
      return Shape(
        kernel: kernel, activation: activation, inputSize: size, outputSize: outputSize)
    }
    let activations = [
      sluice_activation_identity, sluice_activation_tanh, sluice_activation_sigmoid,
      sluice_activation_relu, sluice_activation_softmax, sluice_activation_log_softmax,
    ]
    var peeping = shape(sluice_kernel_lstm_general, sluice_activation_softsign)
    peeping.hasPeepholes = true
    var projected = shape(sluice_kernel_lstm_general, sluice_activation_elu)
    projected.units = outputSize + 5
    return [
      peeping, projected, shape(sluice_kernel_lstm_general, sluice_activation_scaled_tanh),
      shape(sluice_kernel_gru_reset_after_general, sluice_activation_hard_sigmoid),
      shape(sluice_kernel_gru_reset_before_general, sluice_activation_softsign),
      shape(sluice_kernel_elman_general, sluice_activation_elu),
      shape(sluice_kernel_dense_general, sluice_activation_softplus),
      shape(sluice_kernel_activation_general, sluice_activation_thresholded_relu),
      shape(sluice_kernel_lstm, sluice_activation_tanh),
      shape(sluice_kernel_gru_reset_after, sluice_activation_identity),
      shape(sluice_kernel_gru_reset_before, sluice_activation_identity),
      shape(sluice_kernel_elman, sluice_activation_tanh),
      shape(sluice_kernel_elman, sluice_activation_relu),
    ] + activations.map { shape(sluice_kernel_dense, $0) }
      + activations.map { shape(sluice_kernel_activation, $0) }
      + [
        shape(sluice_kernel_lstm, sluice_activation_tanh),
        shape(sluice_kernel_gru_reset_after, sluice_activation_identity),
        shape(sluice_kernel_gru_reset_before, sluice_activation_identity),
        shape(sluice_kernel_elman, sluice_activation_tanh),
        shape(sluice_kernel_activation, sluice_activation_sigmoid),
      ].map { plain in
        var fast = plain
        fast.isFast = true
        return fast
      }
  }

  var gates: Int {
    switch kernel {
    case sluice_kernel_lstm, sluice_kernel_lstm_general: 4
    case sluice_kernel_gru_reset_after, sluice_kernel_gru_reset_before,
      sluice_kernel_gru_reset_after_general, sluice_kernel_gru_reset_before_general:
      3
    case sluice_kernel_elman, sluice_kernel_dense, sluice_kernel_elman_general,
      sluice_kernel_dense_general:
      1
    default: 0
    }
  }

  var isGeneral: Bool { sluice_is_general(kernel) }

  var isLSTM: Bool { kernel == sluice_kernel_lstm || kernel == sluice_kernel_lstm_general }

  var isRecurrent: Bool {
    ![
      sluice_kernel_dense, sluice_kernel_activation, sluice_kernel_dense_general,
      sluice_kernel_activation_general,
    ].contains(kernel)
  }

  /// Whether every output lies within [-1, 1], so that an absolute error has a meaning.
  var isBounded: Bool {
    activation != sluice_activation_relu && activation != sluice_activation_softplus
      && activation != sluice_activation_thresholded_relu
      && (gates > 1 || activation != sluice_activation_identity)
  }

  var padded: Int { (outputSize + 7) / 8 * 8 }
  var stride: Int { (outputSize + 15) / 16 * 16 }
  var hiddenSize: Int { units ?? outputSize }
  var paddedHidden: Int { (hiddenSize + 7) / 8 * 8 }
  var hiddenStride: Int { (hiddenSize + 15) / 16 * 16 }
  var gateWeightCount: Int {
    gates * paddedHidden * (inputSize + (isRecurrent ? outputSize : 0))
  }
  var weightCount: Int { gateWeightCount + (units == nil ? 0 : padded * hiddenSize) }
  var biasCount: Int {
    switch kernel {
    case sluice_kernel_gru_reset_after, sluice_kernel_gru_reset_after_general: 4 * padded
    default: paddedHidden * (gates + (hasPeepholes ? 3 : 0))
    }
  }
  /// Vectors of units that a kernel needs within a step.
  var scratchCount: Int { isGeneral && isRecurrent ? gates + 1 : 2 }

  var description: String {
    "kernel \(kernel.rawValue) activation \(activation.rawValue)\(isFast ? " fast" : "")"
      + " \(inputSize)x\(outputSize)"
  }
}

/// The memory of one layer, each piece beside a forbidden page.
struct KernelRun {
  let shape: Shape
  let steps: Int
  let weights: GuardedBytes
  let biases: GuardedBytes
  let input: GuardedBytes
  let hidden: GuardedBytes
  let output: GuardedBytes
  let cell: GuardedBytes
  let scratch: GuardedBytes
  let projected: GuardedBytes
  /// For many streams only: with one, whoever touches it is killed.
  let recurrent = GuardedBytes(count: 0)

  /// Everything that a kernel may read, drawn from `seed`; what it may write starts as NaN, which
  /// would be seen in the results if any of it were read first.
  init(_ shape: Shape, steps: Int, seed: UInt64, forbidden side: GuardedBytes.Side) {
    var random = SeededRandom(seed: seed)
    func memory(_ floats: [Float]) -> GuardedBytes { GuardedBytes(floats, forbidden: side) }
    func nan(_ count: Int) -> GuardedBytes { memory([Float](repeating: .nan, count: count)) }
    self.shape = shape
    self.steps = steps
    // The size that PyTorch starts with: greater ones let rounding grow from step to step.
    let bound = Float(1 / Double(shape.outputSize).squareRoot())
    weights = memory(random.floats(shape.weightCount, bound: bound))
    biases = memory(random.floats(shape.biasCount, bound: 0.5))
    input = memory(random.floats(steps * shape.inputSize))
    hidden = memory(random.floats(shape.stride))
    output = nan(steps * shape.stride)
    cell = memory(random.floats(shape.hiddenStride))
    scratch = nan(shape.scratchCount * shape.hiddenStride)
    // Unused for a single step.
    projected = nan(steps == 1 ? 0 : steps * shape.gates * shape.stride)
  }

  /// Runs the kernel; returns the outputs without padding, then the LSTM's C.
  func run(_ build: Build, backwards: Bool) -> [Float] {
    let layer = unsafe sluice_layer(
      weights: weights.start, biases: biases.start, initial_state: nil,
      input_size: shape.inputSize, output_size: shape.outputSize, stride: shape.stride,
      output_offset: 0, cell_offset: 0, cell_stride: shape.hiddenStride, scratch_offset: 0,
      is_recurrent: shape.isRecurrent, is_reverse: false, is_fast: shape.isFast,
      writes_final: false,
      kernel: shape.kernel, inner: shape.kernel, activation: shape.activation, form: form,
      compact: compact,
      columns: nil, record: 0,
      source: -1, slot: 0,
      reader: 0)
    let block = unsafe sluice_block(
      input: input.start, input_stride: shape.inputSize, hidden: hidden.start,
      output: output.start, output_stride: shape.stride, cell: cell.start,
      scratch: scratch.start, projected: projected.start,
      recurrent: recurrent.start, quantised: recurrent.start, steps: steps,
      backwards: backwards)
    unsafe withUnsafePointer(to: layer) { layer in
      unsafe withUnsafePointer(to: block) { unsafe build.run(layer, $0) }
    }
    let rows = output.copy
    var results: [Float] = []
    for step in 0..<steps {
      results += rows[step * shape.stride..<step * shape.stride + shape.outputSize]
    }
    if shape.isLSTM { results += cell.copy.prefix(shape.hiddenSize) }
    return results
  }

  /// What the kernels of f32 weights do not read.
  private var compact: sluice_compact {
    let pass = unsafe sluice_compact_pass(
      weights: weights.start, scales: weights.start, biases: biases.start, gates: 0, first_gate: 0,
      tile_pitch: 0, scale_pitch: 0, bias_pitch: 0, bias_row: 0, hidden_weights: 0,
      hidden_scales: 0, input_scale_row: 0, input_correction_row: 0, hidden_scale_row: 0,
      hidden_correction_row: 0)
    return unsafe sluice_compact(
      storage: sluice_storage_f32, cell: shape.kernel, input: sluice_quantisation(),
      hidden: sluice_quantisation(), gates: 0, blocks: sluice_blocks(),
      first: pass, second: pass)
  }

  /// The shape's function in every place, with a limit and a coupled gate where there are peepholes.
  private var form: sluice_form {
    let function = sluice_function(kind: shape.activation, alpha: 0.5, beta: 0.25)
    let gate = sluice_function(kind: sluice_activation_hard_sigmoid, alpha: 0.2, beta: 0.5)
    return unsafe sluice_form(
      hidden_size: shape.hiddenSize, hidden_stride: shape.hiddenStride, gate: gate,
      candidate: function, output: function, clip: shape.hasPeepholes ? 0.7 : 0,
      cell_clip: shape.hasPeepholes ? 0.6 : 0, projection_clip: shape.units == nil ? 0 : 0.2,
      has_peepholes: shape.hasPeepholes, is_coupled: shape.hasPeepholes,
      projection: shape.units == nil ? nil : weights.start + shape.gateWeightCount)
  }
}

extension GuardedBytes {
  /// The first float; where there are none, an address that must not be read.
  fileprivate var start: UnsafeMutablePointer<Float> {
    unsafe floats.baseAddress!
  }
}
