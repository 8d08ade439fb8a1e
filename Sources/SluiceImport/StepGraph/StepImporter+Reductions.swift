import SluiceNetwork

extension StepImporter {
  /// `ReduceMean`, `ReduceSum`, `ReduceMax`, `ReduceSumSquare` and `ReduceL2`, over axes of the step.
  mutating func reduce(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let keeps = try attributes.integer("keepdims") ?? 1
    let passes = try attributes.integer("noop_with_empty_axes") ?? 0
    let x = try view(node, 0)
    var axes = try folder.axes(node, &attributes) ?? []
    if axes.isEmpty {
      guard passes == 0 else { return try define(node, .view(x)) }
      axes = Array(0..<x.rank)
    }
    let places = try node.positions(of: axes, rank: x.rank).sorted()
    try x.checkStepsAreNot(among: places, node)
    let result = try reduced(x, over: places, node)
    let kept = x.shape.indices.map { places.contains($0) ? 1 : x.shape[$0] }
    var shaped = result.reshaped(kept, time: x.time)
    if keeps == 0 {
      let left = x.shape.indices.filter { !places.contains($0) }
      shaped = result.reshaped(
        left.map { x.shape[$0] }, time: x.time.flatMap { left.firstIndex(of: $0) })
    }
    try define(node, .view(shaped))
  }

  /// One number for each of the other axes' positions.
  private mutating func reduced(
    _ x: StepView, over axes: [Int], _ node: ONNXNode
  ) throws(ConversionError) -> StepView {
    let count = axes.reduce(1) { $0 * x.shape[$1] }
    switch node.operation {
    case "ReduceMean":
      if count == 1 { return x }
      let result = try weighed(x, over: axes, by: 1 / Float(count), node)
      noteMean(of: x, over: axes, result)
      return result
    case "ReduceSum":
      return count == 1 ? x : try weighed(x, over: axes, by: 1, node)
    case "ReduceMax":
      return count == 1 ? x : try greatest(x, over: axes, node)
    default:
      let square = try multiplied(x, x, node)
      let sum = count == 1 ? square : try weighed(square, over: axes, by: 1, node)
      guard node.operation == "ReduceL2" else { return sum }
      return try mapped(sum, .activation(.squareRoot, size: sum.count), node)
    }
  }

  /// The sum over some axes times a number.
  private mutating func weighed(
    _ x: StepView, over axes: [Int], by weight: Float, _ node: ONNXNode
  ) throws(ConversionError) -> StepView {
    let count = axes.reduce(1) { $0 * x.shape[$1] }
    let channels = x.count / count
    let others = x.shape.indices.filter { !axes.contains($0) }
    if channels > 1, count > 1, let source = whole(x.transposed(axes + others).elements) {
      // Over the columns as they lie: each channel sees itself, all of it.
      let sum = Network.Convolution(
        length: count, inputChannels: channels, outputChannels: channels, kernelSize: count,
        groups: channels, padding: .zeros(before: 0, after: 0),
        weights: Array(repeating: weight, count: x.count))
      return StepView(layer: try place(sum, reading: source, node), shape: [channels])
    }
    let columns = try columns(x, channelAxes: axes, node)
    let layer = try append(
      Network.Operation.each(
        columns.length, inputs: columns.channels, outputs: 1,
        weights: Array(repeating: weight, count: columns.channels), bias: nil),
      reading: [columns.layer], node)
    return StepView(layer: layer, shape: [columns.length])
  }

  /// The greatest over some axes.
  private mutating func greatest(
    _ x: StepView, over axes: [Int], _ node: ONNXNode
  ) throws(ConversionError) -> StepView {
    let others = x.shape.indices.filter { !axes.contains($0) }
    let columns = try columns(x, channelAxes: others, node)
    let layer = try append(
      .maxPool(
        Network.MaxPool(
          length: columns.length, channels: columns.channels, kernelSize: columns.length, stride: 1)
      ),
      reading: [columns.layer], node)
    return StepView(layer: layer, shape: [columns.channels])
  }

