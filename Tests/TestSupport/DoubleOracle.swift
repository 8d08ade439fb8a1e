import Foundation
import SluiceBlob

/// A network computed in Double, one scalar at a time, straight from the textbook equations.
///
/// - LSTM: Hochreiter and Schmidhuber 1997, with the forget gate of Gers, Schmidhuber and Cummins
///   2000, in the form of `torch.nn.LSTM`.
/// - GRU: Cho et al. 2014 (`resetBefore`), and the form of `torch.nn.GRU` and cuDNN (`resetAfter`).
/// - RNN: Elman 1990.
///
/// It shares nothing with the runtime: no packing, no approximation, no order of sums.
public struct DoubleOracle: Sendable {
  private var layers: [OracleLayer]
  private let table: [Float]
  private let tokenSize: Int

  /// The network in its initial state.
  public init(_ network: TestNetwork) {
    var rest = network.layers[...]
    if case .embedding(let table, _, let size) = network.layers[0] {
      self.table = table
      tokenSize = size
      rest = rest.dropFirst()
    } else {
      table = []
      tokenSize = 0
    }
    layers = rest.map { OracleLayer($0) }
  }

  /// One step from features.
  public mutating func step(_ input: some Sequence<Float>) -> [Double] {
    run(input.map { Double($0) })
  }

  /// One step from a token id.
  public mutating func step(token: Int) -> [Double] {
    run(table[token * tokenSize..<(token + 1) * tokenSize].map { Double($0) })
  }

  /// Every step of `input`, `[T, inputSize]`, row after row.
  public mutating func run(_ input: [Float], inputSize: Int) -> [Double] {
    var outputs: [Double] = []
    for start in stride(from: 0, to: input.count, by: inputSize) {
      outputs += step(input[start..<start + inputSize])
    }
    return outputs
  }

  /// h of each recurrent layer, from the first to the last.
  public var hidden: [[Double]] {
    layers.compactMap { if case .recurrent(let cell) = $0 { cell.h } else { nil } }
  }

  /// C of each LSTM layer, from the first to the last.
  public var cell: [[Double]] {
    layers.compactMap {
      if case .recurrent(let cell) = $0, cell.kind == .lstm { cell.c } else { nil }
    }
  }

  private mutating func run(_ input: [Double]) -> [Double] {
    var x = input
    for index in layers.indices { x = layers[index].step(x) }
    return x
  }
}

/// 1 / (1 + e^-x)
public func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

/// e^x_i / sum_j e^x_j, computed from x_i - max x, which changes nothing but the range.
public func softmax(_ x: [Double]) -> [Double] {
  let top = x.contains { $0.isNaN } ? .nan : x.max() ?? 0
  let powers = x.map { exp($0 - top) }
  let sum = powers.reduce(0, +)
  return powers.map { $0 / sum }
}

/// x_i - log(sum_j e^x_j), likewise.
public func logSoftmax(_ x: [Double]) -> [Double] {
  let top = x.contains { $0.isNaN } ? .nan : x.max() ?? 0
  let sum = x.reduce(0) { $0 + exp($1 - top) }
  return x.map { $0 - top - log(sum) }
}

extension Activation {
  /// f(x)
  public func oracle(_ x: [Double]) -> [Double] {
    switch self {
    case .identity: x
    case .tanh: x.map { Foundation.tanh($0) }
    case .sigmoid: x.map { TestSupport.sigmoid($0) }
    case .relu: x.map { $0.isNaN ? $0 : max($0, 0) }
    case .softmax: TestSupport.softmax(x)
    case .logSoftmax: TestSupport.logSoftmax(x)
    case .affine: x.map { alpha * $0 + beta }
    case .leakyReLU: x.map { $0 < 0 ? alpha * $0 : $0 }
    case .thresholdedReLU: x.map { $0 <= alpha ? 0 : $0 }
    case .scaledTanh: x.map { alpha * Foundation.tanh(beta * $0) }
    case .hardSigmoid: x.map { $0.isNaN ? $0 : min(max(alpha * $0 + beta, 0), 1) }
    case .elu: x.map { $0 < 0 ? alpha * expm1($0) : $0 }
    case .softsign: x.map { $0 / (1 + abs($0)) }
    case .softplus: x.map { $0.isNaN ? $0 : max($0, 0) + log1p(exp(-abs($0))) }
    case .exponential: x.map { exp($0) }
    case .logarithm: x.map { log($0) }
    case .squareRoot: x.map { $0.squareRoot() }
    case .reciprocal: x.map { 1 / $0 }
    }
  }

