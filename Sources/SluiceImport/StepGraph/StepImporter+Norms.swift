import SluiceNetwork

/// Norms that are spelled out: (x - mean x) / sqrt(mean (x - mean x)^2 + epsilon), and magnitudes.
extension StepImporter {
  /// What the layer of a value has of a norm.
  private func norm(of view: StepView) -> (StepNorm, layer: Int)? {
    guard let source = view.soleSource, source >= 0, let norm = norms[Int(source)] else {
      return nil
    }
    return (norm, Int(source))
  }

  /// Makes a layer norm of the quotient of x - mean and the deviation; false where this is none.
  mutating func norm(
    _ x: StepView, _ y: StepView, _ node: ONNXNode
  ) throws(ConversionError) -> Bool {
    var (x, y) = (x, y)
    if node.operation == "Mul", norm(of: x)?.0.stage != .centred { (x, y) = (y, x) }
    guard let (centred, layer) = norm(of: x), centred.stage == .centred,
      let (other, _) = norm(of: y),
      centred.source == other.source, centred.axes == other.axes, x == centredViews[layer]
    else { return false }
    let epsilon: Float
    switch (node.operation, other.stage) {
    case ("Div", .deviation(let value)), ("Mul", .inverse(let value)): epsilon = value
    default: return false
    }
    let count = centred.axes.reduce(1) { $0 * centred.source.shape[$1] }
    let columns = try columns(centred.source, channelAxes: centred.axes, node)
    let layerNorm = Network.LayerNorm(
      length: columns.length, epsilon: epsilon, scale: Array(repeating: 1, count: count),
      shift: Array(repeating: 0, count: count))
    let index = try append(.layerNorm(layerNorm), reading: [columns.layer], node)
    try define(node, .view(columns.view.written(by: index)))
    return true
  }

  /// Notes that `result` is x - y where y is the mean of x.
  mutating func noteCentred(_ x: StepView, _ y: StepView, _ result: StepView) {
    guard let (mean, _) = norm(of: y), mean.stage == .mean, mean.source == x,
      let layer = result.soleSource
    else { return }
    norms[Int(layer)] = StepNorm(stage: .centred, source: x, axes: mean.axes)
    centredViews[Int(layer)] = result
  }

  /// Notes that `layer` holds the squares of `x`.
  mutating func noteSquare(of x: StepView, _ layer: Int) {
    squares[layer] = x
    guard let (centred, own) = norm(of: x), centred.stage == .centred, centredViews[own] == x else {
      return
    }
    norms[layer] = StepNorm(stage: .squares, source: centred.source, axes: centred.axes)
  }

  /// Notes that `result` is the mean of `x` over `axes`.
  mutating func noteMean(of x: StepView, over axes: [Int], _ result: StepView) {
    guard let layer = result.soleSource else { return }
    if let (squares, _) = norm(of: x), squares.stage == .squares, squares.axes == axes {
      norms[Int(layer)] = StepNorm(stage: .variance, source: squares.source, axes: axes)
    } else {
      norms[Int(layer)] = StepNorm(stage: .mean, source: x, axes: axes)
    }
  }

  /// Notes that `result` is `x` and a constant.
  mutating func noteShifted(
    _ x: StepView, _ result: StepView, _ numbers: [Float], _ node: ONNXNode
  ) {
    guard node.operation == "Add", let (variance, _) = norm(of: x), variance.stage == .variance,
      let layer = result.soleSource, numbers.allSatisfy({ $0 == numbers[0] }), numbers[0] >= 0
    else { return }
    norms[Int(layer)] = StepNorm(
      stage: .shifted(numbers[0]), source: variance.source, axes: variance.axes)
  }

  /// Notes that `result` is 1 / x.
  mutating func noteInverse(_ x: StepView, _ result: StepView) {
    guard let (deviation, _) = norm(of: x), case .deviation(let epsilon) = deviation.stage,
      let layer = result.soleSource
    else { return }
    norms[Int(layer)] = StepNorm(
      stage: .inverse(epsilon), source: deviation.source, axes: deviation.axes)
  }

