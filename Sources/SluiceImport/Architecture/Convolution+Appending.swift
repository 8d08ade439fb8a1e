import SluiceBlob
import SluiceNetwork

extension Network.Convolution {
  /// Appends the layers that compute it, and returns the index of the last.
  ///
  /// One layer; of many groups, which a blob would store as a matrix of mostly zeros, a scale where
  /// every channel sees only itself, or convolutions of some groups each, side by side.
  ///
  /// - Parameters:
  ///   - input: the layer that it reads.
  ///   - refused: the error that a reason makes.
  ///   - append: appends a layer and returns its index.
  func appended(
    reading input: Int, refused: (String) -> ConversionError,
    append: (Network.Operation, [Int]) throws(ConversionError) -> Int
  ) throws(ConversionError) -> Int {
    guard let reason = refusalOfGroups else { return try append(.convolution(self), [input]) }
    if let scale = asScale {
      let layer = try append(.scale(scale), [input])
      let size = scale.length * scale.scale.count
      return activation == .identity
        ? layer : try append(.activation(activation, size: size), [layer])
    }
    // Joined in two storeys.
    let width = LayerInputs.capacity
    guard let blocks = blocks(atMost: width * width) else {
      throw refused("\(reason); use fewer groups, or split the layer")
    }
    var parts: [(layer: Int, channels: Int)] = []
    for (index, block) in blocks.enumerated() {
      let slice = Network.Slice(
        length: length, channels: inputChannels, start: index * block.inputChannels,
        count: block.inputChannels)
      let layer = try append(.slice(slice), [input])
      parts.append((try append(.convolution(block), [layer]), block.outputChannels))
    }
    while parts.count > 1 {
      var joined: [(layer: Int, channels: Int)] = []
      for first in Swift.stride(from: 0, to: parts.count, by: width) {
        let some = parts[first..<min(first + width, parts.count)]
        guard some.count > 1 else {
          joined += some
          continue
        }
        let channels = some.map(\.channels)
        let layer = try append(
          .concatenate(length: outputLength, channels: channels), some.map(\.layer))
        joined.append((layer, channels.reduce(0, +)))
      }
      parts = joined
    }
    return parts[0].layer
  }
}
