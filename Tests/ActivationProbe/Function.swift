import Glibc
import Sluice
import SluiceBlob
import TestSupport

/// What is verified.
enum Function: String, CaseIterable {
  case tanh, sigmoid
  /// The sigmoid of a cell's gate.
  case gate
  case fastTanh = "tanh-fast"
  case fastSigmoid = "sigmoid-fast"
  case fastGate = "gate-fast"
  /// tanh of a cell's candidate, which the fast grade computes otherwise than a layer's.
  case fastCandidate = "candidate-fast"

  /// Whether it is a tanh.
  var isTanh: Bool { self == .tanh || self == .fastTanh || self == .fastCandidate }

  /// Whether it is of the fast grade.
  var isFast: Bool { rawValue.hasSuffix("fast") }

  /// Whether a cell computes it. An infinite input of one unit is NaN in the sums of all others.
  var isOfCell: Bool { self == .gate || self == .fastGate || self == .fastCandidate }

  /// Whether errors are bounded in ULP, however small the value.
  var isRelative: Bool { self == .tanh || self == .sigmoid }

  /// The true value, for what a float shows of it.
  func exact(_ x: Double) -> Double {
    isTanh ? Glibc.tanh(x) : TestSupport.sigmoid(x)
  }

  /// Errors that the documentation states: in ULP, and beside the value 1.
  func bounds(_ set: InstructionSet) -> (ulp: Double, absolute: Double) {
    switch (self, set) {
    case (.tanh, .baseline), (.sigmoid, .baseline), (.gate, .baseline): (3, 1.8e-7)
    case (.tanh, _): (1.5, 9e-8)
    case (.sigmoid, _): (2, 1.2e-7)
    case (.gate, _): (.infinity, 9e-8)
    case (.fastTanh, _), (.fastSigmoid, _), (.fastGate, _), (.fastCandidate, _): (.infinity, 1e-5)
    }
  }

  /// The greatest descent from a float to the next that the documentation states: in floats, else in 2^-24.
  func deepestDescent(_ set: InstructionSet) -> Double {
    switch (self, set) {
    case (.tanh, .baseline): 2
    case (.sigmoid, _): 0
    case (.tanh, _), (.gate, _): 1
    case (.fastTanh, _), (.fastCandidate, _): 12
    case (.fastSigmoid, _), (.fastGate, _): 6
    }
  }

  /// From where on the function is exactly 1.
  var saturation: Float {
    switch self {
    case .tanh: 9.02
    case .sigmoid, .gate: 18.04
    case .fastTanh, .fastCandidate: 6.21
    case .fastSigmoid, .fastGate: 12.42
    }
  }
}

/// Computes a function with one instruction set, as models run it.
final class Evaluator {
  private let function: Function
  private let width: Int
  private let opened: OpenedNetwork
  private var stream: ModelStream
  private var input: [Float]
  private var output: [Float]
  /// The values of the last call.
  private(set) var latest: [Float] = []

  init(_ function: Function, _ set: InstructionSet) throws {
    self.function = function
    width = function.isOfCell ? 16 : 4096
    var network: TestNetwork =
      switch function {
      case .tanh, .fastTanh: TestNetwork([.activation(.tanh, size: width)])
      case .sigmoid, .fastSigmoid: TestNetwork([.activation(.sigmoid, size: width)])
      case .gate, .fastGate: .gru(width, reading: 1)
      case .fastCandidate: .gru(width, reading: 2)
      }
    if function.isFast { network = network.fast }
    opened = try OpenedNetwork(network, set)
    stream = try opened.stream(blockSize: 1)
    input = [Float](repeating: 0, count: width)
    output = input
  }

  /// The function of every argument.
  func values(of x: [Float]) -> [Float] {
    latest.removeAll(keepingCapacity: true)
    var start = 0
    while start < x.count {
      let count = min(width, x.count - start)
      for lane in 0..<count { input[lane] = x[start + lane] }
      if function.isOfCell { stream.reset() }
      stream.step(input, into: &output)
      latest += output[..<count]
      start += count
    }
    return latest
  }
}

extension TestNetwork {
  /// A GRU of which one gate reads one input a unit, and whose first step gives that gate's value:
  /// h = z * h(-1) + (1 - z) * n, with the update gate z (1), where h(-1) is 1 and the candidate n is
  /// 0, or with the candidate (2), where z and h(-1) are 0.
  fileprivate static func gru(_ size: Int, reading gate: Int) -> TestNetwork {
    var weights = [Float](repeating: 0, count: 3 * size * size)
    for unit in 0..<size { weights[(gate * size + unit) * size + unit] = 1 }
    let zero = [Float](repeating: 0, count: 3 * size)
    var bias = zero
    if gate == 2 { for unit in 0..<size { bias[size + unit] = -100 } }
    var tensors = RecurrentTensors(
      cell: .gruResetAfter, inputSize: size, hiddenSize: size, weightInput: weights,
      weightHidden: [Float](repeating: 0, count: weights.count), biasInput: bias, biasHidden: zero)
    if gate == 1 { tensors.initialHidden = [Float](repeating: 1, count: size) }
    return TestNetwork([.recurrent(tensors)])
  }
}
