import SluiceNetwork

extension StepImporter {
  /// x^2, where it may become a magnitude.
  mutating func power(_ node: ONNXNode) throws(ConversionError) {
    let x = try view(node, 0)
    let exponent = try folder.constant(node, 1, "the exponent")
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
      try scale(x, by: try folder.constant(node, 1, "B"), isLeft: true, node)
    case (nil, .view(let x)?):
      try scale(x, by: try folder.constant(node, 0, "A"), isLeft: false, node)
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
    let row = try folder.row(
      constant, of: columns.channels, at: channelAxis, rank: x.axes.count, node, "the constant")
    let scale = try folder.scale(node, by: row, length: columns.length, isLeft: isLeft)
    let index = try append(.scale(scale), reading: [columns.layer], node)
    define(node, .view(view(x, of: index, columns, channelAxis: channelAxis)))
  }

  /// `BatchNormalization`: the second axis counts channels, the features where there are two.
  mutating func batchNorm(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let x = try view(node, 0)
    var scale = try folder.trainedScale(node, &attributes)
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
    let x = try view(node, 0)
    let dense = try folder.dense(node, &attributes)
    let (inputs, outputs) = (dense.inputSize, dense.outputSize)
    guard x.axes.count >= 2, x.axes[x.axes.count - 1].size == inputs else {
      throw node.malformed("B of \(inputs) rows for A of shape \(x.shape)")
    }
    let axis = x.axes.count - 1
    let columns = try columns(x, channelAxis: axis, node)
    let index = try append(
      columns.length == 1
        ? .dense(dense)
        : .convolution(
          .init(
            length: columns.length, inputChannels: inputs, outputChannels: outputs, kernelSize: 1,
            padding: .zeros(before: 0, after: 0), weights: dense.weights, bias: dense.bias)),
      reading: [columns.layer], node)
    var result = x
    result.axes[axis].size = outputs
    let written = ColumnView(layer: index, length: columns.length, channels: outputs)
    define(node, .view(view(result, of: index, written, channelAxis: axis)))
  }
}
