import SluiceBlob
import SluiceNetwork

extension StepImporter {
  /// `Pad`: a mirror, a repeated edge, or zeros, which a convolution takes in.
  mutating func pad(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let x = try view(node, 0)
    let mode = try attributes.string("mode") ?? "constant"
    guard mode == "reflect" || mode == "constant" || mode == "edge" else {
      throw node.unsupported(
        "the attribute mode is \(quotable(mode)); expected reflect, edge or constant")
    }
    var fill = try attributes.float("value") ?? 0
    if node.input(2) != nil {
      fill = try folder.constant(node, 2, "constant_value").floats?.first ?? 1
    }
    guard mode != "constant" || fill == 0 else {
      throw node.unsupported("the input constant_value is not 0")
    }
    let named = try attributes.integers("pads")
    let pads: [Int]
    if let named { pads = named } else { pads = try folder.integers(node, 1, "pads") }
    var axes = Array(0..<x.rank)
    if node.input(3) != nil {
      axes = try folder.integers(node, 3, "axes")
      for index in axes.indices { axes[index] = try node.position(of: axes[index], rank: x.rank) }
    }
    guard pads.count == 2 * axes.count, Set(axes).count == axes.count else {
      throw node.malformed("pads are \(pads.count) numbers")
    }
    guard pads.allSatisfy({ (0...Int(BlobLimits.size)).contains($0) }) else {
      throw node.unsupported("pads are \(pads)")
    }
    var result = x
    if let own = axes.firstIndex(where: { $0 == x.time }), let name = node.output(0) {
      let (before, after) = (pads[own], pads[own + axes.count])
      guard after == 0, mode == "constant" || before == 0 else {
        throw node.unsupported(
          "puts \(before) steps before the first and \(after) behind the last, \(mode); a stream has no "
            + "steps ahead, and zeros before")
      }
      if before > 0 { stepPads[name] = before }
    }
    for (index, axis) in axes.enumerated() {
      let (before, after) = (pads[index], pads[index + axes.count])
      guard before + after > 0, axis != x.time else { continue }
      try spend(result.count / result.shape[axis] * (before + after), node)
      let size = result.shape[axis]
      switch mode {
      case "constant": result = result.padded(axis, before, after)
      case "edge":
        result = result.taking(
          (-before..<size + after).map { min(max($0, 0), size - 1) }, of: axis)
      default:
        guard before < size, after < size else {
          throw node.malformed("reflects \(before) and \(after) of \(size) columns")
        }
        result = try reflected(result, axis, before, after, node)
      }
    }
    try define(node, .view(result))
  }

  /// A mirror at both ends of an axis.
  private mutating func reflected(
    _ x: StepView, _ axis: Int, _ before: Int, _ after: Int, _ node: ONNXNode
  ) throws(ConversionError) -> StepView {
    let others = x.shape.indices.filter { $0 != axis }
    let columns = try columns(x, channelAxes: others, node)
    let layer = try append(
      .reflectPad(
        .init(length: columns.length, channels: columns.channels, before: before, after: after)),
      reading: [columns.layer], node)
    let order = [axis] + others
    var inverse = order
    for (place, index) in order.enumerated() { inverse[index] = place }
    let shape = [before + columns.length + after] + others.map { x.shape[$0] }
    return StepView(layer: layer, shape: shape).transposed(inverse).timed(x.time)
  }
}

extension StepView {
  /// Zeros before and behind an axis.
  fileprivate func padded(_ axis: Int, _ before: Int, _ after: Int) -> StepView {
    let outer = shape[..<axis].reduce(1, *)
    let inner = shape[(axis + 1)...].reduce(1, *)
    let zero = StepElement(source: StepElement.zeros, index: 0)
    let row = shape[axis] * inner
    var result: [StepElement] = []
    for index in 0..<outer {
      result += Array(repeating: zero, count: before * inner)
      result += elements[index * row..<(index + 1) * row]
      result += Array(repeating: zero, count: after * inner)
    }
    var padded = shape
    padded[axis] += before + after
    return StepView(shape: padded, elements: result, time: time)
  }

  /// How many positions of an axis hold nothing but zeros, before and behind others.
  func zerosAround(axis: Int) -> (before: Int, after: Int) {
    guard elements.contains(where: { $0.source == StepElement.zeros }) else { return (0, 0) }
    func isZero(_ position: Int) -> Bool {
      taking([position], of: axis).elements.allSatisfy { $0.source == StepElement.zeros }
    }
    let before = (0..<shape[axis]).prefix(while: isZero).count
    let after = (before..<shape[axis]).reversed().prefix(while: isZero).count
    return before + after < shape[axis] ? (before, after) : (0, 0)
  }
}
