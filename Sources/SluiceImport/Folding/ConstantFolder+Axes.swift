import SluiceNetwork

extension ONNXNode {
  /// `axis` of `rank` axes, counted from the end where it is negative.
  func position(of axis: Int, rank: Int) throws(ConversionError) -> Int {
    guard (-rank..<rank).contains(axis) else { throw malformed("the axis \(axis) of \(rank)") }
    return axis < 0 ? axis + rank : axis
  }

  /// ``position(of:rank:)`` of each of `axes`.
  func positions(of axes: [Int], rank: Int) throws(ConversionError) -> Set<Int> {
    var positions: Set<Int> = []
    for axis in axes { positions.insert(try position(of: axis, rank: rank)) }
    return positions
  }

  /// Where axes of size 1 go in, among `rank` axes before.
  func insertions(_ axes: [Int]?, rank: Int) throws(ConversionError) -> [Int] {
    guard let axes else { throw malformed("axes are missing") }
    guard axes.count <= 8 else { throw malformed("more than 8 axes") }
    let inserted = try positions(of: axes, rank: rank + axes.count)
    guard inserted.count == axes.count else { throw malformed("an axis stands twice") }
    return inserted.sorted()
  }

  /// The order in which `Transpose` takes its axes.
  func order(
    ofAxes rank: Int, _ attributes: inout AttributeReader
  ) throws(ConversionError) -> [Int] {
    let order = try attributes.integers("perm") ?? Array((0..<rank).reversed())
    guard order.sorted() == Array(0..<rank) else {
      throw malformed("the attribute perm is \(order) for \(rank) axes")
    }
    return order
  }
}

extension ConstantFolder {
  /// The axes that an attribute of an older operator or an input names; nil where neither does.
  mutating func axes(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) -> [Int]? {
    let named = try attributes.integers("axes")
    guard node.input(1) != nil else { return named }
    guard named == nil else { throw node.malformed("axes stand twice") }
    return try integers(node, 1, "axes")
  }

  /// The axes that `Squeeze` leaves of some of these extents.
  mutating func squeezed(
    _ extents: [Extent], _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) -> [Int] {
    let removed: Set<Int>
    if let axes = try axes(node, &attributes) {
      removed = try node.positions(of: axes, rank: extents.count)
    } else {
      guard extents.allSatisfy({ $0.known != nil }) else {
        throw node.unsupported("axes are left out where the size of an axis is not known")
      }
      removed = Set(extents.indices.filter { extents[$0] == .known(1) })
    }
    for axis in removed where extents[axis] != .known(1) {
      throw node.unsupported(
        "the axis \(axis) is not \(extents[axis].known == nil ? "known to be " : "")of size 1")
    }
    return extents.indices.filter { !removed.contains($0) }
  }

  mutating func squeeze(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let constant = try constant(node, 0, "data")
    let kept = try squeezed(constant.extents, node, &attributes)
    try define(
      node,
      ConstantValue(
        extents: kept.map { constant.extents[$0] }, shape: kept.map { constant.shape[$0] },
        elements: constant.elements))
  }

  mutating func unsqueeze(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    var constant = try constant(node, 0, "data")
    for axis in try node.insertions(axes(node, &attributes), rank: constant.shape.count) {
      constant.extents.insert(.known(1), at: axis)
      constant.shape.insert(1, at: axis)
    }
    try define(node, constant)
  }

  mutating func transpose(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let constant = try constant(node, 0, "data")
    let order = try node.order(ofAxes: constant.shape.count, &attributes)
    try spend(constant.shape, node)
    let offsets = constant.offsets()
    try define(
      node,
      constant.picking(order.map { offsets[$0] }, extents: order.map { constant.extents[$0] }))
  }
}
