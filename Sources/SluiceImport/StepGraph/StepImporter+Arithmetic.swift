import SluiceNetwork

extension StepImporter {
  /// `Add`, `Sub`, `Mul` and `Div`, of values and constants whose shapes are broadcast.
  mutating func arithmetic(_ node: ONNXNode) throws(ConversionError) {
    let operands = node.inputs.indices.map { node.input($0).flatMap { values[$0] } }
    guard node.operation != "Sum" || node.inputs.count == 2 else {
      throw node.unsupported("a sum of \(node.inputs.count) values; expected two")
    }
    guard operands.count == 2 else { throw node.malformed("expected two operands") }
    switch (operands[0], operands[1]) {
    case (.some, .some):
      let (x, y) = (try view(node, 0), try view(node, 1))
      guard let shape = StepView.common(x.shape, y.shape), var left = x.expanded(to: shape),
        let right = y.expanded(to: shape), left.time ?? right.time == right.time ?? left.time
      else { throw node.unsupported("operands of the shapes \(x.shape) and \(y.shape)") }
      left.time = left.time ?? right.time
      try spend(left.count, node)
      if try norm(x, y, node) { return }
      switch node.operation {
      case "Add", "Sum": try define(node, .view(try sum([left, right], node)))
      case "Sub":
        let minus = try scaled(right, by: -1, node)
        let result = try sum([left, minus], node)
        try define(node, .view(result))
        noteCentred(x, y, result)
      case "Mul": try define(node, .view(try multiplied(left, right, node)))
      default:
        let inverse = try mapped(y, .activation(.reciprocal, size: y.count), node)
        guard let divisor = inverse.expanded(to: shape) else { return }
        try define(node, .view(try multiplied(left, divisor, node)))
      }
    case (.some, nil):
      try affine(try view(node, 0), by: try folder.constant(node, 1, "B"), isLeft: true, node)
    case (nil, .some):
      try affine(try view(node, 1), by: try folder.constant(node, 0, "A"), isLeft: false, node)
    case (nil, nil): try folder.fold(node)
    }
  }

  /// A constant factor or summand, of one number or of as many as there are.
  private mutating func affine(
    _ x: StepView, by constant: ConstantValue, isLeft: Bool, _ node: ONNXNode
  ) throws(ConversionError) {
    let stored = try folder.stored(constant, node)
    guard let numbers = stored.floats, stored.isStored, !numbers.isEmpty,
      let shape = StepView.common(x.shape, stored.shape), let operand = x.expanded(to: shape)
    else {
      throw node.unsupported(
        "the constant of the shape \(constant.shape) is not of floats that follow the shape \(x.shape)"
      )
    }
    try spend(operand.count, node)
    try requireFinite(numbers, file: model.source.file, place: node.place)
    let places = StepView(0, shape: stored.shape).expanded(to: shape)?.elements ?? []
    if node.operation == "Div", !isLeft {
      let inverse = try mapped(operand, .activation(.reciprocal, size: operand.count), node)
      let result = try scaled(
        inverse, by: places.map { numbers[Int($0.index)] }, plus: nil, node)
      return try define(node, .view(result))
    }
    let row = places.map { numbers[Int($0.index)] }
    let scale = try folder.scale(node, by: row, isLeft: isLeft)
    let result = try scaled(operand, by: scale.scale, plus: scale.shift, node)
    try define(node, .view(result))
    noteShifted(x, result, numbers, node)
  }

  /// Each number times its factor, and its summand added.
  ///
  /// - Parameters:
  ///   - factors: one for each number of `x`, in its order.
  ///   - summands: likewise; nil for none.
  mutating func scaled(
    _ x: StepView, by factors: [Float], plus summands: [Float]?, _ node: ONNXNode
  ) throws(ConversionError) -> StepView {
    if factors.allSatisfy({ $0 == 1 }), summands?.allSatisfy({ $0 == 0 }) ?? true { return x }
    let based = try based(x, node)
    var scale = [Float](repeating: 1, count: x.count)
    var shift = [Float](repeating: 0, count: x.count)
    for (place, element) in based.view.elements.enumerated() {
      scale[Int(element.index)] = factors[place]
      if let summands { shift[Int(element.index)] = summands[place] }
    }
    // The same for every column?
    let channels = based.channels
    let isPeriodic = scale.indices.allSatisfy {
      scale[$0] == scale[$0 % channels] && shift[$0] == shift[$0 % channels]
    }
    let layer = try append(
      .scale(
        isPeriodic
          ? Network.Scale(
            length: based.length, scale: Array(scale[..<channels]),
            shift: Array(shift[..<channels]))
          : Network.Scale(scale: scale, shift: shift)), reading: [based.layer], node)
    return based.view.written(by: layer)
  }

