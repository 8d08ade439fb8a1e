import SluiceNetwork

extension StepImporter {
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
    let at = try node.position(of: axis, rank: rank)
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

  /// `Split`: parts of a state, or of features.
  mutating func split(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let view = try view(node, 0)
    let extents = view.shape.map { Extent.known($0) }
    let (axis, ranges) = try folder.ranges(ofSplit: node, &attributes, extents)
    for (index, range) in ranges.enumerated() {
      var part = view
      part.offset += range.lowerBound * view.axes[axis].stride
      part.axes[axis].size = range.count
      define(node, .view(part), output: index)
    }
  }
}
