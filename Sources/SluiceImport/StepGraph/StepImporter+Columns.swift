import SluiceBlob
import SluiceNetwork

/// A view as columns of channels that a layer writes, all of them.
struct ColumnView {
  let layer: Int
  let length: Int
  let channels: Int
}

extension StepImporter {
  /// The layer whose columns `view` is, appended if it is a part of another's.
  ///
  /// - Parameter channelAxis: the axis of the channels; at most one other may have several elements,
  ///   the columns.
  mutating func columns(
    _ view: StepView, channelAxis: Int, _ node: ONNXNode
  ) throws(ConversionError) -> ColumnView {
    guard case .layer(let layer) = view.source else {
      throw node.unsupported("reads a state, which only a recurrent node of this layer does")
    }
    let channels = view.axes[channelAxis]
    var others = view.axes
    others.remove(at: channelAxis)
    let lengths = others.filter { $0.size != 1 }
    guard lengths.count <= 1 else {
      throw node.unsupported("more axes than columns and channels")
    }
    let length = lengths.first ?? StepView.Axis(size: 1, stride: 0)
    let total = size(ofLayer: layer)
    guard channels.size == 1 || channels.stride == 1 else {
      throw node.unsupported("the channels of a column do not lie side by side")
    }
    // Columns of one channel that are neighbours, or a single column: one stretch.
    if length.size == 1 || (channels.size == 1 && length.stride == 1) {
      let count = channels.size * length.size
      let part = try slice(layer, length: 1, from: view.offset, count: count, of: total, node)
      return ColumnView(layer: part, length: length.size, channels: channels.size)
    }
    let pitch = length.stride
    guard pitch * length.size == total, view.offset + channels.size <= pitch else {
      throw node.unsupported("a part of the columns whose channels are not all of them")
    }
    let part = try slice(
      layer, length: length.size, from: view.offset, count: channels.size, of: pitch, node)
    return ColumnView(layer: part, length: length.size, channels: channels.size)
  }

  private mutating func slice(
    _ layer: Int, length: Int, from start: Int, count: Int, of channels: Int, _ node: ONNXNode
  ) throws(ConversionError) -> Int {
    if start == 0, count == channels { return layer }
    return try append(
      .slice(.init(length: length, channels: channels, start: start, count: count)),
      reading: [layer], node)
  }

  /// The axis whose elements are neighbours, of a view whose elements are all of a layer's.
  func channelAxis(_ view: StepView, _ node: ONNXNode) throws(ConversionError) -> Int {
    if let axis = view.axes.indices.first(where: {
      view.axes[$0].size != 1 && view.axes[$0].stride == 1
    }) {
      return axis
    }
    guard let axis = view.axes.indices.last else { throw node.unsupported("a single number") }
    return axis
  }

  /// What a layer writes as `columns` say it, with the axes of `view`.
  func view(_ view: StepView, of layer: Int, _ columns: ColumnView, channelAxis: Int) -> StepView {
    var axes = view.axes
    for index in axes.indices {
      axes[index].stride =
        index == channelAxis ? 1 : axes[index].size == 1 ? 0 : columns.channels
    }
    return StepView(.layer(layer), axes: axes)
  }

