import SluiceNetwork

extension GraphImporter {
  /// `axis` of `rank` axes, counted from the end where it is negative.
  func position(_ axis: Int, rank: Int, _ node: ONNXNode) throws(ConversionError) -> Int {
    guard (-rank..<rank).contains(axis) else {
      throw node.malformed("the axis \(axis) of \(rank)")
    }
    return axis < 0 ? axis + rank : axis
  }

  /// The axes that an attribute of an older operator or an input names; nil where neither does.
  mutating func axes(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) -> [Int]? {
    let named = try attributes.integers("axes")
    guard node.input(1) != nil else { return named }
    guard named == nil else { throw node.malformed("axes stand twice") }
    return try integers(node, 1, "axes")
  }

  mutating func transpose(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let value = try value(node, 0)
    let rank = value.rank
    let order = try attributes.integers("perm") ?? Array((0..<rank).reversed())
    guard order.sorted() == Array(0..<rank) else {
      throw node.malformed("the attribute perm is \(order) for \(rank) axes")
    }
    switch value {
    case .features(var features):
      features.axes = order.map { features.axes[$0] }
      try define(node, .features(features))
    case .constant(let constant):
      try spend(constant.shape, node)
      let offsets = constant.offsets()
      let result = constant.picking(
        order.map { offsets[$0] }, extents: order.map { constant.extents[$0] })
      try define(node, .constant(result))
    case .norm: throw node.unsupported("the operator is not supported beside a layer norm")
    }
  }

  mutating func squeeze(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let value = try value(node, 0)
    let extents = value.extents
    var removed: Set<Int> = []
    if let axes = try axes(node, &attributes) {
      for axis in axes { removed.insert(try position(axis, rank: value.rank, node)) }
    } else {
      guard extents.allSatisfy({ $0.known != nil }) else {
        throw node.unsupported("axes are left out where the size of an axis is not known")
      }
      removed = Set(extents.indices.filter { extents[$0] == .known(1) })
    }
    for axis in removed where extents[axis] != .known(1) {
      throw node.unsupported("the axis \(axis) is not known to be of size 1")
    }
    let kept = extents.indices.filter { !removed.contains($0) }
    switch value {
    case .features(var features):
      features.axes = kept.map { features.axes[$0] }
      try define(node, .features(features))
    case .constant(let constant):
      try define(
        node,
        .constant(
          ConstantValue(
            extents: kept.map { extents[$0] }, shape: kept.map { constant.shape[$0] },
            elements: constant.elements)))
    case .norm: throw node.unsupported("the operator is not supported beside a layer norm")
    }
  }

  mutating func unsqueeze(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let value = try value(node, 0)
    guard let axes = try axes(node, &attributes) else { throw node.malformed("axes are missing") }
    guard axes.count <= 8 else { throw node.malformed("more than 8 axes") }
    let rank = value.rank + axes.count
    var inserted: Set<Int> = []
    for axis in axes where try !inserted.insert(position(axis, rank: rank, node)).inserted {
      throw node.malformed("the axis \(axis) stands twice")
    }
    switch value {
    case .features(var features):
      for axis in inserted.sorted() { features.axes.insert([], at: axis) }
      try define(node, .features(features))
    case .constant(var constant):
      for axis in inserted.sorted() {
        constant.extents.insert(.known(1), at: axis)
        constant.shape.insert(1, at: axis)
      }
      try define(node, .constant(constant))
    case .norm: throw node.unsupported("the operator is not supported beside a layer norm")
    }
  }

  mutating func shape(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let extents = try value(node, 0).extents
    func bound(_ value: Int) -> Int {
      min(max(value < 0 ? value + extents.count : value, 0), extents.count)
    }
    let start = bound(try attributes.integer("start") ?? 0)
    let end = bound(try attributes.integer("end") ?? extents.count)
    let part = Array(extents[start..<max(start, end)])
    try define(node, .constant(ConstantValue(shape: [part.count], .integers(part))))
  }
}

extension GraphValue {
  /// The size of each axis.
  var extents: [Extent] {
    switch self {
    case .constant(let constant): constant.extents
    case .features(let features): features.axes.indices.map { features.extent($0) }
    case .norm(let norm): norm.source.axes.map { _ in .unknown }
    }
  }

  /// The number of axes.
  var rank: Int {
    switch self {
    case .constant(let constant): constant.shape.count
    case .features(let features): features.axes.count
    case .norm(let norm): norm.source.axes.count
    }
  }
}