  /// `Sqrt`: of two squares a magnitude.
  mutating func squareRoot(_ node: ONNXNode) throws(ConversionError) {
    let x = try view(node, 0)
    if let magnitude = try magnitude(x, node) { return try define(node, .view(magnitude)) }
    let result = try mapped(x, .activation(.squareRoot, size: x.count), node)
    if let (variance, _) = norm(of: x), let layer = result.soleSource {
      switch variance.stage {
      case .variance:
        norms[Int(layer)] = StepNorm(
          stage: .deviation(0), source: variance.source, axes: variance.axes)
      case .shifted(let epsilon):
        norms[Int(layer)] = StepNorm(
          stage: .deviation(epsilon), source: variance.source, axes: variance.axes)
      default: break
      }
    }
    try define(node, .view(result))
  }

  /// sqrt(re^2 + im^2), where `x` is that sum; nil where it is another.
  private mutating func magnitude(
    _ x: StepView, _ node: ONNXNode
  ) throws(ConversionError) -> StepView? {
    guard let source = x.soleSource, source >= 0,
      case .add(let size, 2) = layers[Int(source)].operation,
      x.count == size
    else { return nil }
    let parts = layers.inputs(of: Int(source))
    guard parts.allSatisfy({ $0 >= 0 }), let re = squares[parts[0]], let im = squares[parts[1]],
      re.shape == im.shape, re.shape == x.shape
    else { return nil }
    let axis = re.channelAxis
    let count = re.shape[axis]
    // Of every column all real parts, then all imaginary ones.
    let columns = try columns(
      StepView(joining: [re, im], along: axis), channelAxes: [axis], node)
    let layer = try append(
      .magnitude(length: columns.length, channels: count), reading: [columns.layer], node)
    // As the columns of `re`, whose channels lie side by side.
    let others = re.shape.indices.filter { $0 != axis }
    var inverse = others + [axis]
    for (place, index) in (others + [axis]).enumerated() { inverse[index] = place }
    return StepView(layer: layer, shape: (others + [axis]).map { re.shape[$0] })
      .transposed(inverse).timed(re.time)
  }

  /// `LayerNormalization`, over the axes from one on.
  mutating func layerNorm(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let epsilon = try folder.epsilon(ofLayerNorm: node, &attributes)
    let x = try view(node, 0)
    let axis = try node.position(of: try attributes.integer("axis") ?? -1, rank: x.rank)
    let axes = Array(axis..<x.rank)
    try x.checkStepsAreNot(among: axes, node)
    let count = axes.reduce(1) { $0 * x.shape[$1] }
    var rows: [[Float]] = []
    for (index, name) in [(1, "Scale"), (2, "B")] {
      guard node.input(index) != nil else {
        rows.append(Array(repeating: 0, count: count))
        continue
      }
      let constant = try folder.stored(folder.constant(node, index, name), node)
      guard let values = constant.floats, values.count == count || values.count == 1 else {
        throw node.malformed("\(name) of the shape \(constant.shape) for \(count) features")
      }
      try requireFinite(values, file: model.source.file, place: node.place)
      rows.append(values.count == count ? values : Array(repeating: values[0], count: count))
    }
    guard epsilon >= 0 else { throw node.malformed("an epsilon below 0") }
    let columns = try columns(x, channelAxes: axes, node)
    let layer = try append(
      .layerNorm(
        Network.LayerNorm(
          length: columns.length, epsilon: epsilon, scale: rows[0], shift: rows[1])),
      reading: [columns.layer], node)
    try define(node, .view(columns.view.written(by: layer)))
  }

  /// `BatchNormalization`: the second axis counts channels, the features where there are two.
  mutating func batchNorm(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let x = try view(node, 0)
    let scale = try folder.trainedScale(node, &attributes)
    guard x.rank >= 2, x.shape[1] == scale.scale.count else {
      throw node.malformed("\(scale.scale.count) channels for X of shape \(x.shape)")
    }
    try x.checkStepsAreNot(among: [1], node)
    let rest = x.shape[2...].reduce(1, *)
    let channels = (0..<x.count).map { $0 / rest % x.shape[1] }
    let result = try scaled(
      x, by: channels.map { scale.scale[$0] }, plus: channels.map { scale.shift[$0] }, node)
    try define(node, .view(result))
  }
}
