import SluiceBlob
import SluiceNetwork

extension JSONNode {
  /// Elements that an array may have whose elements are looked at one by one: a blob's layers.
  private static let maximumElements = BlobLimits.layerCount

  package var isArray: Bool {
    switch value {
    case .array, .numbers: true
    default: false
    }
  }

  /// The elements of the array.
  package func elements() throws(ConversionError) -> [JSONNode] {
    let count =
      switch value {
      case .array(let values): values.count
      case .numbers(let numbers): numbers.count
      default: throw wrong("an array")
      }
    guard count <= Self.maximumElements else {
      throw malformed("more than \(Self.maximumElements) elements")
    }
    guard case .numbers(let numbers) = value else {
      guard case .array(let values) = value else { return [] }
      return values.enumerated().map { child($0, $1) }
    }
    var reader = JSONReader(source, numbers.start..<source.count)
    var nodes: [JSONNode] = []
    for index in 0..<count {
      let (text, range) = try reader.nextOfRow()
      let number = text.integer.map { JSONValue.integer($0) }
      nodes.append(child(index, number ?? .number(reader.double(text, range))))
    }
    return nodes
  }

  /// Axes of an array of numbers: the most that a weight of any source has.
  private static let maximumRank = 4

  /// An array of finite float32 numbers, its rows of equal length; none of them empty.
  package func array() throws(ConversionError) -> Tensor {
    let shape = try shape()
    var values: [Float] = []
    // Rows that are ragged end in an error before this many are read.
    values.reserveCapacity(min(elementCount(of: shape) ?? 0, 1 << 16))
    try flatten(shape[...], into: &values)
    return Tensor(shape: shape, values)
  }

  /// An array of exactly this shape; `why` tells where the sizes come from.
  package func array(shape: [Int], _ why: String) throws(ConversionError) -> [Float] {
    let found = try self.shape()
    guard found == shape else {
      throw malformed("has the shape \(found); expected \(shape): \(why)")
    }
    return try array().floats
  }

  /// The array's shape, as far as its first rows tell.
  private func shape() throws(ConversionError) -> [Int] {
    var shape: [Int] = []
    var node = self
    while true {
      var next: JSONNode?
      switch node.value {
      case .numbers(let numbers): shape.append(numbers.count)
      case .array(let members):
        shape.append(members.count)
        guard let first = members.first else { throw malformed("an empty array") }
        if first.isNumber { throw node.firstNoNumber(members) }
        next = node.child(0, first)
      default: throw node.wrong(shape.isEmpty ? "an array of numbers" : "a number")
      }
      guard shape.count <= Self.maximumRank else {
        throw malformed("an array of more than \(Self.maximumRank) axes")
      }
      guard let next else { return shape }
      node = next
    }
  }

  /// The error of an array that holds numbers and other values.
  private func firstNoNumber(_ members: [JSONValue]) -> ConversionError {
    let index = members.firstIndex { !$0.isNumber } ?? 0
    return child(index, members[index]).wrong("a number")
  }

  private func flatten(
    _ shape: ArraySlice<Int>, into values: inout [Float]
  ) throws(ConversionError) {
    func check(_ count: Int) throws(ConversionError) {
      guard count == shape.first else {
        throw malformed("\(count) elements in a row, \(shape.first ?? 0) in the first one")
      }
    }
    switch value {
    case .array(let members):
      try check(members.count)
      guard shape.count > 1 else { throw firstNoNumber(members) }
      for (index, member) in members.enumerated() {
        try child(index, member).flatten(shape.dropFirst(), into: &values)
      }
    case .numbers(let numbers):
      try check(numbers.count)
      guard shape.count == 1 else { throw child(0, .integer(0)).wrong("an array") }
      var reader = JSONReader(source, numbers.start..<source.count)
      for index in 0..<numbers.count {
        let (text, range) = try reader.nextOfRow()
        let value = Float(reader.double(text, range))
        guard value.isFinite else {
          throw child(index, .null).malformed("beyond the range of float32")
        }
        values.append(value)
      }
    default: throw wrong("an array")
    }
  }
}