  mutating func convolution(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let x = try view(node, 0)
    let w = try folder.floats(node, 1, "W", rank: 3)
    guard x.axes.count == 3, x.axes[0].size == 1 else {
      throw node.unsupported("X has the shape \(x.shape); expected one sequence of columns")
    }
    let bias = node.input(2) == nil ? nil : try folder.floats(node, 2, "B", rank: 1)
    let groups = try attributes.integer("group") ?? 1
    let stride = try single(attributes.integers("strides"), "strides", node)
    let dilation = try single(attributes.integers("dilations"), "dilations", node)
    if let kernel = try attributes.integers("kernel_shape"), kernel != [w.shape[2]] {
      throw node.malformed("the attribute kernel_shape is \(kernel); W has \(w.shape[2]) taps")
    }
    if let mode = try attributes.string("auto_pad"), mode != "NOTSET", mode != "VALID" {
      throw node.unsupported("the attribute auto_pad is \(quotable(mode))")
    }
    let pads = try attributes.integers("pads") ?? [0, 0]
    guard pads.count == 2, pads.allSatisfy({ (0...Int(BlobLimits.size)).contains($0) }) else {
      throw node.unsupported("the attribute pads is \(pads)")
    }
    let outputs = w.shape[0]
    guard outputs > 0, w.shape[2] > 0, groups > 0, outputs % groups == 0,
      x.axes[1].size == w.shape[1] * groups, bias?.shape[0] ?? outputs == outputs
    else { throw node.malformed("W of shape \(w.shape) for \(x.axes[1].size) channels") }
    let columns = try columns(x, channelAxis: 1, node)
    let layer = Network.Convolution(
      length: columns.length, inputChannels: columns.channels, outputChannels: outputs,
      kernelSize: w.shape[2], stride: stride, dilation: dilation, groups: groups,
      padding: .zeros(before: pads[0], after: pads[1]), weights: w.values, bias: bias?.values)
    guard layer.reach <= pads[0] + columns.length + pads[1] else {
      throw node.malformed("\(layer.reach) columns are seen, there are \(columns.length)")
    }
    let isDense = columns.length == 1 && layer.kernelSize == 1 && groups == 1 && pads == [0, 0]
    let index: Int
    if isDense {
      let dense = Network.Dense(
        inputSize: columns.channels, outputSize: outputs, weights: w.values, bias: bias?.values)
      index = try append(.dense(dense), reading: [columns.layer], node)
    } else {
      index = try layer.appended(reading: columns.layer, refused: node.unsupported) {
        operation, inputs throws(ConversionError) in
        try append(operation, reading: inputs, node)
      }
    }
    define(
      node,
      .view(
        StepView(
          .layer(index),
          axes: [
            .init(size: 1, stride: 0), .init(size: outputs, stride: 1),
            .init(size: layer.outputLength, stride: outputs),
          ])))
  }

  private func single(
    _ values: [Int]?, _ name: String, _ node: ONNXNode
  ) throws(ConversionError) -> Int {
    guard let values else { return 1 }
    guard values.count == 1, (1...Int(BlobLimits.size)).contains(values[0]) else {
      throw node.unsupported("the attribute \(name) is \(values); expected one positive number")
    }
    return values[0]
  }

  mutating func pad(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let x = try view(node, 0)
    let mode = try attributes.string("mode") ?? "constant"
    guard mode == "reflect" else {
      throw node.unsupported("the attribute mode is \(quotable(mode)); expected reflect")
    }
    guard node.input(2) == nil else { throw node.unsupported("the input constant_value") }
    let named = try attributes.integers("pads")
    let pads: [Int]
    if let named { pads = named } else { pads = try folder.integers(node, 1, "pads") }
    let rank = x.axes.count
    guard pads.count == 2 * rank else { throw node.malformed("pads are \(pads.count) numbers") }
    let axes = (0..<rank).filter { pads[$0] != 0 || pads[$0 + rank] != 0 }
    guard axes.count <= 1 else { throw node.unsupported("pads several axes") }
    guard let axis = axes.first else { return define(node, .view(x)) }
    // The channels are the other axis of several elements, if there is one.
    let other = x.axes.indices.first { $0 != axis && x.axes[$0].size != 1 }
    let channelAxis = other ?? x.axes.indices.first { $0 != axis }
    guard let channelAxis else { throw node.unsupported("pads the only axis") }
    let columns = try columns(x, channelAxis: channelAxis, node)
    let (before, after) = (pads[axis], pads[axis + rank])
    guard (0..<columns.length).contains(before), (0..<columns.length).contains(after) else {
      throw node.malformed("reflects \(before) and \(after) of \(columns.length) columns")
    }
    let index = try append(
      .reflectPad(
        .init(length: columns.length, channels: columns.channels, before: before, after: after)),
      reading: [columns.layer], node)
    var padded = x
    padded.axes[axis].size += before + after
    define(node, .view(view(padded, of: index, columns, channelAxis: channelAxis)))
  }

  mutating func activation(
    _ node: ONNXNode, _ form: Pointwise
  ) throws(ConversionError) {
    let x = try view(node, 0)
    let channelAxis = try channelAxis(x, node)
    let columns = try columns(x, channelAxis: channelAxis, node)
    var index = columns.layer
    for operation in form.operations(length: columns.length, channels: columns.channels) {
      index = try append(operation, reading: [index], node)
    }
    define(node, .view(view(x, of: index, columns, channelAxis: channelAxis)))
  }

  mutating func softmax(
    _ node: ONNXNode, _ attributes: inout AttributeReader, _ function: Network.Function
  ) throws(ConversionError) {
    let x = try view(node, 0)
    let axis = try node.position(
      of: try attributes.integer("axis") ?? (model.opset < 13 ? 1 : -1), rank: x.axes.count)
    guard x.axes.indices.allSatisfy({ $0 == axis || x.axes[$0].size == 1 }) else {
      throw node.unsupported("a softmax of several columns")
    }
    try activation(node, Pointwise(function: function))
  }
}
