import Foundation
import SluiceBlob
import SluiceNetwork

/// A model in RTNeural's JSON: a chain of layers, their weights in the order and orientation of
/// Keras' `get_weights()`. AIDA-X adds gains before and behind it and a skip around it.
enum RTNeuralModel {
  /// Keys that tell of the model without changing what it computes.
  private static let notes: Set = [
    "metadata", "samplerate", "input_batch", "output_batch", "name", "author", "date", "license",
  ]
  /// The keys that AIDA-X adds.
  static let aidaKeys: Set = ["in_skip", "in_gain", "out_gain", "input_batch", "output_batch"]

  /// The network that the file describes.
  static func network(
    _ root: JSONNode, provenance: Provenance
  ) throws(ConversionError) -> Network {
    _ = try root.object(keys: notes.union(aidaKeys).union(["in_shape", "layers"]))
    let list = try root.member("layers")
    let nodes = try list.elements()
    guard !nodes.isEmpty else { throw list.malformed("expected at least one layer") }
    guard nodes.count <= BlobLimits.layerCount else {
      throw list.malformed("more than \(BlobLimits.layerCount) layers")
    }
    // Before the shapes: those of layers that are not supported are others.
    for node in nodes { _ = try RTNeuralLayer.type(of: node) }
    let inputSize = try size(of: try root.member("in_shape"))
    let inputGain = try gain(try root.optional("in_gain"))
    let outputGain = try gain(try root.optional("out_gain"))
    let skip = try root.optional("in_skip")
    var network = Network(layers: [], provenance: provenance)
    if inputGain != 1 { network.appendGain(inputGain, name: "in_gain", size: inputSize) }
    let source = network.layers.count - 1
    var features = inputSize
    for (index, node) in nodes.enumerated() {
      let reader = try RTNeuralLayer(node, index: index, inputSize: features)
      network.layers += try reader.layers()
      features = reader.outputSize
    }
    guard network.layers.count > source + 1 else {
      throw list.unsupported("layers that compute nothing")
    }
    if let skip, try skip.integer(in: 0...Int(BlobLimits.size)) != 0 {
      // The plug-in adds its one input to its one output.
      guard try skip.integer(in: 0...Int(BlobLimits.size)) == 1, features == 1 else {
        throw skip.unsupported("expected 0, or 1 where there is one output")
      }
      network.appendSkip(from: source, count: 1)
    }
    if outputGain != 1 {
      guard features == 1 else {
        throw try root.member("out_gain").unsupported("a gain of \(features) outputs; expected one")
      }
      network.appendGain(outputGain, name: "out_gain", size: 1)
    }
    return network
  }

  /// The last of `[null, null, size]`; the axes before it, batch and time, say nothing.
  static func size(of node: JSONNode) throws(ConversionError) -> Int {
    let axes = try node.elements()
    for axis in axes.dropLast() where axis.value != .null { _ = try axis.integer(in: 1...Int.max) }
    guard let last = axes.last else { throw node.malformed("expected [null, null, size]") }
    guard axes.count <= 3 else {
      throw node.unsupported("a shape of \(axes.count) axes; expected [null, null, size]")
    }
    return try last.integer(in: 1...Int(BlobLimits.size))
  }

  /// The factor of a gain in dB; 1 where there is none. -90 dB and less is silence.
  private static func gain(_ node: JSONNode?) throws(ConversionError) -> Float {
    guard let node else { return 1 }
    let decibels = try node.double()
    let factor = decibels > -90 ? Float(pow(10, decibels / 20)) : 0
    guard factor.isFinite else { throw node.malformed("a gain beyond the range of float32") }
    return factor
  }
}
