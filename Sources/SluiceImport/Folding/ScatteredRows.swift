import SluiceNetwork

/// Which rows of a value a `ScatterND` replaces.
struct ScatteredRows {
  /// Where each begins, in row-major order.
  private let starts: [Int]
  private let length: Int

  /// - Parameters:
  ///   - shape: that of the value.
  ///   - updates: the shape of the rows that are put in.
  init(
    _ node: ONNXNode, _ attributes: inout AttributeReader, of shape: [Int], updates: [Int],
    _ folder: inout ConstantFolder
  ) throws(ConversionError) {
    guard try attributes.string("reduction") ?? "none" == "none" else {
      throw node.unsupported("the attribute reduction")
    }
    let indices = try folder.stored(folder.constant(node, 1, "indices"), node)
    guard let places = indices.integers, let depth = indices.shape.last, depth > 0,
      depth <= shape.count
    else { throw node.unsupported("indices that are not known integers") }
    let length = shape.dropFirst(depth).reduce(1, *)
    guard places.count / depth * length == updates.reduce(1, *) else {
      throw node.malformed("updates of the shape \(updates)")
    }
    let strides = shape.rowMajorStrides
    var starts: [Int] = []
    for first in stride(from: 0, to: places.count, by: depth) {
      var start = 0
      for axis in 0..<depth {
        let (index, size) = (places[first + axis], shape[axis])
        guard (-size..<size).contains(index) else {
          throw node.malformed("the index \(index) of \(size)")
        }
        start += (index < 0 ? index + size : index) * strides[axis]
      }
      starts.append(start)
    }
    (self.starts, self.length) = (starts, length)
  }

  /// The value with the rows of `others` in it.
  func replaced<Element>(in values: [Element], by others: [Element]) -> [Element] {
    var values = values
    for (index, start) in starts.enumerated() {
      for place in 0..<length { values[start + place] = others[index * length + place] }
    }
    return values
  }
}

extension ConstantFolder {
  /// `ScatterND`: some rows of a constant replaced.
  mutating func scatter(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let data = try stored(constant(node, 0, "data"), node)
    let updates = try stored(constant(node, 2, "updates"), node)
    guard data.isStored, updates.isStored else {
      throw node.unsupported("data or updates that are not known")
    }
    try spend(data.shape, node)
    let rows = try ScatteredRows(
      node, &attributes, of: data.shape, updates: updates.shape, &self)
    switch (data.elements, updates.elements) {
    case (.floats(let a), .floats(let b)):
      try define(node, ConstantValue(shape: data.shape, .floats(rows.replaced(in: a, by: b))))
    case (.integers(let a), .integers(let b)):
      try define(node, ConstantValue(shape: data.shape, .integers(rows.replaced(in: a, by: b))))
    default: throw node.malformed("data and updates of two types")
    }
  }
}
