import SluiceBlob
import SluiceNetwork

extension StepImporter {
  mutating func convolution(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    if try folder.constant(node, 1, "W").shape.count == 4 {
      return try planeConvolution(node, &attributes)
    }
    var x = try view(node, 0)
    let w = try folder.floats(node, 1, "W", rank: 3)
    guard x.rank == 3, x.shape[0] == 1 else {
      throw node.unsupported("X has the shape \(x.shape); expected one sequence of columns")
    }
    let bias = node.input(2) == nil ? nil : try folder.floats(node, 2, "B", rank: 1)
    let groups = try attributes.integer("group") ?? 1
    let stride = try single(attributes.integers("strides"), "strides", node)
    let dilation = try single(attributes.integers("dilations"), "dilations", node)
    if let kernel = try attributes.integers("kernel_shape"), kernel != [w.shape[2]] {
      throw node.malformed("the attribute kernel_shape is \(kernel); W has \(w.shape[2]) taps")
    }
    let reach = (max(w.shape[2], 1) - 1) * dilation + 1
    var pads = try pads(&attributes, reach: reach, stride: stride, length: x.shape[2], node)
    // Zeros that stand around already are the convolution's own.
    let zeros = x.zerosAround(axis: 2)
    if zeros.before + zeros.after > 0 {
      x = x.taking(Array(zeros.before..<x.shape[2] - zeros.after), of: 2)
      pads = [pads[0] + zeros.before, pads[1] + zeros.after]
    }
    let outputs = w.shape[0]
    guard outputs > 0, w.shape[2] > 0, groups > 0, outputs % groups == 0,
      x.shape[1] == w.shape[1] * groups, bias?.shape[0] ?? outputs == outputs
    else { throw node.malformed("W of shape \(w.shape) for \(x.shape[1]) channels") }
    let columns = try columns(x, channelAxes: [1], node)
    let layer = Network.Convolution(
      length: columns.length, inputChannels: columns.channels, outputChannels: outputs,
      kernelSize: w.shape[2], stride: stride, dilation: dilation, groups: groups,
      padding: .zeros(before: pads[0], after: pads[1]), weights: w.values, bias: bias?.values)
    guard layer.reach <= pads[0] + columns.length + pads[1] else {
      throw node.malformed("\(layer.reach) columns are seen, there are \(columns.length)")
    }
    let index = try place(layer, reading: columns.layer, node)
    let written = StepView(layer: index, shape: [1, layer.outputLength, outputs])
    try define(node, .view(written.transposed([0, 2, 1])))
  }

  /// What is put before and behind the columns.
  func pads(
    _ attributes: inout AttributeReader, reach: Int, stride: Int, length: Int, _ node: ONNXNode
  ) throws(ConversionError) -> [Int] {
    try pads(&attributes, reaches: [reach], strides: [stride], lengths: [length], node)
  }

  /// What is put before the places of each axis, and then what is put behind them.
  func pads(
    _ attributes: inout AttributeReader, reaches: [Int], strides: [Int], lengths: [Int],
    _ node: ONNXNode
  ) throws(ConversionError) -> [Int] {
    let none = [Int](repeating: 0, count: 2 * reaches.count)
    let pads = try attributes.integers("pads") ?? none
    guard pads.count == none.count, pads.allSatisfy({ (0...Int(BlobLimits.size)).contains($0) })
    else { throw node.unsupported("the attribute pads is \(pads)") }
    let mode = try attributes.string("auto_pad") ?? "NOTSET"
    switch mode {
    case "NOTSET": return pads
    case "VALID": return none
    case "SAME_UPPER", "SAME_LOWER":
      let totals = reaches.indices.map { axis in
        let outputs = (lengths[axis] + strides[axis] - 1) / strides[axis]
        return max((outputs - 1) * strides[axis] + reaches[axis] - lengths[axis], 0)
      }
      let (less, more) = (totals.map { $0 / 2 }, totals.map { $0 - $0 / 2 })
      return mode == "SAME_UPPER" ? less + more : more + less
    default: throw node.unsupported("the attribute auto_pad is \(quotable(mode))")
    }
  }

  func single(
    _ values: [Int]?, _ name: String, _ node: ONNXNode
  ) throws(ConversionError) -> Int {
    guard let values else { return 1 }
    guard values.count == 1, (1...Int(BlobLimits.size)).contains(values[0]) else {
      throw node.unsupported("the attribute \(name) is \(values); expected one positive number")
    }
    return values[0]
  }

  mutating func activation(
    _ node: ONNXNode, _ form: Pointwise
  ) throws(ConversionError) {
    let based = try based(try view(node, 0), node)
    var layer = based.layer
    for operation in form.operations(length: based.length, channels: based.channels) {
      layer = try append(operation, reading: [layer], node)
    }
    try define(node, .view(based.view.written(by: layer)))
  }

  mutating func softmax(
    _ node: ONNXNode, _ attributes: inout AttributeReader, _ function: Network.Function
  ) throws(ConversionError) {
    let x = try view(node, 0)
    let axis = try node.position(
      of: try attributes.integer("axis") ?? (model.opset < 13 ? 1 : -1), rank: x.rank)
    guard x.shape.indices.allSatisfy({ $0 == axis || x.shape[$0] == 1 }) else {
      throw node.unsupported("a softmax of several columns")
    }
    try x.checkStepsAreNot(among: [axis], node)
    let columns = try columns(x, channelAxes: [axis], node)
    let layer = try append(
      .activation(function, size: columns.channels), reading: [columns.layer], node)
    try define(node, .view(columns.view.written(by: layer)))
  }

  /// `PRelu`, of slopes that follow the value's shape.
  mutating func prelu(_ node: ONNXNode) throws(ConversionError) {
    let x = try view(node, 0)
    let slopes = try folder.stored(folder.constant(node, 1, "slope"), node)
    guard let numbers = slopes.floats, slopes.isStored,
      StepView.common(x.shape, slopes.shape) == x.shape,
      let places = StepView(0, shape: slopes.shape).expanded(to: x.shape)
    else { throw node.unsupported("slopes of the shape \(slopes.shape) for \(x.shape)") }
    try requireFinite(numbers, file: model.source.file, place: node.place)
    let based = try based(x, node)
    var row = [Float](repeating: 0, count: x.count)
    for (place, element) in based.view.elements.enumerated() {
      row[Int(element.index)] = numbers[Int(places.elements[place].index)]
    }
    let isPeriodic = row.indices.allSatisfy { row[$0] == row[$0 % based.channels] }
    let layer = try append(
      .prelu(
        isPeriodic
          ? Network.PReLU(length: based.length, slopes: Array(row[..<based.channels]))
          : Network.PReLU(slopes: row)), reading: [based.layer], node)
    try define(node, .view(based.view.written(by: layer)))
  }
}