  /// `LpNormalization`: x / |x|, and 0 where that is 0.
  mutating func normalise(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let x = try view(node, 0)
    let axis = try node.position(of: try attributes.integer("axis") ?? -1, rank: x.rank)
    let p = try attributes.integer("p") ?? 2
    guard p == 2 else { throw node.unsupported("the attribute p is \(p); expected 2") }
    let square = try multiplied(x, x, node)
    let sum = try weighed(square, over: [axis], by: 1, node)
    // A sum of zero becomes the least number whose root has a reciprocal.
    let floor = try scaled(
      sum, by: [Float](repeating: 1, count: sum.count),
      plus: Array(repeating: 0x1p-100, count: sum.count), node)
    let root = try mapped(floor, .activation(.squareRoot, size: sum.count), node)
    let inverse = try mapped(root, .activation(.reciprocal, size: sum.count), node)
    let shape = x.shape.indices.map { $0 == axis ? 1 : x.shape[$0] }
    guard let factor = inverse.reshaped(shape).expanded(to: x.shape) else { return }
    try define(node, .view(try multiplied(x, factor, node)))
  }

  /// `GlobalAveragePool` and `GlobalMaxPool`: over all axes behind the channels'.
  mutating func globalPool(_ node: ONNXNode) throws(ConversionError) {
    let x = try view(node, 0)
    guard x.rank > 2 else { throw node.malformed("X has \(x.rank) axes") }
    let axes = Array(2..<x.rank)
    let result =
      try node.operation == "GlobalMaxPool"
      ? greatest(x, over: axes, node)
      : weighed(x, over: axes, by: 1 / Float(x.shape[2...].reduce(1, *)), node)
    try define(node, .view(result.reshaped(x.shape.indices.map { $0 < 2 ? x.shape[$0] : 1 })))
  }

  /// `ArgMax`: the index as a number.
  mutating func argMax(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let x = try view(node, 0)
    let axis = try node.position(of: try attributes.integer("axis") ?? 0, rank: x.rank)
    let keeps = try attributes.integer("keepdims") ?? 1
    guard try !attributes.flag("select_last_index") else {
      throw node.unsupported("the attribute select_last_index is 1")
    }
    let columns = try columns(x, channelAxes: [axis], node)
    let layer = try append(
      .argMax(length: columns.length, channels: columns.channels), reading: [columns.layer], node)
    var shape = x.shape
    if keeps == 0 { shape.remove(at: axis) } else { shape[axis] = 1 }
    try define(node, .view(StepView(layer: layer, shape: shape)))
  }

  /// `Greater` and the like, of a value and a number, for a `Where` behind it.
  mutating func compare(_ node: ONNXNode) throws(ConversionError) {
    let operand = try node.operandAbove { values[$0] != nil }
    let x = try view(node, operand)
    try define(node, .isAbove(x, try folder.bound(node, 1 - operand)))
  }

  /// `Where`: of a value above a bound itself, else its softplus, as PyTorch writes it.
  mutating func choose(_ node: ONNXNode) throws(ConversionError) {
    guard case .isAbove(let scaled, let bound)? = node.input(0).flatMap({ values[$0] }),
      bound >= 16, let x = try? view(node, 1), let y = try? view(node, 2),
      isSoftplus(y, of: x, asFarAs: scaled)
    else {
      throw node.unsupported(
        "chooses by what is computed; only the softplus that PyTorch writes is read (a mask over steps, as of Keras' "
          + "Masking and mask_zero, is read by tools/python/export_keras.py; a choice that empties a state is left to "
          + "whoever resets the stream: export without it)")
    }
    try define(node, .view(y))
  }

  /// Whether `y` is a softplus of `x` whose argument is `scaled`.
  private func isSoftplus(_ y: StepView, of x: StepView, asFarAs scaled: StepView) -> Bool {
    guard var source = y.soleSource.map({ Int($0) }), source >= 0 else { return false }
    if case .scale = layers[source].operation { source = layers.inputs(of: source)[0] }
    guard source >= 0, case .activation(.softplus, _) = layers[source].operation,
      scaled.soleSource.map({ Int($0) }) == layers.inputs(of: source)[0]
    else { return false }
    guard let argument = scaled.soleSource.map({ Int($0) }), argument >= 0,
      case .scale = layers[argument].operation
    else { return x.elements == scaled.elements }
    return x.soleSource == scaled.soleSource
      || x.soleSource.map({ Int($0) }) == layers.inputs(of: argument)[0]
  }
}

extension Network.Operation {
  /// The same matrix of `[outputs, inputs]` times each of `length` columns.
  static func each(
    _ length: Int, inputs: Int, outputs: Int, weights: [Float], bias: [Float]?
  ) -> Network.Operation {
    length == 1
      ? .dense(
        Network.Dense(inputSize: inputs, outputSize: outputs, weights: weights, bias: bias))
      : .convolution(
        Network.Convolution(
          length: length, inputChannels: inputs, outputChannels: outputs, kernelSize: 1,
          padding: .zeros(before: 0, after: 0), weights: weights, bias: bias))
  }
}
