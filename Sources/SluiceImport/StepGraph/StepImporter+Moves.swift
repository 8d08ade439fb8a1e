import SluiceNetwork

extension StepImporter {
  /// What only moves axes about, or takes a part.
  mutating func move(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    if let name = node.input(0), case .states(let views, let shape)? = values[name],
      Self.keepingOrder.contains(node.operation)
    {
      // Side by side, whatever the shape: only that changes.
      let whole = StepView(.layer(-1), shape: shape)
      return define(node, .states(views, shape: try moved(whole, node, &attributes).shape))
    }
    define(node, .view(try moved(view(node, 0), node, &attributes)))
  }

  /// `view` as `node` leaves it.
  private mutating func moved(
    _ view: StepView, _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) -> StepView {
    let result: StepView
    switch node.operation {
    case "Identity": result = view
    case "Dropout":
      try folder.checkDropout(node, &attributes)
      result = view
    case "Cast":
      try folder.checkCast(node, &attributes, ofIntegers: false)
      result = view
    case "Unsqueeze": result = try unsqueeze(view, node, &attributes)
    case "Squeeze": result = try squeeze(view, node, &attributes)
    case "ReduceMean": result = try mean(view, node, &attributes)
    case "Transpose": result = try transpose(view, node, &attributes)
    case "Reshape": result = try reshape(view, node, &attributes)
    case "Flatten": result = try flatten(view, node, &attributes)
    case "Gather": result = try gather(view, node, &attributes)
    case "Slice": result = try slice(view, node, &attributes)
    default: throw node.unsupported("the operator is not supported on what a step computes")
    }
    return result
  }

  private mutating func unsqueeze(
    _ view: StepView, _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) -> StepView {
    var view = view
    let axes = try folder.axes(node, &attributes)
    for axis in try node.insertions(axes, rank: view.axes.count) {
      view.axes.insert(.init(size: 1, stride: 0), at: axis)
    }
    guard view.axes.count <= 16 else { throw node.unsupported("more than 16 axes") }
    return view
  }

  private mutating func squeeze(
    _ view: StepView, _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) -> StepView {
    var view = view
    let extents = view.shape.map { Extent.known($0) }
    view.axes = try folder.squeezed(extents, node, &attributes).map { view.axes[$0] }
    return view
  }

  /// Over axes of one element the mean is that element.
  private mutating func mean(
    _ view: StepView, _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) -> StepView {
    let keeps = try attributes.integer("keepdims") ?? 1
    _ = try attributes.integer("noop_with_empty_axes")
    guard let axes = try folder.axes(node, &attributes), !axes.isEmpty else {
      throw node.unsupported("a mean over all axes")
    }
    let reduced = try node.positions(of: axes, rank: view.axes.count)
    guard reduced.allSatisfy({ view.axes[$0].size == 1 }) else {
      throw node.unsupported("a mean of several elements")
    }
    guard keeps == 0 else { return view }
    var view = view
    view.axes = view.axes.indices.filter { !reduced.contains($0) }.map { view.axes[$0] }
    return view
  }

  private func transpose(
    _ view: StepView, _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) -> StepView {
    var view = view
    view.axes = try node.order(ofAxes: view.axes.count, &attributes).map { view.axes[$0] }
    return view
  }

  private mutating func reshape(
    _ view: StepView, _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) -> StepView {
    let zeros = try attributes.flag("allowzero")
    return try reshaped(view, folder.integers(node, 1, "shape"), keepsZeros: zeros, node)
  }

  private func flatten(
    _ view: StepView, _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) -> StepView {
    let axis = try attributes.integer("axis") ?? 1
    let rank = view.axes.count
    guard (-rank...rank).contains(axis) else { throw node.malformed("the axis \(axis)") }
    let at = axis < 0 ? axis + rank : axis
    let (first, rest) = (view.shape[..<at].reduce(1, *), view.shape[at...].reduce(1, *))
    return try reshaped(view, [first, rest], keepsZeros: true, node)
  }

  private mutating func gather(
    _ view: StepView, _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) -> StepView {
    var view = view
    let axis = try node.position(
      of: try attributes.integer("axis") ?? 0, rank: view.axes.count)
    let (list, isScalar) = try folder.indices(ofGather: node)
    guard list.count == 1 else {
      throw node.unsupported("indices that are not one known integer")
    }
    let size = view.axes[axis].size
    guard (-size..<size).contains(list[0]) else {
      throw node.malformed("the index \(list[0]) of \(size)")
    }
    view.offset += (list[0] < 0 ? list[0] + size : list[0]) * view.axes[axis].stride
    view.axes[axis] = .init(size: 1, stride: 0)
    if isScalar { view.axes.remove(at: axis) }
    return view
  }

  private mutating func slice(
    _ view: StepView, _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) -> StepView {
    var view = view
    let bounds = try folder.bounds(node, &attributes, rank: view.axes.count)
    for part in try bounds.parts(node, rank: view.axes.count) {
      guard let end = part.end.known else {
        throw node.unsupported("the input ends is not made of known integers")
      }
      let (at, size) = (part.axis, view.axes[part.axis].size)
      let lower = SliceBounds.clamped(part.start, size)
      let upper = SliceBounds.clamped(end, size)
      guard lower < upper else { throw node.unsupported("selects nothing") }
      view.offset += lower * view.axes[at].stride
      view.axes[at].size = upper - lower
    }
    return view
  }

  private func reshaped(
    _ view: StepView, _ wanted: [Int], keepsZeros: Bool, _ node: ONNXNode
  ) throws(ConversionError) -> StepView {
    guard wanted.count <= 8 else { throw node.malformed("more than 8 axes") }
    var shape = wanted
    for (index, size) in wanted.enumerated() where size == 0 && !keepsZeros {
      guard index < view.axes.count else { throw node.malformed("a size of 0") }
      shape[index] = view.axes[index].size
    }
    if let open = shape.firstIndex(of: -1) {
      let others = shape.enumerated().filter { $0.offset != open }.map(\.element)
      guard let count = elementCount(of: others), count > 0, view.count % count == 0 else {
        throw node.malformed("the shape \(wanted) of \(view.count) elements")
      }
      shape[open] = view.count / count
    }
    guard shape.allSatisfy({ $0 > 0 }), elementCount(of: shape) == view.count else {
      throw node.malformed("the shape \(wanted) of \(view.count) elements")
    }
    guard let result = view.reshaped(shape) else {
      throw node.unsupported("a shape that takes apart columns of channels")
    }
    return result
  }
}