  private var alpha: Double { Double(sampled.alpha) }
  private var beta: Double { Double(sampled.beta) }

  /// The function with the parameters that tests give it.
  public var sampled: ActivationFunction {
    ActivationFunction(
      self, alpha: parameterCount > 0 ? 0.375 : 0, beta: parameterCount > 1 ? 0.625 : 0)
  }
}

/// Rows of weights and their biases: W x + b.
private struct Affine: Sendable {
  let weights: [Double]
  let biases: [Double]

  init(_ weights: [Float], _ biases: [Float]) {
    self.weights = weights.map { Double($0) }
    self.biases = biases.map { Double($0) }
  }

  func callAsFunction(_ x: [Double]) -> [Double] {
    biases.indices.map { row in
      var sum = 0.0
      for column in x.indices { sum += weights[row * x.count + column] * x[column] }
      return sum + biases[row]
    }
  }
}

/// One recurrent layer and its state.
private struct OracleCell: Sendable {
  let kind: Cell
  let size: Int
  let input: Affine
  let hidden: Affine
  var h: [Double]
  var c: [Double]

  init(_ tensors: RecurrentTensors) {
    kind = tensors.cell
    size = tensors.hiddenSize
    input = Affine(tensors.weightInput, tensors.biasInput)
    hidden = Affine(tensors.weightHidden, tensors.biasHidden)
    let zeros = [Double](repeating: 0, count: size)
    h = tensors.initialHidden.isEmpty ? zeros : tensors.initialHidden.map { Double($0) }
    c = tensors.initialCell.isEmpty ? zeros : tensors.initialCell.map { Double($0) }
  }

  mutating func step(_ x: [Double]) -> [Double] {
    let a = input(x)
    let u = hidden(h)
    switch kind {
    case .lstm:
      for j in 0..<size {
        let i = sigmoid(a[j] + u[j])
        let f = sigmoid(a[size + j] + u[size + j])
        let g = tanh(a[2 * size + j] + u[2 * size + j])
        let o = sigmoid(a[3 * size + j] + u[3 * size + j])
        c[j] = f * c[j] + i * g
        h[j] = o * tanh(c[j])
      }
    case .gruResetAfter:
      for j in 0..<size {
        let r = sigmoid(a[j] + u[j])
        let z = sigmoid(a[size + j] + u[size + j])
        let n = tanh(a[2 * size + j] + r * u[2 * size + j])
        h[j] = (1 - z) * n + z * h[j]
      }
    case .gruResetBefore:
      let r = (0..<size).map { sigmoid(a[$0] + u[$0]) }
      let v = hidden((0..<size).map { r[$0] * h[$0] })
      for j in 0..<size {
        let z = sigmoid(a[size + j] + u[size + j])
        let n = tanh(a[2 * size + j] + v[2 * size + j])
        h[j] = (1 - z) * n + z * h[j]
      }
    case .rnnTanh:
      for j in 0..<size { h[j] = tanh(a[j] + u[j]) }
    case .rnnRelu:
      for j in 0..<size { h[j] = max(a[j] + u[j], 0) }
    }
    return h
  }
}

private enum OracleLayer: Sendable {
  case recurrent(OracleCell)
  case dense(Affine, Activation)
  case activation(Activation)

  init(_ layer: TestLayer) {
    switch layer {
    case .embedding: preconditionFailure("An embedding comes first")
    case .recurrent(let tensors): self = .recurrent(OracleCell(tensors))
    case .dense(let weights, let biases, _, let activation):
      self = .dense(Affine(weights, biases), activation)
    case .activation(let activation, _): self = .activation(activation)
    }
  }

  mutating func step(_ x: [Double]) -> [Double] {
    switch self {
    case .recurrent(var cell):
      let y = cell.step(x)
      self = .recurrent(cell)
      return y
    case .dense(let affine, let activation): return activation.oracle(affine(x))
    case .activation(let activation): return activation.oracle(x)
    }
  }
}
