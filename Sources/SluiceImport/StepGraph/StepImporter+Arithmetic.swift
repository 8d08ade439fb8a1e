import SluiceNetwork

extension StepImporter {
  /// x^2, where it may become a magnitude.
  mutating func power(_ node: ONNXNode) throws(ConversionError) {
    let x = try view(node, 0)
    let exponent = try constants.constant(node, 1, "the exponent")
    let isTwo = exponent.floats == [2] || exponent.integers == [2]
    guard isTwo else { throw node.unsupported("an exponent other than 2") }
    define(node, .square(x))
  }

  /// sqrt(x^2 + y^2), of two parts of the same columns.
  mutating func squareRoot(_ node: ONNXNode) throws(ConversionError) {
    guard let name = node.input(0), case .squares(let re, let im)? = values[name] else {
      throw node.unsupported("a square root of other than a sum of two squares")
    }
    let channelAxis = try channelAxis(re, node)
    let count = re.axes[channelAxis].size
    // Side by side already, all real parts before all imaginary ones?
    var both = re
    both.axes[channelAxis].size = 2 * count
    let joined: ColumnView
    if im.source == re.source, im.axes == re.axes, im.offset == re.offset + count,
      re.axes[channelAxis].stride == 1
    {
      joined = try columns(both, channelAxis: channelAxis, node)
    } else {
      let parts = [
        try columns(re, channelAxis: channelAxis, node),
        try columns(im, channelAxis: channelAxis, node),
      ]
      let layer = try append(
        .concatenate(length: parts[0].length, channels: [count, count]),
        reading: parts.map(\.layer), node)
      joined = ColumnView(layer: layer, length: parts[0].length, channels: 2 * count)
    }
    let index = try append(
      .magnitude(length: joined.length, channels: count), reading: [joined.layer], node)
    let columns = ColumnView(layer: index, length: joined.length, channels: count)
    define(node, .view(view(re, of: index, columns, channelAxis: channelAxis)))
  }

  mutating func arithmetic(_ node: ONNXNode) throws(ConversionError) {
    let (left, right) = (node.input(0) ?? "", node.input(1) ?? "")
    switch (values[left], values[right]) {
    case (.square(let x)?, .square(let y)?):
      guard node.operation == "Add", x.shape == y.shape else {
        throw node.unsupported("squares that are not added")
      }
      define(node, .squares(x, y))
    case (.view(let x)?, .view(let y)?):
      if node.operation == "Mul", x == y { return define(node, .square(x)) }
      guard node.operation == "Add" else {
        throw node.unsupported("the operator is not supported on two of the step's values")
      }
      try sum(x, y, node)
    case (.view(let x)?, nil):
      try scale(x, by: try constants.constant(node, 1, "B"), isLeft: true, node)
    case (nil, .view(let x)?):
      try scale(x, by: try constants.constant(node, 0, "A"), isLeft: false, node)
    default: throw node.unsupported("squares or states as operands")
    }
  }

  private mutating func sum(
    _ x: StepView, _ y: StepView, _ node: ONNXNode
  ) throws(ConversionError) {
    let channelAxis = try channelAxis(x, node)
    guard x.shape == y.shape else { throw node.unsupported("adds values of different shapes") }
    let (a, b) = (
      try columns(x, channelAxis: channelAxis, node), try columns(y, channelAxis: channelAxis, node)
    )
    let index = try append(
      .add(size: a.length * a.channels, count: 2), reading: [a.layer, b.layer], node)
    define(node, .view(view(x, of: index, a, channelAxis: channelAxis)))
  }

