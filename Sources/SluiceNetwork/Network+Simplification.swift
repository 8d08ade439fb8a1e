extension Network {
  /// The same network with fewer layers: an activation becomes its dense layer's or convolution's,
  /// and a factor and a summand for each channel are multiplied into its weights, those of a norm, or
  /// those before.
  ///
  /// - Returns: the network, and the new index of every layer.
  package func simplified() -> (network: Network, indices: [Int]) {
    // Where a layer writes what it reads, what that is; else the layer itself.
    var roots = Array(layers.indices)
    for (index, layer) in layers.enumerated().dropLast() where layer.operation.isIdentity {
      let source = inputs(of: index)[0]
      roots[index] = source < 0 ? source : roots[source]
    }
    func root(_ source: Int) -> Int { source < 0 ? source : roots[source] }
    var readers = layers.map { _ in 0 }
    for index in layers.indices where roots[index] == index {
      for input in inputs(of: index) where root(input) >= 0 { readers[root(input)] += 1 }
    }
    var result = self
    result.layers = []
    var indices: [Int] = []
    for (index, layer) in layers.enumerated() {
      guard roots[index] == index else {
        indices.append(roots[index] < 0 ? roots[index] : indices[roots[index]])
        continue
      }
      let reads = inputs(of: index).map(root)
      if reads.count == 1, let source = reads.first, source >= 0, readers[source] == 1,
        indices[source] == result.layers.count - 1,
        let joined = result.layers[indices[source]].operation.followed(by: layer.operation)
      {
        result.layers[indices[source]].operation = joined
        result.layers[indices[source]].origins += layer.origins
        indices.append(indices[source])
        continue
      }
      let renamed = reads.map { $0 < 0 ? $0 : indices[$0] }
      var copy = layer
      copy.inputs = renamed == [result.layers.count - 1] ? [] : renamed
      indices.append(result.layers.count)
      result.layers.append(copy)
    }
    return (result, indices)
  }
}

extension Network.Operation {
  /// Whether it writes what it reads.
  fileprivate var isIdentity: Bool {
    guard case .scale(let scale) = self else { return false }
    return scale.scale.allSatisfy { $0 == 1 } && scale.shift.allSatisfy { $0 == 0 }
  }

  /// This operation and `next` as one; nil where no layer computes that.
  fileprivate func followed(by next: Network.Operation) -> Network.Operation? {
    switch (self, next) {
    case (.dense(var dense), .activation(let function, _)) where dense.activation == .identity:
      dense.activation = function
      return .dense(dense)
    case (.convolution(var layer), .activation(let function, _))
    where layer.activation == .identity && function.isPlainPointwise:
      layer.activation = function
      return .convolution(layer)
    case (.dense(var dense), .scale(let scale))
    where dense.activation == .identity && scale.length == 1:
      (dense.weights, dense.bias) = scale.folded(into: dense.weights, dense.bias)
      return .dense(dense)
    case (.convolution(var layer), .scale(let scale))
    where layer.activation == .identity && scale.scale.count == layer.outputChannels:
      (layer.weights, layer.bias) = scale.folded(into: layer.weights, layer.bias)
      return .convolution(layer)
    case (.scale(var scale), .scale(let next))
    where scale.length == next.length && scale.scale.count == next.scale.count:
      (scale.scale, scale.shift) = next.following(scale.scale, scale.shift)
      return .scale(scale)
    case (.layerNorm(var norm), .scale(let next))
    where norm.length == next.length && norm.scale.count == next.scale.count:
      (norm.scale, norm.shift) = next.following(norm.scale, norm.shift)
      return .layerNorm(norm)
    default: return nil
    }
  }
}

extension Network.Scale {
  /// The factors and summands of this layer behind one that has these.
  fileprivate func following(_ factors: [Float], _ summands: [Float]) -> ([Float], [Float]) {
    (
      zip(factors, scale).map { $0 * $1 },
      shift.indices.map { summands[$0] * scale[$0] + shift[$0] }
    )
  }

  /// Weights of rows, one a channel, and their biases, multiplied and shifted.
  fileprivate func folded(into weights: [Float], _ bias: [Float]?) -> ([Float], [Float]?) {
    let size = weights.count / scale.count
    let folded = weights.indices.map { weights[$0] * scale[$0 / size] }
    return (
      folded, scale.indices.map { (bias?[$0] ?? 0) * scale[$0] + shift[$0] }
    )
  }
}
