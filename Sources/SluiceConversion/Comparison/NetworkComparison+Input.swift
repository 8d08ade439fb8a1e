import Sluice
import SluiceBlob

extension NetworkComparison {
  /// Throws where the layers differ in number, kind or size.
  static func check(
    _ network: Network, _ contents: BlobContents, _ file: String
  ) throws(ConversionError) {
    guard network.layers.count == contents.layers.count else {
      throw .unsupported(
        file, "",
        "\(contents.layers.count) layers; expected the \(network.layers.count) of the source")
    }
    for (wanted, layer) in zip(network.layers, contents.layers) {
      let record = layer.record
      guard let expected = wanted.packed?.record else { continue }
      guard record.kind == expected.kind, record.variant == expected.variant,
        record.inputSize == expected.inputSize, record.outputSize == expected.outputSize
      else {
        throw .unsupported(
          file, "layer \(quotable(layer.name))",
          "\(record.kind) \(record.inputSize) to \(record.outputSize); expected the source's "
            + "\(expected.kind) \(expected.inputSize) to \(expected.outputSize)")
      }
    }
  }

  /// One sequence of noise for `network`: features from -1 to 1, or any of its ids.
  package static func noise(
    for network: Network, steps: Int, seed: UInt64
  ) throws(ConversionError) -> SequenceArray {
    var random = SplitMix64(state: seed)
    let size = network.layers.first?.inputSize ?? 0
    let tensor: Tensor
    if network.readsIDs {
      let ids = (0..<steps).map { _ in Int32(random.next() % UInt64(size)) }
      tensor = Tensor(shape: [steps], elements: .int32(ids))
    } else {
      let values = (0..<steps * size).map { _ in Float(random.next() >> 40) * 0x1p-23 - 1 }
      tensor = Tensor(shape: [steps, size], values)
    }
    return try SequenceArray(
      tensor, axes: network.readsIDs ? [.time] : [.time, .feature], inputSize: size,
      readsIDs: network.readsIDs, file: "noise")
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
