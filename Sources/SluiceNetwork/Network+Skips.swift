extension Network {
  /// Appends a layer that multiplies feature 0 by `gain` and keeps the others.
  package mutating func appendGain(_ gain: Float, name: String, size: Int) {
    var scale = [Float](repeating: 1, count: size)
    scale[0] = gain
    let shift = [Float](repeating: 0, count: size)
    layers.append(Layer(name: name, operation: .scale(Scale(scale: scale, shift: shift))))
  }

  /// Adds features `0..<count` of what `source` writes to the output, a layer's index or
  /// ``networkInput``: one feature to every output, or as many as there are outputs, one to each.
  ///
  /// - Precondition: there is a layer, and `count` is 1 or the output's size, and at most that of
  ///   `source`.
  package mutating func appendSkip(from source: Int, count: Int) {
    let last = layers.count - 1
    let (inputSize, outputSize) = (size(of: source), outputSize)
    precondition(last >= 0 && count <= inputSize && (count == 1 || count == outputSize))
    var skipped = source
    func append(_ name: String, _ operation: Operation) {
      layers.append(Layer(name: name, operation: operation, inputs: [skipped]))
      skipped = layers.count - 1
    }
    if count < inputSize {
      append("skip.slice", .slice(Slice(channels: inputSize, start: 0, count: count)))
    }
    if count < outputSize {
      let ones = [Float](repeating: 1, count: outputSize)
      append(
        "skip.repeat",
        .dense(Dense(inputSize: count, outputSize: outputSize, weights: ones, bias: nil)))
    }
    layers.append(
      Layer(name: "skip", operation: .add(size: outputSize, count: 2), inputs: [last, skipped]))
  }
}
