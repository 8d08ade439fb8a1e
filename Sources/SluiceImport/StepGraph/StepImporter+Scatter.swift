import SluiceNetwork

extension StepImporter {
  /// `ScatterND`: some rows replaced by others, as a cache that moves on is written.
  mutating func scatter(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    guard try attributes.string("reduction") ?? "none" == "none" else {
      throw node.unsupported("the attribute reduction")
    }
    let data = try viewOrZeros(node, 0)
    let updates = try viewOrZeros(node, 2)
    let indices = try folder.stored(folder.constant(node, 1, "indices"), node)
    guard let places = indices.integers, let depth = indices.shape.last, depth > 0,
      depth <= data.rank
    else { throw node.unsupported("indices that are not known integers") }
    let row = data.shape.dropFirst(depth).reduce(1, *)
    guard places.count / depth * row == updates.count else {
      throw node.malformed("updates of the shape \(updates.shape)")
    }
    let strides = StepView.strides(data.shape)
    var result = data
    for first in Swift.stride(from: 0, to: places.count, by: depth) {
      var start = 0
      for axis in 0..<depth {
        let (index, size) = (places[first + axis], data.shape[axis])
        guard (-size..<size).contains(index) else {
          throw node.malformed("the index \(index) of \(size)")
        }
        start += (index < 0 ? index + size : index) * strides[axis]
      }
      let from = first / depth * row
      for place in 0..<row { result.elements[start + place] = updates.elements[from + place] }
    }
    try define(node, .view(result))
  }

  /// The value of input `index`; a constant where all of it is zero.
  mutating func viewOrZeros(_ node: ONNXNode, _ index: Int) throws(ConversionError) -> StepView {
    guard let name = node.input(index), values[name] == nil else { return try view(node, index) }
    let constant = try folder.constant(node, index, "input \(index)")
    let sizes = constant.extents.compactMap(\.known)
    guard let floats = constant.floats, sizes.count == constant.extents.count,
      floats.allSatisfy({ $0 == 0 }), let count = elementCount(of: sizes), count > 0
    else {
      throw node.unsupported(
        "input \(index) is a constant; expected what the step computes, or zeros")
    }
    try spend(count, node)
    return StepView(
      shape: sizes,
      elements: Array(
        repeating: StepElement(source: StepElement.zeros, index: 0), count: count))
  }
}
