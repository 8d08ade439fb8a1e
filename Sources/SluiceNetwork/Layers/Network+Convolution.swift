import SluiceBlob

extension Network.Convolution {
  /// The same convolution without the taps that see nothing but zeros put around the step.
  ///
  /// A tap of three that stands before a map of one column, for example: a third of its weights
  /// would be read at every step and multiplied by zero.
  package var withoutIdleTaps: Network.Convolution {
    guard case .zeros(var before, var after) = padding else { return self }
    var result = self
    let lastStart = (outputLength - 1) * stride
    var taps = 0..<kernelSize
    while taps.count > 1, lastStart < before, before >= dilation {
      taps.removeFirst()
      before -= dilation
    }
    while taps.count > 1, (taps.count - 1) * dilation >= before + length { taps.removeLast() }
    result.weights = Swift.stride(from: 0, to: weights.count, by: kernelSize).flatMap { row in
      taps.map { weights[row + $0] }
    }
    result.kernelSize = taps.count
    // No more behind the step than the last output sees.
    after = max(lastStart + result.reach - before - length, 0)
    result.padding = .zeros(before: before, after: after)
    return result
  }

  /// The layer as a blob holds it.
  var blobForm: BlobForm {
    var (before, after) = (0, 0)
    if case .zeros(let first, let last) = padding { (before, after) = (first, last) }
    return BlobForm(
      record: .convolution(
        length: length, inputChannels: inputChannels, outputChannels: outputChannels,
        kernelSize: kernelSize, stride: stride, dilation: dilation, before: before, after: after,
        padding: padding == .past ? .past : .zeros,
        activation: activation.kind, groups: isDepthwise ? groups : 1),
      matrices: Packing.Matrices(input: matrix),
      biases: Packing.packRows(
        bias ?? Array(repeating: 0, count: outputChannels), rowCount: 1,
        outputSize: outputChannels))
  }

  /// W as `[outputChannels, kernelSize, inputChannels]`: zeros where groups do not see each other. As it is,
  /// `[channels, kernelSize]`, where each channel sees itself alone.
  private var matrix: [Float] {
    if isDepthwise { return weights }
    let (inputs, outputs) = (inputChannels / groups, outputChannels / groups)
    var matrix = [Float](repeating: 0, count: outputChannels * kernelSize * inputChannels)
    for output in 0..<outputChannels {
      for input in 0..<inputs {
        for tap in 0..<kernelSize {
          let channel = output / outputs * inputs + input
          matrix[(output * kernelSize + tap) * inputChannels + channel] =
            weights[(output * inputs + input) * kernelSize + tap]
        }
      }
    }
    return matrix
  }
}
