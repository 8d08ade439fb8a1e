import Foundation
import SluiceBlob

/// A network computed plainly, one scalar at a time: what a faster one is compared with.
///
/// Weights are those of the source at float32; every sum and function is computed in `Scalar`.
public struct ReferenceNetwork<Scalar: ReferenceScalar>: Sendable {
  /// The network.
  public let network: Network
  /// h of each layer, `[layers][outputSize]`; empty for a layer without a state that is carried from step
  /// to step.
  public package(set) var hidden: [[Scalar]] = []
  /// C of each layer, `[layers][hiddenSize]`; empty for a layer that is no LSTM.
  public package(set) var cell: [[Scalar]] = []
  /// The columns that each causal convolution keeps, `[layers][pastLength * inputChannels]`, and the steps
  /// that each delay does, `[layers][count * size]`.
  public package(set) var past: [[Scalar]] = []
  /// What each layer wrote at the last step, `[layers][outputSize]`; empty before the first.
  public package(set) var outputs: [[Scalar]] = []

  /// The network in its initial state.
  public init(_ network: Network) {
    self.network = network
    reset()
  }

  /// Returns to the initial state.
  public mutating func reset() {
    outputs = network.layers.map { _ in [] }
    hidden = network.layers.map { layer in
      guard case .recurrent(let cell) = layer.operation, cell.columns?.mode != .along else {
        return []
      }
      return Self.vector(cell.initialHidden, count: cell.stateCount * cell.outputSize)
    }
    cell = network.layers.map { layer in
      guard case .recurrent(let cell) = layer.operation, cell.cell == .lstm,
        cell.columns?.mode != .along
      else { return [] }
      return Self.vector(cell.initialCell, count: cell.stateCount * cell.hiddenSize)
    }
    past = network.layers.map { layer in
      switch layer.operation {
      case .convolution(let layer):
        Array(repeating: 0, count: layer.pastLength * layer.inputChannels)
      case .delay(let layer): Array(repeating: 0, count: layer.count * layer.size)
      default: []
      }
    }
  }

  static func vector(_ values: [Float], count: Int) -> [Scalar] {
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
      outputs[index] = evaluate(
        index, network.inputs(of: index).map { $0 < 0 ? input : outputs[$0] })
    }
    return outputs[outputs.count - 1]
  }

  /// What one layer makes of its inputs at a step; moves its state on.
  ///
  /// Specialised here, where its callees are seen: conversion, a module of its own, would compute
  /// each element through the protocol.
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Float)
  package mutating func evaluate(_ index: Int, _ inputs: [[Scalar]]) -> [Scalar] {
    let x = inputs[0]
    return switch network.layers[index].operation {
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
    case .multiply(let size, _): (0..<size).map { feature in inputs.reduce(1) { $0 * $1[feature] } }
    case .concatenate(let length, let channels): Self.joined(inputs, length, channels)
    case .magnitude(let length, let channels): Self.magnitudes(x, length, channels)
    case .reflectPad(let layer): Self.padded(layer, x)
    case .slice(let layer): Self.sliced(layer, x)
    case .mask(let layer): Self.masked(layer, x)
    case .maxPool(let layer): Self.pooled(layer, x)
    case .argMax(let length, let channels): Self.greatest(x, length, channels)
    case .delay(let layer): step(layer, at: index, x)
    case .gather(let layer): layer.indices.map { $0 < 0 ? 0 : x[$0] }
    }
  }
}
