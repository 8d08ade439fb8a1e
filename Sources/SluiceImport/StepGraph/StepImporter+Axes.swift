import SluiceNetwork

extension StepImporter {
  /// What only moves axes about, or takes a part.
  mutating func move(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    var result = try view(node, 0)
    let rank = result.axes.count
    switch node.operation {
    case "Identity": break
    case "Dropout":
      _ = try attributes.float("ratio")
      _ = try attributes.integer("seed")
      guard node.output(1) == nil || !constants.liveNames.contains(node.output(1) ?? "") else {
        throw node.unsupported("the output mask is not supported")
      }
      if node.input(2) != nil {
        guard try constants.integers(node, 2, "training_mode").allSatisfy({ $0 == 0 }) else {
          throw node.unsupported("the input training_mode is true")
        }
      }
    case "Cast":
      let type = try attributes.integer("to") ?? 0
      _ = try attributes.integer("saturate")
      guard type == 1 else {
        throw node.unsupported("the attribute to is \(type): a cast that changes numbers")
      }
    case "Unsqueeze":
      let axes = try axes(node, &attributes) ?? []
      guard !axes.isEmpty, axes.count <= 8, rank + axes.count <= 16 else {
        throw node.malformed("axes are missing or too many")
      }
      var inserted: Set<Int> = []
      for axis in axes {
        inserted.insert(try constants.position(axis, rank: rank + axes.count, node))
      }
      guard inserted.count == axes.count else { throw node.malformed("an axis stands twice") }
      for axis in inserted.sorted() { result.axes.insert(.init(size: 1, stride: 0), at: axis) }
    case "Squeeze":
      var removed: Set<Int> = []
      if let axes = try axes(node, &attributes) {
        for axis in axes { removed.insert(try constants.position(axis, rank: rank, node)) }
      } else {
        removed = Set(result.axes.indices.filter { result.axes[$0].size == 1 })
      }
      try remove(removed, from: &result, node)
    case "ReduceMean":
      // Over axes of one element the mean is that element.
      let keeps = try attributes.integer("keepdims") ?? 1
      _ = try attributes.integer("noop_with_empty_axes")
      guard let axes = try axes(node, &attributes), !axes.isEmpty else {
        throw node.unsupported("a mean over all axes")
      }
      var removed: Set<Int> = []
      for axis in axes { removed.insert(try constants.position(axis, rank: rank, node)) }
      guard removed.allSatisfy({ result.axes[$0].size == 1 }) else {
        throw node.unsupported("a mean of several elements")
      }
      if keeps == 0 { try remove(removed, from: &result, node) }
    case "Transpose":
      let order = try attributes.integers("perm") ?? Array((0..<rank).reversed())
      guard order.sorted() == Array(0..<rank) else {
        throw node.malformed("the attribute perm is \(order) for \(rank) axes")
      }
      result.axes = order.map { result.axes[$0] }
    case "Reshape":
      let zeros = try attributes.flag("allowzero")
      let wanted = try constants.integers(node, 1, "shape")
      result = try reshaped(result, wanted, keepsZeros: zeros, node)
    case "Flatten":
      let axis = try attributes.integer("axis") ?? 1
      guard (-rank...rank).contains(axis) else { throw node.malformed("the axis \(axis)") }
      let at = axis < 0 ? axis + rank : axis
      let (first, rest) = (result.shape[..<at].reduce(1, *), result.shape[at...].reduce(1, *))
      result = try reshaped(result, [first, rest], keepsZeros: true, node)
    case "Gather":
      let axis = try constants.position(
        try attributes.integer("axis") ?? 0, rank: rank, node)
      let indices = try constants.constant(node, 1, "indices")
      guard let list = indices.integers, list.count == 1, indices.shape.count <= 1 else {
        throw node.unsupported("indices that are not one known integer")
      }
      let size = result.axes[axis].size
      guard (-size..<size).contains(list[0]) else {
        throw node.malformed("the index \(list[0]) of \(size)")
      }
      result.offset += (list[0] < 0 ? list[0] + size : list[0]) * result.axes[axis].stride
      result.axes[axis] = .init(size: 1, stride: 0)
      if indices.shape.isEmpty { result.axes.remove(at: axis) }
    case "Slice":
      let (starts, ends, axes, steps) = try constants.bounds(node, &attributes, rank: rank)
      guard steps.allSatisfy({ $0 == 1 }) else { throw node.unsupported("steps other than 1") }
      for (index, axis) in axes.enumerated() {
        let at = try constants.position(axis, rank: rank, node)
        let size = result.axes[at].size
        let lower = constants.clamped(starts[index], size)
        guard let end = ends[index].known else {
          throw node.unsupported("the input ends is not made of known integers")
        }
        let upper = constants.clamped(end, size)
        guard lower < upper else { throw node.unsupported("selects nothing") }
        result.offset += lower * result.axes[at].stride
        result.axes[at].size = upper - lower
      }
    default: throw node.unsupported("the operator is not supported on what a step computes")
    }
    define(node, .view(result))
  }

  private mutating func axes(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) -> [Int]? {
    let named = try attributes.integers("axes")
    guard node.input(1) != nil else { return named }
    guard named == nil else { throw node.malformed("axes stand twice") }
    return try constants.integers(node, 1, "axes")
  }

  private func remove(
    _ removed: Set<Int>, from view: inout StepView, _ node: ONNXNode
  ) throws(ConversionError) {
    for axis in removed where view.axes[axis].size != 1 {
      throw node.unsupported("the axis \(axis) is not of size 1")
    }
    view.axes = view.axes.indices.filter { !removed.contains($0) }.map { view.axes[$0] }
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

  /// States one after the other, or features side by side.
  mutating func concat(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    guard let axis = try attributes.integer("axis") else {
      throw node.malformed("the attribute axis is missing")
    }
    var views: [StepView] = []
    for index in node.inputs.indices { views.append(try view(node, index)) }
    let rank = views[0].axes.count
    let at = try constants.position(axis, rank: rank, node)
    for view in views {
      guard view.axes.count == rank,
        (0..<rank).allSatisfy({ $0 == at || view.axes[$0].size == views[0].axes[$0].size })
      else { throw node.malformed("joins values of different shapes") }
    }
    var shape = views[0].shape
    shape[at] = views.reduce(0) { $0 + $1.axes[at].size }
    let isStates =
      views.contains { if case .cell = $0.source { true } else { false } }
      || isReturned(node, views)
    if isStates {
      guard shape[..<at].allSatisfy({ $0 == 1 }) else {
        throw node.unsupported("joins states along an axis that is not the first")
      }
      return define(node, .states(views, shape: shape))
    }
    // Of every column the channels of each.
    var parts: [ColumnView] = []
    for view in views { parts.append(try columns(view, channelAxis: at, node)) }
    let length = parts[0].length
    let channels = parts.map(\.channels)
    let total = channels.reduce(0, +)
    let layer = try append(
      .concatenate(length: length, channels: channels), reading: parts.map(\.layer), node)
    let axes = shape.indices.map { index -> StepView.Axis in
      if index == at { return .init(size: total, stride: 1) }
      return .init(size: shape[index], stride: shape[index] == 1 ? 0 : total)
    }
    define(node, .view(StepView(.layer(layer), axes: axes)))
  }
}
