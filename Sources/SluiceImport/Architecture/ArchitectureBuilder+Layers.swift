import SluiceBlob
import SluiceNetwork

extension ArchitectureBuilder {
  mutating func embedding(_ prefix: String) throws(ConversionError) -> Network.Embedding {
    let name = prefix + "weight"
    let shape = try tensors.shape(name, rank: 2)
    let expected = [features?.size ?? shape[0], shape[1]]
    let weights = try tensors.take(name, shape: expected, why: features?.why ?? "")
    return Network.Embedding(count: shape[0], size: shape[1], weights: weights)
  }

  /// The tensor `name`, of `count` numbers; nil where it is not there.
  private mutating func optional(
    _ name: String, count: Int, why: String
  ) throws(ConversionError) -> [Float]? {
    tensors.has(name) ? try tensors.take(name, shape: [count], why: why) : nil
  }

  mutating func dense(
    _ prefix: String, _ activation: Network.Function
  ) throws(ConversionError) -> Network.Dense {
    let name = prefix + "weight"
    let shape = try tensors.shape(name, rank: 2)
    let expected = [shape[0], features?.size ?? shape[1]]
    let weights = try tensors.take(name, shape: expected, why: features?.why ?? "")
    return Network.Dense(
      inputSize: shape[1], outputSize: shape[0], weights: weights,
      bias: try optional(prefix + "bias", count: shape[0], why: "rows of \(name)"),
      activation: activation)
  }

  mutating func convolution(
    _ layer: Architecture.Convolution
  ) throws(ConversionError) -> Network.Convolution {
    let name = layer.tensors + "weight"
    let shape = try tensors.shape(name, rank: 3)
    let (channels, overflow) = shape[1].multipliedReportingOverflow(by: layer.groups)
    guard !overflow, shape[0] % layer.groups == 0 else {
      throw malformed("groups", "does not divide the \(shape[0]) outputs of \(name)")
    }
    if let features {
      let (size, overflow) = channels.multipliedReportingOverflow(by: layer.length)
      guard !overflow, size == features.size else {
        throw tensors.error(
          name,
          "\(layer.length) columns of \(channels) channels; expected \(features.size) features: "
            + features.why)
      }
    }
    var padding = layer.padding
    // One tap sees nothing but its own column.
    if layer.length == 1, shape[2] == 1, padding == .zeros(before: 0, after: 0) { padding = .past }
    if layer.length == 1, padding != .past {
      throw unsupported(
        "padding", "sees steps to come; expected \"causal\", or columns of a step as \"length\"")
    }
    let weights = try tensors.take(name, shape: shape, why: "")
    let bias = try optional(layer.tensors + "bias", count: shape[0], why: "rows of \(name)")
    let result = Network.Convolution(
      length: layer.length, inputChannels: channels, outputChannels: shape[0],
      kernelSize: shape[2], stride: layer.stride, dilation: layer.dilation, groups: layer.groups,
      padding: padding, weights: weights, bias: bias, activation: layer.activation)
    if padding == .past, layer.length % layer.stride != 0 {
      throw malformed("stride", "does not divide the \(layer.length) columns of a step")
    }
    if case .zeros(let before, let after) = padding, before + layer.length + after < result.reach {
      throw malformed("padding", "the taps reach \(result.reach) columns, beyond those of a step")
    }
    return result
  }

  /// Appends a convolution, in parts of its groups where it is too large for one layer.
  mutating func append(
    _ taps: Network.Convolution, name: String
  ) throws(ConversionError) {
    var count = 0
    _ = try taps.appended(
      reading: inputs[0],
      refused: { unsupported("groups", $0) }
    ) { operation, reads throws(ConversionError) in
      inputs = reads
      count += 1
      try append(count == 1 ? name : "\(name)#\(count)", operation)
      return chain.count - 1
    }
  }

  /// The features that the layer at hand reads; where nothing says so, the length of `name`.
  private func featureCount(or name: String) throws(ConversionError) -> Int {
    if let features { return features.size }
    return try tensors.shape(name, rank: 1)[0]
  }

  mutating func layerNorm(
    _ prefix: String, _ epsilon: Float
  ) throws(ConversionError) -> Network.LayerNorm {
    let size = try featureCount(or: prefix + "weight")
    let why = features?.why ?? "as many as weights"
    return Network.LayerNorm(
      epsilon: epsilon,
      scale: try optional(prefix + "weight", count: size, why: why)
        ?? Array(repeating: 1, count: size),
      shift: try optional(prefix + "bias", count: size, why: why)
        ?? Array(repeating: 0, count: size))
  }

  mutating func batchNorm(
    _ prefix: String, _ epsilon: Float
  ) throws(ConversionError) -> Network.Scale {
    let size = try featureCount(or: prefix + "running_mean")
    let why = features?.why ?? "as many as means"
    let variance = try tensors.take(prefix + "running_var", shape: [size], why: why)
    guard variance.allSatisfy({ $0 + epsilon > 0 }) else {
      throw tensors.error(prefix + "running_var", "a variance that is not above 0")
    }
    // How often it was trained: nothing to compute with.
    tensors.ignore(prefix + "num_batches_tracked")
    return Network.Scale(
      mean: try tensors.take(prefix + "running_mean", shape: [size], why: why),
      variance: variance, epsilon: epsilon,
      weight: try optional(prefix + "weight", count: size, why: why),
      bias: try optional(prefix + "bias", count: size, why: why))
  }

  mutating func prelu(_ prefix: String) throws(ConversionError) -> Network.PReLU {
    let name = prefix + "weight"
    let count = try tensors.shape(name, rank: 1)[0]
    let size = features?.size ?? count
    // One slope may serve all.
    let expected = count == 1 ? 1 : size
    let slopes = try tensors.take(name, shape: [expected], why: features?.why ?? "")
    return Network.PReLU(slopes: count == size ? slopes : Array(repeating: slopes[0], count: size))
  }
}
