import SluiceBlob
import SluiceNetwork

extension RTNeuralLayer {
  /// Kernel `[taps, I / groups, O]`, the newest tap last, and bias `[O]`.
  func convolution() throws(ConversionError) -> Network.Convolution {
    try expectWeights(2)
    let taps = try number("kernel_size")
    let groups = try node.optional("groups") == nil ? 1 : number("groups")
    guard inputSize % groups == 0, outputSize % groups == 0 else {
      throw try node.member("groups").malformed("does not divide \(sizes)")
    }
    if let strides = try node.optional("strides"), try number("strides") != 1 {
      throw strides.unsupported("a stride other than 1")
    }
    if let padding = try node.optional("padding"), try padding.string() != "causal" {
      throw padding.unsupported(
        "the padding \"\(quotable(try padding.string()))\"; expected \"causal\"")
    }
    let inputs = inputSize / groups
    let kernel = try weights[0].array(
      shape: [taps, inputs, outputSize], "\(sizes), \(taps) taps, \(groups) groups")
    let rows = (0..<outputSize * inputs).flatMap { row in
      (0..<taps).map { kernel[($0 * inputs + row % inputs) * outputSize + row / inputs] }
    }
    return Network.Convolution(
      inputChannels: inputSize, outputChannels: outputSize, kernelSize: taps,
      dilation: try number("dilation"), groups: groups, weights: rows,
      bias: try weights[1].array(shape: [outputSize], sizes),
      activation: activation.isPlainPointwise ? activation : .identity)
  }

  /// A number of at least 1, alone or, as Keras writes it, the one element of an array.
  private func number(_ key: String) throws(ConversionError) -> Int {
    var number = try node.member(key)
    if number.isArray {
      let elements = try number.elements()
      guard elements.count == 1 else { throw number.malformed("expected one number") }
      number = elements[0]
    }
    return try number.integer(in: 1...Int(BlobLimits.size))
  }
}
