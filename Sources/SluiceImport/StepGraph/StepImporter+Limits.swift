import SluiceNetwork

extension StepImporter {
  /// `Min` and `Max` of a value and a number.
  mutating func limit(_ node: ONNXNode) throws(ConversionError) {
    guard node.inputs.count == 2 else {
      throw node.unsupported("\(node.inputs.count) operands; expected a value and a number")
    }
    let isLeft = values[node.inputs[0]] != nil
    guard values[node.inputs[isLeft ? 1 : 0]] == nil else {
      throw node.unsupported("the operator is not supported on two of the step's values")
    }
    let x = try view(node, isLeft ? 0 : 1)
    let constant = try folder.constant(node, isLeft ? 1 : 0, "the bound")
    guard let bound = constant.floats?.first, constant.count == 1, !bound.isNaN else {
      throw node.unsupported("a bound that is not one float")
    }
    let isLow = node.operation == "Max"
    var source = x
    var (low, high): (Float?, Float?) = isLow ? (bound, nil) : (nil, bound)
    if let layer = x.soleSource.map({ Int($0) }), let other = limits[layer],
      x.elements == other.source.written(by: layer).elements
    {
      switch (other.low, other.high, isLow) {
      case (nil, let top?, true) where top > bound: (source, high) = (other.source, top)
      case (let bottom?, nil, false) where bottom < bound: (source, low) = (other.source, bottom)
      default: break
      }
    }
    guard let form = Pointwise(low: low, high: high) else {
      throw node.unsupported("the bounds \(low ?? 0) and \(high ?? 0)")
    }
    let based = try based(source, node)
    var layer = based.layer
    for operation in form.operations(length: based.length, channels: based.channels) {
      layer = try append(operation, reading: [layer], node)
    }
    if layer != based.layer { limits[layer] = StepLimit(source: based.view, low: low, high: high) }
    try define(node, .view(based.view.written(by: layer)))
  }
}
