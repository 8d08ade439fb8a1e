import Glibc
import Sluice
import SluiceBlob
import TestSupport

/// What is verified.
enum Function: String, CaseIterable {
  case tanh, sigmoid
  /// The sigmoid of a cell's gate.
  case gate

  /// The true value, for what a float shows of it.
  func exact(_ x: Double) -> Double {
    self == .tanh ? Glibc.tanh(x) : TestSupport.sigmoid(x)
  }

  /// Errors that the documentation states: in ULP, and beside the value 1.
  func bounds(_ set: InstructionSet) -> (ulp: Double, absolute: Double) {
    switch (self, set) {
    case (.tanh, .baseline), (.sigmoid, .baseline), (.gate, .baseline): (3, 1.8e-7)
    case (.tanh, _): (1.5, 9e-8)
    case (.sigmoid, _): (2, 1.2e-7)
    case (.gate, _): (.infinity, 9e-8)
    }
  }

  /// From where on the function is exactly 1.
  var saturation: Float { self == .tanh ? 9.02 : 18.04 }
}

/// Computes a function with one instruction set, as models run it.
final class Evaluator {
  private let function: Function
  private let width: Int
  private let opened: OpenedNetwork
  private var stream: Sluice.Stream
  private var input: [Float]
  private var output: [Float]
  /// The values of the last call.
  private(set) var latest: [Float] = []

  init(_ function: Function, _ set: InstructionSet) throws {
    self.function = function
    width = function == .gate ? 16 : 4096
    let network: TestNetwork =
      switch function {
      case .tanh: TestNetwork([.activation(.tanh, size: width)])
      case .sigmoid: TestNetwork([.activation(.sigmoid, size: width)])
      case .gate: .updateGates(width)
      }
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
      if function == .gate { stream.reset() }
      stream.step(input, into: &output)
      latest += output[..<count]
      start += count
    }
    return latest
  }
}

extension TestNetwork {
  /// A GRU whose first step gives the sigmoid of its inputs: h = z * h(-1) + (1 - z) * n, where the
  /// update gate z reads one input a unit, h(-1) is 1 and the candidate n is 0.
  fileprivate static func updateGates(_ size: Int) -> TestNetwork {
    var weights = [Float](repeating: 0, count: 3 * size * size)
    for unit in 0..<size { weights[(size + unit) * size + unit] = 1 }
    let zero = [Float](repeating: 0, count: 3 * size)
    var tensors = RecurrentTensors(
      cell: .gruResetAfter, inputSize: size, hiddenSize: size, weightInput: weights,
      weightHidden: [Float](repeating: 0, count: weights.count), biasInput: zero, biasHidden: zero)
    tensors.initialHidden = [Float](repeating: 1, count: size)
    return TestNetwork([.recurrent(tensors)])
  }
}
