import SluiceNetwork

extension ConstantFolder {
  /// `Shape`: the extents of whatever the node reads, all or a part of them.
  mutating func shape(
    of extents: [Extent], _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    func bound(_ value: Int) -> Int {
      min(max(value < 0 ? value + extents.count : value, 0), extents.count)
    }
    let start = bound(try attributes.integer("start") ?? 0)
    let end = bound(try attributes.integer("end") ?? extents.count)
    let part = Array(extents[start..<max(start, end)])
    try define(node, ConstantValue(shape: [part.count], .integers(part)))
  }

  /// One value in a shape whose sizes need not be known: how exporters make states of zeros.
  mutating func constantOfShape(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let extents = try sizes(node, 0)
    var elements = ConstantValue.Elements.floats([0])
    if let tensor = try attributes.tensor("value") {
      let value = ConstantValue(try tensor.tensor())
      guard value.count == 1 else { throw node.malformed("the attribute value is not one number") }
      elements = value.elements
    }
    let ones = Array(repeating: 1, count: extents.count)
    try define(node, ConstantValue(extents: extents, shape: ones, elements: elements))
  }

  /// A constant repeated over a shape, without storing it more often.
  mutating func expand(_ node: ONNXNode) throws(ConversionError) {
    let target = try sizes(node, 1)
    var result = try constant(node, 0, "input")
    while result.shape.count < target.count {
      result.extents.insert(.known(1), at: 0)
      result.shape.insert(1, at: 0)
    }
    let first = result.shape.count - target.count
    for (index, extent) in target.enumerated() where extent != .known(1) {
      let axis = first + index
      guard result.extents[axis] == .known(1) || result.extents[axis] == extent else {
        throw node.unsupported("a shape that does not follow the constant's")
      }
      result.extents[axis] = extent
    }
    try define(node, result)
  }

  /// How often `Tile` asks for each of `rank` axes.
  mutating func repeats(_ node: ONNXNode, rank: Int) throws(ConversionError) -> [Extent] {
    let row = try constant(node, 1, "repeats")
    guard case .integers(let counts) = row.elements, row.isStored, row.shape == [rank],
      counts.allSatisfy({ $0.known ?? 1 >= 1 })
    else { throw node.unsupported("the input repeats is not a number of times for each axis") }
    return counts
  }

  /// A constant several times over, along each of its axes.
  mutating func tile(_ node: ONNXNode) throws(ConversionError) {
    var result = try constant(node, 0, "input")
    for (axis, count) in try repeats(node, rank: result.shape.count).enumerated()
    where count != .known(1) {
      // One stored element stands for a whole axis, whose size need not be known.
      guard result.extents[axis] != .known(1) else {
        result.extents[axis] = count
        continue
      }
      guard let size = result.extents[axis].known, let count = count.known,
        case let (total, overflow) = size.multipliedReportingOverflow(by: count), !overflow
      else { throw node.unsupported("repeats an axis of a size that is not known") }
      if result.shape[axis] == size {
        var shape = result.shape
        shape[axis] = total
        try spend(shape, node)
        let positions = (0..<total).map { $0 % size }
        result = result.picking(
          result.offsets(taking: positions, of: axis), extents: result.extents)
      }
      result.extents[axis] = .known(total)
    }
    try define(node, result)
  }

  /// The sizes that input `index` asks for, known to be positive or not known.
  private mutating func sizes(
    _ node: ONNXNode, _ index: Int
  ) throws(ConversionError) -> [Extent] {
    let shape = try constant(node, index, "shape")
    guard case .integers(let extents) = shape.elements, shape.isStored, shape.shape.count == 1,
      extents.count <= 8, extents.allSatisfy({ $0.known ?? 1 >= 1 })
    else { throw node.unsupported("the input shape is not a row of sizes") }
    return extents
  }

  /// The sizes that a `Reshape` asks for, at most one of them -1.
  mutating func target(
    of node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) -> [Extent] {
    let shape = try constant(node, 1, "shape")
    guard case .integers(let target) = shape.elements, shape.isStored, shape.shape.count == 1,
      target.count <= 8, target.count(where: { $0 == .known(-1) }) <= 1
    else {
      throw node.unsupported("the input shape is not a row of integers, at most one of them -1")
    }
    let keepsZero = try attributes.flag("allowzero")
    guard !keepsZero || !target.contains(.known(0)) else {
      throw node.unsupported("a shape of size 0")
    }
    return target
  }

  mutating func reshape(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let constant = try constant(node, 0, "data")
    guard let sizes = sizes(try target(of: node, &attributes), of: constant) else {
      throw node.unsupported("a shape that does not follow the constant's")
    }
    try define(node, ConstantValue(shape: sizes, constant.elements))
  }

  /// The sizes that `target` asks for, where they hold as many elements as `constant`.
  private func sizes(_ target: [Extent], of constant: ConstantValue) -> [Int]? {
    guard constant.isStored else { return nil }
    var sizes: [Int] = []
    for (axis, extent) in target.enumerated() {
      guard let size = extent.known, size >= -1 else { return nil }
      guard size == 0 else {
        sizes.append(size)
        continue
      }
      guard axis < constant.shape.count else { return nil }
      sizes.append(constant.shape[axis])
    }
    guard let rest = sizes.firstIndex(of: -1) else {
      return elementCount(of: sizes) == constant.count ? sizes : nil
    }
    sizes[rest] = 1
    guard let others = elementCount(of: sizes), others > 0, constant.count % others == 0 else {
      return nil
    }
    sizes[rest] = constant.count / others
    return sizes
  }
}
