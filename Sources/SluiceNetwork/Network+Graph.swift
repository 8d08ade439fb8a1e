import SluiceBlob

extension Network {
  /// The index that stands for the network's input among a layer's inputs.
  public static var networkInput: Int { -1 }

  /// The layers that layer `index` reads, ``networkInput`` for the network's input.
  public func inputs(of index: Int) -> [Int] {
    layers[index].inputs.isEmpty ? [index - 1] : layers[index].inputs
  }

  /// Features that the layer of this index writes; of ``networkInput``, those that a step reads.
  public func size(of index: Int) -> Int {
    index < 0 ? inputSize : layers[index].outputSize
  }

  /// Whether every layer reads the one before it alone.
  public var isChain: Bool {
    layers.indices.allSatisfy { inputs(of: $0) == [$0 - 1] }
  }

  /// Throws where the layers do not form a graph that can be run from the first to the last.
  public func checkGraph() throws(ConversionError) {
    var isRead = layers.map { _ in false }
    for (index, layer) in layers.enumerated() {
      let place = "layer \(quotable(layer.name))"
      let inputs = inputs(of: index)
      if layer.readsIDs {
        guard index == 0, inputs == [Self.networkInput] else {
          throw .unsupported(provenance.source, place, "an embedding that is not the first layer")
        }
        continue
      }
      guard inputs.allSatisfy({ $0 >= -1 && $0 < index }) else {
        throw .malformed(provenance.source, place, "reads a layer that does not come before it")
      }
      for input in inputs where input >= 0 { isRead[input] = true }
      if readsIDs, inputs.contains(Self.networkInput) {
        throw .unsupported(provenance.source, place, "reads token ids")
      }
      let sizes = inputs.map { size(of: $0) }
      guard sizes == layer.inputSizes else {
        throw .malformed(
          provenance.source, place,
          "reads \(sizes) features; expected \(layer.inputSizes)")
      }
    }
    for (index, isRead) in isRead.dropLast().enumerated() where !isRead {
      throw .unsupported(
        provenance.source, "layer \(quotable(layers[index].name))", "no layer reads it")
    }
  }
}

extension Network.Layer {
  /// Features read at a step, of one input after the other; of an embedding, the number of ids.
  public var inputSizes: [Int] {
    switch operation {
    case .embedding(let table): [table.count]
    case .recurrent(let cell): [cell.columnCount * cell.inputSize]
    case .dense(let dense): [dense.inputSize]
    case .activation(_, let size): [size]
    case .convolution(let layer): [layer.length * layer.inputChannels]
    case .scale(let layer): [layer.length * layer.scale.count]
    case .layerNorm(let layer): [layer.length * layer.scale.count]
    case .prelu(let layer): [layer.length * layer.slopes.count]
    case .add(let size, let count), .multiply(let size, let count):
      Array(repeating: size, count: count)
    case .concatenate(let length, let channels): channels.map { length * $0 }
    case .magnitude(let length, let channels): [length * 2 * channels]
    case .reflectPad(let layer): [layer.length * layer.channels]
    case .slice(let layer): [layer.length * layer.channels]
    case .mask(let layer): [layer.size]
    case .maxPool(let layer): [layer.length * layer.channels]
    case .argMax(let length, let channels): [length * channels]
    case .delay(let layer): [layer.size]
    case .gather(let layer): [layer.inputSize]
    }
  }

  /// Features read at a step, of all inputs together; of an embedding, the number of ids.
  public var inputSize: Int { inputSizes.reduce(0, +) }

  /// Features written at a step.
  public var outputSize: Int {
    switch operation {
    case .embedding(let table): table.size
    case .recurrent(let cell): cell.columnCount * cell.outputSize
    case .dense(let dense): dense.outputSize
    case .activation(_, let size): size
    case .convolution(let layer): layer.outputLength * layer.outputChannels
    case .scale(let layer): layer.length * layer.scale.count
    case .layerNorm(let layer): layer.length * layer.scale.count
    case .prelu(let layer): layer.length * layer.slopes.count
    case .add(let size, _), .multiply(let size, _): size
    case .concatenate(let length, let channels): length * channels.reduce(0, +)
    case .magnitude(let length, let channels): length * channels
    case .reflectPad(let layer): (layer.before + layer.length + layer.after) * layer.channels
    case .slice(let layer): layer.length * layer.count
    case .mask(let layer): layer.size + 1
    case .maxPool(let layer): layer.outputLength * layer.channels
    case .argMax(let length, _): length
    case .delay(let layer): layer.size
    case .gather(let layer): layer.indices.count
    }
  }

  /// Whether the layer is an embedding.
  public var readsIDs: Bool {
    if case .embedding = operation { true } else { false }
  }
}
