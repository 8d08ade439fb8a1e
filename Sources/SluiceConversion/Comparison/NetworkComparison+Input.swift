import Sluice
import SluiceBlob
import SluiceImport
import SluiceNetwork

extension NetworkComparison {
  /// Throws where the layers differ in number, or in anything but their numbers and how those are
  /// stored.
  static func check(
    _ network: Network, _ contents: BlobContents, _ file: String
  ) throws(ConversionError) {
    guard network.layers.count == contents.layers.count else {
      throw .unsupported(
        file, "",
        "\(contents.layers.count) layers; expected the \(network.layers.count) of the source")
    }
    guard network.output == contents.output else {
      throw .unsupported(
        file, "output", "\(contents.output); expected the source's \(network.output)")
    }
    for (wanted, layer) in zip(try network.blobContents().layers, contents.layers) {
      var record = layer.record
      (record.storage, record.grade) = (wanted.record.storage, wanted.record.grade)
      (record.scales, record.inputScale, record.hiddenScale) = (wanted.record.scales, 0, 0)
      record.hiddenRounding = wanted.record.hiddenRounding
      record.keptBlocks = wanted.record.keptBlocks
      (record.weights, record.biases) = (wanted.record.weights, wanted.record.biases)
      (record.initialState, record.name) = (wanted.record.initialState, wanted.record.name)
      guard record != wanted.record else { continue }
      throw .unsupported(
        file, "layer \(quotable(layer.name))",
        "is not the source's: " + record.differences(from: wanted.record))
    }
  }

  /// One sequence of noise for `network`: features from -1 to 1, or any of its ids.
  package static func noise(
    for network: Network, steps: Int, seed: UInt64
  ) throws(ConversionError) -> SequenceArray {
    return try noise(
      size: network.rangeOfInput, readsIDs: network.readsIDs, steps: steps, seed: seed,
      unit: network.unitOfInput)
  }

  /// One sequence of noise: `size` features from -1 to 1, or any of `size` ids.
  ///
  /// - Parameter unit: what brings features in units of their own to the network's: noise is in theirs then.
  package static func noise(
    size: Int, readsIDs: Bool, steps: Int, seed: UInt64, unit: Network.Scale? = nil
  ) throws(ConversionError) -> SequenceArray {
    var random = SplitMix64(state: seed)
    let tensor: Tensor
    if readsIDs {
      let ids = (0..<steps).map { _ in Int32(random.next() % UInt64(size)) }
      tensor = Tensor(shape: [steps], elements: .int32(ids))
    } else {
      var values = (0..<steps * size).map { _ in Float(random.next() >> 40) * 0x1p-23 - 1 }
      if let unit {
        for index in values.indices {
          values[index] = (values[index] - unit.shift[index % size]) / unit.scale[index % size]
        }
      }
      tensor = Tensor(shape: [steps, size], values)
    }
    return try SequenceArray(
      tensor, axes: readsIDs ? [.time] : [.time, .feature], inputSize: size, readsIDs: readsIDs,
      file: "noise")
  }
}

/// A small generator: the same numbers from the same seed, everywhere.
package struct SplitMix64: RandomNumberGenerator {
  package var state: UInt64

  package init(state: UInt64) {
    self.state = state
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