  mutating func scaled(
    _ x: StepView, by factor: Float, _ node: ONNXNode
  ) throws(ConversionError) -> StepView {
    try scaled(x, by: Array(repeating: factor, count: x.count), plus: nil, node)
  }

  /// What a layer makes of each number alone.
  mutating func mapped(
    _ x: StepView, _ operation: Network.Operation, _ node: ONNXNode
  ) throws(ConversionError) -> StepView {
    let based = try based(x, node)
    return based.view.written(by: try append(operation, reading: [based.layer], node))
  }

  /// The sum of values of one shape.
  private mutating func sum(
    _ operands: [StepView], _ node: ONNXNode
  ) throws(ConversionError) -> StepView {
    let (layers, view) = try aligned(operands, node)
    return view.written(
      by: try append(.add(size: view.count, count: layers.count), reading: layers, node))
  }

  /// The product of two values of one shape.
  mutating func multiplied(
    _ x: StepView, _ y: StepView, _ node: ONNXNode
  ) throws(ConversionError) -> StepView {
    let (layers, view) = try aligned([x, y], node)
    let layer = try append(.multiply(size: view.count, count: 2), reading: layers, node)
    if x == y { noteSquare(of: x, layer) }
    return view.written(by: layer)
  }

  /// Layers that write the numbers of values of one shape in one order, and that order.
  private mutating func aligned(
    _ operands: [StepView], _ node: ONNXNode
  ) throws(ConversionError) -> (layers: [Int], view: StepView) {
    let first = try based(operands[0], node)
    var layers: [Int] = []
    var isAligned = true
    for operand in operands {
      guard let source = operand.soleSource, operand.count == size(of: source),
        operand.elements.map(\.index) == first.view.elements.map(\.index),
        operand.elements[0].cellLayer == nil, source != StepElement.zeros
      else {
        isAligned = false
        break
      }
      layers.append(Int(source))
    }
    if isAligned { return (layers, first.view) }
    let axis = [operands[0].channelAxis].filter { _ in operands[0].rank > 0 }
    layers = []
    var view = operands[0]
    for (index, operand) in operands.enumerated() {
      let columns = try columns(operand, channelAxes: axis, node)
      layers.append(columns.layer)
      if index == 0 { view = columns.view }
    }
    return (layers, view)
  }

  /// x to the power of a constant.
  mutating func power(_ node: ONNXNode) throws(ConversionError) {
    let x = try view(node, 0)
    let constant = try folder.constant(node, 1, "the exponent")
    let exponent = constant.floats?.first ?? constant.integers?.first.map { Float($0) }
    guard let exponent, constant.count == 1, exponent.isFinite else {
      throw node.unsupported("exponents that are not one number")
    }
    switch exponent {
    case 1: try define(node, .view(x))
    case 2:
      let result = try multiplied(x, x, node)
      try define(node, .view(result))
    case 0.5: try squareRoot(node)
    case -0.5:
      try squareRoot(node)
      guard let name = node.output(0), case .view(let root)? = values[name] else { return }
      try define(node, .view(try inverse(of: root, node)))
    case -1: try reciprocal(node)
    default:
      guard exponent.rounded() != exponent || exponent == 3 else {
        throw node.unsupported(
          "the exponent \(exponent); expected 2, 3, or a fraction of what is not below zero")
      }
      if exponent == 3 {
        let square = try multiplied(x, x, node)
        return try define(node, .view(try multiplied(square, x, node)))
      }
      let log = try mapped(x, .activation(.logarithm, size: x.count), node)
      let product = try scaled(log, by: exponent, node)
      try define(node, .view(try mapped(product, .activation(.exponential, size: x.count), node)))
    }
  }

  mutating func reciprocal(_ node: ONNXNode) throws(ConversionError) {
    try define(node, .view(try inverse(of: try view(node, 0), node)))
  }

  private mutating func inverse(
    of x: StepView, _ node: ONNXNode
  ) throws(ConversionError) -> StepView {
    let result = try mapped(x, .activation(.reciprocal, size: x.count), node)
    noteInverse(x, result)
    return result
  }
}

extension StepView {
  /// The same places of another layer that writes as many numbers.
  func written(by layer: Int) -> StepView {
    StepView(
      shape: shape,
      elements: elements.map { StepElement(source: Int32(layer), index: $0.index) }, time: time)
  }
}
