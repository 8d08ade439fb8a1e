extension JSONNode {
  /// Axes of an array of numbers: the most that a weight of any source has.
  private static let maximumRank = 4

  /// An array of finite float32 numbers, its rows of equal length; none of them empty.
  func array() throws(ConversionError) -> Tensor {
    var shape: [Int] = []
    var first = value
    while case .array(let members) = first {
      shape.append(members.count)
      guard let next = members.first else { throw malformed("an empty array") }
      guard shape.count <= Self.maximumRank else {
        throw malformed("an array of more than \(Self.maximumRank) axes")
      }
      first = next
    }
    guard !shape.isEmpty else { throw wrong("an array of numbers") }
    var values: [Float] = []
    // Rows that are ragged end in an error before this many are read.
    values.reserveCapacity(min(elementCount(of: shape) ?? 0, 1 << 20))
    try Self.flatten(self, shape[...], into: &values)
    return Tensor(shape: shape, values)
  }

  /// An array of exactly this shape; `why` tells where the sizes come from.
  func array(shape: [Int], _ why: String) throws(ConversionError) -> [Float] {
    let array = try array()
    guard array.shape == shape else {
      throw malformed("has the shape \(array.shape); expected \(shape): \(why)")
    }
    return array.floats
  }

  private static func flatten(
    _ node: JSONNode, _ shape: ArraySlice<Int>, into values: inout [Float]
  ) throws(ConversionError) {
    guard case .array(let members) = node.value else { throw node.wrong("an array") }
    guard members.count == shape.first else {
      throw node.malformed(
        "\(members.count) elements in a row, \(shape.first ?? 0) in the first one")
    }
    // The path is spelled out only where something is wrong: it costs more than the number.
    for (index, member) in members.enumerated() {
      if shape.count > 1 {
        try flatten(node.element(index, member), shape.dropFirst(), into: &values)
      } else {
        let number: Double
        switch member {
        case .integer(let integer): number = Double(integer)
        case .number(let double): number = double
        default: throw node.element(index, member).wrong("a number")
        }
        let value = Float(number)
        guard value.isFinite else {
          throw node.element(index, member).malformed("beyond the range of float32")
        }
        values.append(value)
      }
    }
  }

  private func element(_ index: Int, _ value: JSONValue) -> JSONNode {
    JSONNode(file: file, path: "\(path)[\(index)]", value: value)
  }
}
