import SluiceNetwork

extension StepImporter {
  /// `ScatterND`: some rows replaced by others, as a cache that moves on is written.
  mutating func scatter(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let data = try viewOrZeros(node, 0)
    let updates = try viewOrZeros(node, 2)
    let rows = try ScatteredRows(
      node, &attributes, of: data.shape, updates: updates.shape, &folder)
    var result = data
    result.elements = rows.replaced(in: data.elements, by: updates.elements)
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
