import Foundation
import SluiceBlob

/// A network computed plainly, one scalar at a time: what a faster one is compared with.
///
/// Weights are those of the source at float32; every sum and function is computed in `Scalar`.
public struct ReferenceNetwork<Scalar: ReferenceScalar>: Sendable {
  /// The network.
  public let network: Network
  /// h of each layer, `[layers][hiddenSize]`; empty for a layer without a state.
  public internal(set) var hidden: [[Scalar]] = []
  /// C of each layer, `[layers][hiddenSize]`; empty for a layer that is no LSTM.
  public internal(set) var cell: [[Scalar]] = []
  /// The columns that each causal convolution keeps, `[layers][pastLength * inputChannels]`.
  public internal(set) var past: [[Scalar]] = []
  /// What each layer wrote at the last step, `[layers][outputSize]`; empty before the first.
  public internal(set) var outputs: [[Scalar]] = []

  /// The network in its initial state.
  public init(_ network: Network) {
    self.network = network
    reset()
  }

  /// Returns to the initial state.
  public mutating func reset() {
    outputs = network.layers.map { _ in [] }
    hidden = network.layers.map { layer in
      guard case .recurrent(let cell) = layer.operation else { return [] }
      return Self.vector(cell.initialHidden, count: cell.hiddenSize)
    }
    cell = network.layers.map { layer in
      guard case .recurrent(let cell) = layer.operation, cell.cell == .lstm else { return [] }
      return Self.vector(cell.initialCell, count: cell.hiddenSize)
    }
    past = network.layers.map { layer in
      guard case .convolution(let layer) = layer.operation else { return [] }
      return Array(repeating: 0, count: layer.pastLength * layer.inputChannels)
    }
  }

  private static func vector(_ values: [Float], count: Int) -> [Scalar] {
    values.isEmpty ? Array(repeating: 0, count: count) : values.map { Scalar($0) }
  }

  /// One step: `input` is `[inputSize]`, the result `[outputSize]`.
  ///
  /// - Precondition: the network reads features, `inputSize` of them.
  public mutating func step(_ input: [Scalar]) -> [Scalar] {
    precondition(!network.readsIDs && input.count == network.inputSize, "as many as inputSize")
    return run(input, from: 0)
  }

  /// One step from a token id.
  ///
  /// - Precondition: the network reads ids, and `id` is one of its embedding's.
  public mutating func step(id: Int) -> [Scalar] {
    guard case .embedding(let table) = network.layers.first?.operation else {
      preconditionFailure("the network reads features")
    }
    precondition(id >= 0 && id < table.count, "an id of the embedding")
    outputs[0] = table.weights[id * table.size..<(id + 1) * table.size].map { Scalar($0) }
    return run([], from: 1)
  }

  private mutating func run(_ input: [Scalar], from first: Int) -> [Scalar] {
    for index in first..<network.layers.count {
      let inputs = network.inputs(of: index).map { $0 < 0 ? input : outputs[$0] }
      let x = inputs[0]
      outputs[index] =
        switch network.layers[index].operation {
        case .embedding: preconditionFailure("an embedding after the first layer")
        case .recurrent(let layer): step(layer, at: index, x)
        case .dense(let layer):
          Self.apply(
            layer.activation,
            Self.product(layer.weights, rows: 0..<layer.outputSize, x, bias: layer.bias))
        case .activation(let function, _): Self.apply(function, x)
        case .convolution(let layer): step(layer, at: index, x)
        case .scale(let layer): Self.scaled(layer, x)
        case .layerNorm(let layer): Self.normalized(layer, x)
        case .prelu(let layer): Self.bent(layer, x)
        case .add(let size, _): (0..<size).map { feature in inputs.reduce(0) { $0 + $1[feature] } }
        case .concatenate(let length, let channels): Self.joined(inputs, length, channels)
        case .magnitude(let length, let channels): Self.magnitudes(x, length, channels)
        case .reflectPad(let layer): Self.padded(layer, x)
        case .slice(let layer): Self.sliced(layer, x)
        }
    }
    return outputs[outputs.count - 1]
  }

  private mutating func step(
    _ layer: Network.Recurrent, at index: Int, _ x: [Scalar]
  ) -> [Scalar] {
    let size = layer.hiddenSize
    let h = hidden[index]
    func fromInput(_ gate: Int) -> [Scalar] {
      let rows = gate * size..<(gate + 1) * size
      return Self.product(layer.inputWeights, rows: rows, x, bias: layer.inputBias)
    }
    func fromHidden(_ gate: Int, _ h: [Scalar]) -> [Scalar] {
      let rows = gate * size..<(gate + 1) * size
      return Self.product(layer.hiddenWeights, rows: rows, h, bias: layer.hiddenBias)
    }
    func gate(_ index: Int, _ function: Network.Function) -> [Scalar] {
      Self.apply(function, zip(fromInput(index), fromHidden(index, h)).map { $0 + $1 })
    }
    var next: [Scalar]
    switch layer.cell {
    case .rnn(let function): next = gate(0, function)
    case .lstm:
      let (input, forget) = (gate(0, .sigmoid), gate(1, .sigmoid))
      let (candidate, output) = (gate(2, .tanh), gate(3, .sigmoid))
      for unit in 0..<size {
        cell[index][unit] = forget[unit] * cell[index][unit] + input[unit] * candidate[unit]
      }
      next = zip(output, Self.apply(.tanh, cell[index])).map { $0 * $1 }
    case .gru(let variant):
      let (reset, update) = (gate(0, .sigmoid), gate(1, .sigmoid))
      let recurrent =
        switch variant {
        case .resetAfter: zip(reset, fromHidden(2, h)).map { $0 * $1 }
        case .resetBefore: fromHidden(2, zip(reset, h).map { $0 * $1 })
        }
      next = Self.apply(.tanh, zip(fromInput(2), recurrent).map { $0 + $1 })
      for unit in 0..<size {
        next[unit] = (1 - update[unit]) * next[unit] + update[unit] * h[unit]
      }
    }
    hidden[index] = next
    return next
  }
}
