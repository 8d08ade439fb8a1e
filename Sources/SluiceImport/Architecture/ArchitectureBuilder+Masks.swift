import SluiceNetwork

/// What masks steps: a layer that writes features and, behind them, the mark of a step that counts.
struct Marks {
  /// The layer.
  let layer: Int
  /// The features alone, without the mark.
  let features: Int
  /// The mark alone; nil where no layer has needed it.
  var mark: Int?
}

extension ArchitectureBuilder {
  /// Appends the features of a layer that writes a mark behind them.
  mutating func appendFeatures(
    of layer: Int, _ size: Int, name: String
  ) throws(ConversionError) {
    inputs = [layer]
    try append(name, .slice(.init(channels: size + 1, start: 0, count: size)))
  }

  /// Takes note that the layers just appended are a mask of this name.
  mutating func mark(_ name: String) {
    marks[Name(name)] = Marks(layer: chain.count - 2, features: chain.count - 1)
  }

  /// The mask of this name.
  func marks(named name: String) throws(ConversionError) -> Name {
    guard marks[Name(name)] != nil else {
      throw malformed(
        "mask", "no layer before it that masks steps has the name \"\(quotable(name))\"")
    }
    return Name(name)
  }

  /// Makes the layer at hand read a mark behind its features.
  mutating func appendMarked(_ name: Name, name layer: String) throws(ConversionError) {
    guard let found = marks[name] else { return }
    if inputs == [found.features] {
      inputs = [found.layer]
      return
    }
    let features = inputs[0]
    let mark = try mark(of: name)
    inputs = [features, mark]
    let channels = [try size(of: features), 1]
    try append("\(layer)_marked", .concatenate(length: 1, channels: channels))
  }

  /// Makes zeros of the masked steps of the layer just appended.
  mutating func appendZeroed(_ name: Name, name layer: String) throws(ConversionError) {
    let (values, mark) = (chain.count - 1, try mark(of: name))
    let size = chain[values].outputSize
    inputs = [values, mark]
    try append("\(layer)_outputs", .concatenate(length: 1, channels: [size, 1]))
    try append("\(layer)_mask", .mask(.init(size: size + 1, start: size, count: 1, value: 0)))
    try append("\(layer)_zeroed", .slice(.init(channels: size + 2, start: 0, count: size)))
  }

  /// The layer that writes the mark alone.
  private mutating func mark(of name: Name) throws(ConversionError) -> Int {
    guard let found = marks[name] else { return 0 }
    if let mark = found.mark { return mark }
    let size = chain[found.layer].outputSize
    inputs = [found.layer]
    try append(
      "\(chain[found.features].name).mark", .slice(.init(channels: size, start: size - 1, count: 1))
    )
    marks[name]?.mark = chain.count - 1
    return chain.count - 1
  }

  private func size(of layer: Int) throws(ConversionError) -> Int {
    guard layer < 0 else { return chain[layer].outputSize }
    return try knownFeatures()
  }
}

extension Network.Recurrent {
  /// Makes the layer read one feature more, the mark, with weights of 0, and pass over steps without it.
  mutating func readMarks() {
    let rows = inputWeights.count / inputSize
    inputWeights = (0..<rows).flatMap { row in
      inputWeights[row * inputSize..<(row + 1) * inputSize] + [0]
    }
    inputSize += 1
    form.isMasked = true
  }
}

extension Network.Embedding {
  /// The table with a mark behind each row but that of id 0: as large as the row's largest feature, so that
  /// integers of the row stay what they were.
  var marked: Network.Embedding {
    let rows = (0..<count).flatMap { id in
      let row = weights[id * size..<(id + 1) * size]
      let largest = row.reduce(0) { max($0, $1.magnitude) }
      return row + [id == 0 ? 0 : largest == 0 ? 1 : largest]
    }
    return Network.Embedding(count: count, size: size + 1, weights: rows)
  }
}

extension Network {
  /// Drops the features of masks that no layer reads without their mark; any other layer that no layer
  /// reads stays, and is refused where the blob is written.
  mutating func dropUnreadFeatures(of masks: [Int]) {
    let read = Set(layers.indices.flatMap { inputs(of: $0) } + [layers.count - 1])
    let unread = Set(layers.indices.filter { !read.contains($0) })
    guard !unread.isEmpty, unread.isSubset(of: masks) else { return }
    _ = prune(toWrite: [layers.count - 1], keeping: [])
  }
}