  /// A constant factor or summand, one number or one for each channel.
  private mutating func scale(
    _ x: StepView, by constant: ConstantValue, isLeft: Bool, _ node: ONNXNode
  ) throws(ConversionError) {
    let channelAxis = try channelAxis(x, node)
    let columns = try columns(x, channelAxis: channelAxis, node)
    guard let values = constant.floats, constant.isStored,
      constant.shape.count <= x.axes.count
    else { throw node.unsupported("the constant is not made of known floats") }
    let fromEnd = x.axes.count - channelAxis
    let isRow =
      values.count == columns.channels && constant.shape.count >= fromEnd
      && constant.shape[constant.shape.count - fromEnd] == values.count
    guard values.count == 1 || isRow else {
      throw node.unsupported("the constant is not one number, or one for each channel")
    }
    let row = isRow ? values : Array(repeating: values[0], count: columns.channels)
    let (ones, zeros) = (row.map { _ in Float(1) }, row.map { _ in Float(0) })
    let (factor, summand): ([Float], [Float])
    switch node.operation {
    case "Add": (factor, summand) = (ones, row)
    case "Sub": (factor, summand) = isLeft ? (ones, row.map { -$0 }) : (ones.map { -$0 }, row)
    case "Mul": (factor, summand) = (row, zeros)
    default:
      guard isLeft else { throw node.unsupported("divides by what the step computes") }
      (factor, summand) = (row.map { 1 / $0 }, zeros)
    }
    try requireFinite(factor + summand, file: model.source.file, place: node.place)
    let index = try append(
      .scale(.init(length: columns.length, scale: factor, shift: summand)),
      reading: [columns.layer], node)
    define(node, .view(view(x, of: index, columns, channelAxis: channelAxis)))
  }

  /// `BatchNormalization`: the second axis counts channels, the features where there are two.
  mutating func batchNorm(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let x = try view(node, 0)
    var scale = try constants.trainedScale(node, &attributes)
    guard x.axes.count >= 2, x.axes[1].size == scale.scale.count else {
      throw node.malformed("\(scale.scale.count) channels for X of shape \(x.shape)")
    }
    let columns = try columns(x, channelAxis: 1, node)
    scale.length = columns.length
    let index = try append(.scale(scale), reading: [columns.layer], node)
    define(node, .view(view(x, of: index, columns, channelAxis: 1)))
  }

  /// `Gemm` and `MatMul`: a dense layer, of each column where there are several.
  mutating func product(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let isGemm = node.operation == "Gemm"
    let alpha = try attributes.float("alpha") ?? 1
    let beta = try attributes.float("beta") ?? 1
    guard try !attributes.flag("transA") else {
      throw node.unsupported("the attribute transA is not supported")
    }
    let isTransposed = try attributes.flag("transB")
    let x = try view(node, 0)
    let b = try constants.floats(node, 1, "B", rank: 2)
    let (outputs, inputs) =
      isTransposed ? (b.shape[0], b.shape[1]) : (b.shape[1], b.shape[0])
    guard x.axes.count >= 2, x.axes[x.axes.count - 1].size == inputs, outputs > 0 else {
      throw node.malformed("B of shape \(b.shape) for A of shape \(x.shape)")
    }
    var bias: [Float]?
    if isGemm, node.input(2) != nil {
      let c = try constants.constant(node, 2, "C")
      guard let values = c.floats, c.isStored, values.count == outputs || values.count == 1,
        c.shape.last ?? 1 == values.count
      else { throw node.unsupported("C is not a row of \(outputs) floats") }
      bias = (0..<outputs).map { beta * values[values.count == 1 ? 0 : $0] }
    }
    let rows =
      isTransposed
      ? b.values
      : (0..<outputs).flatMap { row in (0..<inputs).map { b.values[$0 * outputs + row] } }
    let weights = alpha == 1 ? rows : rows.map { alpha * $0 }
    try requireFinite(weights + (bias ?? []), file: model.source.file, place: node.place)
    let axis = x.axes.count - 1
    let columns = try columns(x, channelAxis: axis, node)
    let index = try append(
      columns.length == 1
        ? .dense(.init(inputSize: inputs, outputSize: outputs, weights: weights, bias: bias))
        : .convolution(
          .init(
            length: columns.length, inputChannels: inputs, outputChannels: outputs, kernelSize: 1,
            padding: .zeros(before: 0, after: 0), weights: weights, bias: bias)),
      reading: [columns.layer], node)
    var result = x
    result.axes[axis].size = outputs
    let written = ColumnView(layer: index, length: columns.length, channels: outputs)
    define(node, .view(view(result, of: index, written, channelAxis: axis)))
  }
}
