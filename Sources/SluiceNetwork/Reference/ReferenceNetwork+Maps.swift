extension ReferenceNetwork {
  mutating func step(
    _ layer: Network.Convolution, at index: Int, _ x: [Scalar]
  ) -> [Scalar] {
    let channels = layer.inputChannels
    var columns = x
    switch layer.padding {
    case .zeros(let before, let after):
      columns =
        Array(repeating: 0, count: before * channels) + x
        + Array(repeating: 0, count: after * channels)
    case .past:
      columns = past[index] + x
      past[index] = Array(columns.suffix(past[index].count))
    }
    let (inputs, outputs) = (channels / layer.groups, layer.outputChannels / layer.groups)
    var sums: [Scalar] = []
    for column in 0..<layer.outputLength {
      for output in 0..<layer.outputChannels {
        var sum = Scalar(layer.bias?[output] ?? 0)
        for tap in 0..<layer.kernelSize {
          let row = (column * layer.stride + tap * layer.dilation) * channels
          let first = row + output / outputs * inputs
          for input in 0..<inputs {
            let weight = layer.weights[(output * inputs + input) * layer.kernelSize + tap]
            sum += Scalar(weight) * columns[first + input]
          }
        }
        sums.append(sum)
      }
    }
    return Self.apply(layer.activation, sums)
  }

  mutating func step(_ layer: Network.Delay, at index: Int, _ x: [Scalar]) -> [Scalar] {
    let all = past[index] + x
    past[index] = Array(all.dropFirst(layer.size))
    return Array(all.prefix(layer.size))
  }

  static func scaled(_ layer: Network.Scale, _ x: [Scalar]) -> [Scalar] {
    x.indices.map { index in
      let channel = index % layer.scale.count
      return Scalar(layer.scale[channel]) * x[index] + Scalar(layer.shift[channel])
    }
  }

  static func normalized(_ layer: Network.LayerNorm, _ x: [Scalar]) -> [Scalar] {
    let channels = layer.scale.count
    return (0..<layer.length).flatMap { column in
      let values = x[column * channels..<(column + 1) * channels]
      let mean = values.reduce(0, +) / Scalar(channels)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Scalar(channels)
      let deviation = (variance + Scalar(layer.epsilon)).squareRoot()
      return values.enumerated().map { channel, value in
        (value - mean) / deviation * Scalar(layer.scale[channel]) + Scalar(layer.shift[channel])
      }
    }
  }

  static func bent(_ layer: Network.PReLU, _ x: [Scalar]) -> [Scalar] {
    x.indices.map { index in
      x[index] < 0 ? Scalar(layer.slopes[index % layer.slopes.count]) * x[index] : x[index]
    }
  }

  static func joined(_ inputs: [[Scalar]], _ length: Int, _ channels: [Int]) -> [Scalar] {
    (0..<length).flatMap { column in
      zip(inputs, channels).flatMap { input, count in
        input[column * count..<(column + 1) * count]
      }
    }
  }

  static func magnitudes(_ x: [Scalar], _ length: Int, _ channels: Int) -> [Scalar] {
    (0..<length * channels).map { index in
      let real = index / channels * 2 * channels + index % channels
      return (x[real] * x[real] + x[real + channels] * x[real + channels]).squareRoot()
    }
  }

  static func padded(_ layer: Network.ReflectPad, _ x: [Scalar]) -> [Scalar] {
    (-layer.before..<layer.length + layer.after).flatMap { column in
      let last = layer.length - 1
      let source = column < 0 ? -column : column > last ? 2 * last - column : column
      return x[source * layer.channels..<(source + 1) * layer.channels]
    }
  }

  static func sliced(_ layer: Network.Slice, _ x: [Scalar]) -> [Scalar] {
    (0..<layer.length).flatMap { column in
      x[column * layer.channels + layer.start..<column * layer.channels + layer.start + layer.count]
    }
  }

  static func masked(_ layer: Network.Mask, _ x: [Scalar]) -> [Scalar] {
    let compared = x[layer.start..<layer.start + layer.count]
    return compared.allSatisfy { $0 == Scalar(layer.value) }
      ? Array(repeating: 0, count: x.count + 1) : x + [Scalar(Network.Mask.mark)]
  }

  static func pooled(_ layer: Network.MaxPool, _ x: [Scalar]) -> [Scalar] {
    (0..<layer.outputLength).flatMap { column in
      let first = column * layer.stride - layer.before
      let seen = max(first, 0)..<min(first + layer.kernelSize, layer.length)
      return (0..<layer.channels).map { channel in
        let values = seen.map { x[$0 * layer.channels + channel] }
        return values.first { $0.isNaN } ?? values.max() ?? .nan
      }
    }
  }

  static func greatest(_ x: [Scalar], _ length: Int, _ channels: Int) -> [Scalar] {
    (0..<length).map { column in
      let values = x[column * channels..<(column + 1) * channels]
      // A NaN is greater than none.
      return Scalar(
        values.indices.reduce(values.startIndex) { best, next in
          values[next] > values[best] || values[best].isNaN ? next : best
        } - values.startIndex)
    }
  }
}
