import SluiceNetwork

extension StepImporter {
  /// What only moves axes about, or takes a part.
  mutating func move(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let view = try view(node, 0)
    let result: StepView
    switch node.operation {
    case "Identity": result = view
    case "Dropout": result = try dropout(view, node, &attributes)
    case "Cast": result = try cast(view, node, &attributes)
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
    define(node, .view(result))
  }

  private mutating func dropout(
    _ view: StepView, _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) -> StepView {
    _ = try attributes.float("ratio")
    _ = try attributes.integer("seed")
    if let mask = node.output(1), constants.liveNames.contains(mask) {
      throw node.unsupported("the output mask is not supported")
    }
    if node.input(2) != nil {
      guard try constants.integers(node, 2, "training_mode").allSatisfy({ $0 == 0 }) else {
        throw node.unsupported("the input training_mode is true")
      }
    }
    return view
  }

  private func cast(
    _ view: StepView, _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) -> StepView {
    let type = try attributes.integer("to") ?? 0
    _ = try attributes.integer("saturate")
    guard type == 1 else {
      throw node.unsupported("the attribute to is \(type): a cast that changes numbers")
    }
    return view
  }

  private mutating func unsqueeze(
    _ view: StepView, _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) -> StepView {
    var view = view
    let rank = view.axes.count
    let axes = try axes(node, &attributes) ?? []
    guard !axes.isEmpty, axes.count <= 8, rank + axes.count <= 16 else {
      throw node.malformed("axes are missing or too many")
    }
    let inserted = try positions(axes, rank: rank + axes.count, node)
    guard inserted.count == axes.count else { throw node.malformed("an axis stands twice") }
    for axis in inserted.sorted() { view.axes.insert(.init(size: 1, stride: 0), at: axis) }
    return view
  }

  private mutating func squeeze(
    _ view: StepView, _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) -> StepView {
    guard let axes = try axes(node, &attributes) else {
      return try removing(
        Set(view.axes.indices.filter { view.axes[$0].size == 1 }), from: view, node)
    }
    return try removing(positions(axes, rank: view.axes.count, node), from: view, node)
  }

  /// Over axes of one element the mean is that element.
  private mutating func mean(
    _ view: StepView, _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) -> StepView {
    let keeps = try attributes.integer("keepdims") ?? 1
    _ = try attributes.integer("noop_with_empty_axes")
    guard let axes = try axes(node, &attributes), !axes.isEmpty else {
      throw node.unsupported("a mean over all axes")
    }
    let reduced = try positions(axes, rank: view.axes.count, node)
    guard reduced.allSatisfy({ view.axes[$0].size == 1 }) else {
      throw node.unsupported("a mean of several elements")
    }
    return keeps == 0 ? try removing(reduced, from: view, node) : view
  }

  private func transpose(
    _ view: StepView, _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) -> StepView {
    var view = view
    let rank = view.axes.count
    let order = try attributes.integers("perm") ?? Array((0..<rank).reversed())
    guard order.sorted() == Array(0..<rank) else {
      throw node.malformed("the attribute perm is \(order) for \(rank) axes")
    }
    view.axes = order.map { view.axes[$0] }
    return view
  }

  private mutating func reshape(
    _ view: StepView, _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) -> StepView {
    let zeros = try attributes.flag("allowzero")
    return try reshaped(view, constants.integers(node, 1, "shape"), keepsZeros: zeros, node)
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
    let axis = try constants.position(
      try attributes.integer("axis") ?? 0, rank: view.axes.count, node)
    let indices = try constants.constant(node, 1, "indices")
    guard let list = indices.integers, list.count == 1, indices.shape.count <= 1 else {
      throw node.unsupported("indices that are not one known integer")
    }
    let size = view.axes[axis].size
    guard (-size..<size).contains(list[0]) else {
      throw node.malformed("the index \(list[0]) of \(size)")
    }
    view.offset += (list[0] < 0 ? list[0] + size : list[0]) * view.axes[axis].stride
    view.axes[axis] = .init(size: 1, stride: 0)
    if indices.shape.isEmpty { view.axes.remove(at: axis) }
    return view
  }

  private mutating func slice(
    _ view: StepView, _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) -> StepView {
    var view = view
    let rank = view.axes.count
    let (starts, ends, axes, steps) = try constants.bounds(node, &attributes, rank: rank)
    guard steps.allSatisfy({ $0 == 1 }) else { throw node.unsupported("steps other than 1") }
    for (index, axis) in axes.enumerated() {
      let at = try constants.position(axis, rank: rank, node)
      let size = view.axes[at].size
      let lower = constants.clamped(starts[index], size)
      guard let end = ends[index].known else {
        throw node.unsupported("the input ends is not made of known integers")
      }
      let upper = constants.clamped(end, size)
      guard lower < upper else { throw node.unsupported("selects nothing") }
      view.offset += lower * view.axes[at].stride
      view.axes[at].size = upper - lower
    }
    return view
  }

  /// The axes that `axes` name, of `rank`.
  private func positions(
    _ axes: [Int], rank: Int, _ node: ONNXNode
  ) throws(ConversionError) -> Set<Int> {
    var positions: Set<Int> = []
    for axis in axes { positions.insert(try constants.position(axis, rank: rank, node)) }
    return positions
  }

  private mutating func axes(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) -> [Int]? {
    let named = try attributes.integers("axes")
    guard node.input(1) != nil else { return named }
    guard named == nil else { throw node.malformed("axes stand twice") }
    return try constants.integers(node, 1, "axes")
  }

  private func removing(
    _ removed: Set<Int>, from view: StepView, _ node: ONNXNode
  ) throws(ConversionError) -> StepView {
    for axis in removed where view.axes[axis].size != 1 {
      throw node.unsupported("the axis \(axis) is not of size 1")
    }
    var view = view
    view.axes = view.axes.indices.filter { !removed.contains($0) }.map { view.axes[$0] }
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
