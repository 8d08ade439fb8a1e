import TestSupport
import _SluiceKernels
import _SluiceKernelsAVX2
import _SluiceKernelsAVX512
import _SluiceShims

/// A build of the kernels.
enum Build: String, CaseIterable, Sendable {
  case baseline, avx2, avx512

  static var runnable: [Build] {
    allCases.filter {
      switch $0 {
      case .baseline: true
      case .avx2: sluice_cpu_has_avx2()
      case .avx512: sluice_cpu_has_avx512()
      }
    }
  }

  func run(_ layer: UnsafePointer<sluice_layer>, _ block: UnsafePointer<sluice_block>) {
    switch self {
    case .baseline: unsafe _SluiceKernels.run(layer, block)
    case .avx2: unsafe _SluiceKernelsAVX2.run(layer, block)
    case .avx512: unsafe _SluiceKernelsAVX512.run(layer, block)
    }
  }
}

/// The shape of one layer as a kernel sees it.
struct Shape: Sendable, CustomStringConvertible {
  let kernel: sluice_kernel
  let activation: sluice_activation
  let inputSize: Int
  let outputSize: Int

  /// Every kernel, and every activation where a kernel has one.
  static func all(_ inputSize: Int, _ outputSize: Int) -> [Shape] {
    func shape(_ kernel: sluice_kernel, _ activation: sluice_activation) -> Shape {
      let size = kernel == sluice_kernel_activation ? outputSize : inputSize
      return Shape(
        kernel: kernel, activation: activation, inputSize: size, outputSize: outputSize)
    }
    let activations = [
      sluice_activation_identity, sluice_activation_tanh, sluice_activation_sigmoid,
      sluice_activation_relu, sluice_activation_softmax,
    ]
    return [
      shape(sluice_kernel_lstm, sluice_activation_tanh),
      shape(sluice_kernel_gru_reset_after, sluice_activation_identity),
      shape(sluice_kernel_gru_reset_before, sluice_activation_identity),
      shape(sluice_kernel_elman, sluice_activation_tanh),
      shape(sluice_kernel_elman, sluice_activation_relu),
    ] + activations.map { shape(sluice_kernel_dense, $0) }
      + activations.map { shape(sluice_kernel_activation, $0) }
  }

  var gates: Int {
    switch kernel {
    case sluice_kernel_lstm: 4
    case sluice_kernel_gru_reset_after, sluice_kernel_gru_reset_before: 3
    case sluice_kernel_elman, sluice_kernel_dense: 1
    default: 0
    }
  }

  var isRecurrent: Bool {
    kernel != sluice_kernel_dense && kernel != sluice_kernel_activation
  }

  /// Whether every output lies within [-1, 1], so that an absolute error has a meaning.
  var isBounded: Bool {
    activation != sluice_activation_relu && (gates > 1 || activation != sluice_activation_identity)
  }

  var padded: Int { (outputSize + 7) / 8 * 8 }
  var stride: Int { (outputSize + 15) / 16 * 16 }
  var weightCount: Int { gates * padded * (inputSize + (isRecurrent ? outputSize : 0)) }
  var biasCount: Int { padded * (kernel == sluice_kernel_gru_reset_after ? 4 : gates) }

  var description: String {
    "kernel \(kernel.rawValue) activation \(activation.rawValue) \(inputSize)x\(outputSize)"
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
    cell = memory(random.floats(shape.stride))
    scratch = nan(2 * shape.stride)
    // Unused for a single step.
    projected = nan(steps == 1 ? 0 : steps * shape.gates * shape.stride)
  }

  /// Runs the kernel; returns the outputs without padding, then the LSTM's C.
  func run(_ build: Build, backwards: Bool) -> [Float] {
    let layer = unsafe sluice_layer(
      weights: weights.start, biases: biases.start, initial_state: nil,
      input_size: shape.inputSize, output_size: shape.outputSize, stride: shape.stride,
      output_offset: 0, cell_offset: 0, scratch_offset: 0, is_recurrent: shape.isRecurrent,
      kernel: shape.kernel, activation: shape.activation, columns: nil, record: 0, source: -1,
      slot: 0, reader: 0)
    let block = unsafe sluice_block(
      input: input.start, input_stride: shape.inputSize, hidden: hidden.start,
      output: output.start, output_stride: shape.stride, cell: cell.start,
      scratch: scratch.start, projected: projected.start,
      recurrent: recurrent.start, steps: steps, backwards: backwards)
    unsafe withUnsafePointer(to: layer) { layer in
      unsafe withUnsafePointer(to: block) { unsafe build.run(layer, $0) }
    }
    let rows = output.copy
    var results: [Float] = []
    for step in 0..<steps {
      results += rows[step * shape.stride..<step * shape.stride + shape.outputSize]
    }
    if shape.kernel == sluice_kernel_lstm { results += cell.copy.prefix(shape.outputSize) }
    return results
  }
}

extension GuardedBytes {
  /// The first float; where there are none, an address that must not be read.
  fileprivate var start: UnsafeMutablePointer<Float> {
    unsafe floats.baseAddress!
  }
}
