import SluiceNetwork

/// The attributes of a node while they are read: one that nobody asks for is refused at the end.
struct AttributeReader {
  private let node: ONNXNode
  private var left: [Name: ONNXAttribute.Value]

  init(_ node: ONNXNode) {
    self.node = node
    left = Dictionary(uniqueKeysWithValues: node.attributes.map { ($0.name, $0.value) })
  }

  private func wrong(_ name: Name, _ expected: String) -> ConversionError {
    node.malformed("the attribute \(name) is not \(expected)")
  }

  mutating func integer(_ name: Name) throws(ConversionError) -> Int? {
    guard let value = left.removeValue(forKey: name) else { return nil }
    guard case .integer(let integer) = value else { throw wrong(name, "an integer") }
    return Int(integer)
  }

  /// The integer named `name`, which must be there.
  mutating func required(_ name: Name) throws(ConversionError) -> Int {
    guard let value = try integer(name) else {
      throw node.malformed("the attribute \(name) is missing")
    }
    return value
  }

  /// The integer 0 or 1 named `name`, 0 where it is absent.
  mutating func flag(_ name: Name) throws(ConversionError) -> Bool {
    let value = try integer(name) ?? 0
    guard value == 0 || value == 1 else { throw wrong(name, "0 or 1") }
    return value == 1
  }

  mutating func integers(_ name: Name) throws(ConversionError) -> [Int]? {
    guard let value = left.removeValue(forKey: name) else { return nil }
    guard case .integers(let integers) = value else { throw wrong(name, "a list of integers") }
    return integers.map { Int($0) }
  }

  mutating func float(_ name: Name) throws(ConversionError) -> Float? {
    guard let value = left.removeValue(forKey: name) else { return nil }
    guard case .float(let float) = value, float.isFinite else {
      throw wrong(name, "a finite float")
    }
    return float
  }

  mutating func floats(_ name: Name) throws(ConversionError) -> [Float]? {
    guard let value = left.removeValue(forKey: name) else { return nil }
    guard case .floats(let floats) = value else { throw wrong(name, "a list of floats") }
    return floats
  }

  mutating func string(_ name: Name) throws(ConversionError) -> String? {
    guard let value = left.removeValue(forKey: name) else { return nil }
    guard case .string(let string) = value else { throw wrong(name, "a string") }
    return string
  }

  mutating func strings(_ name: Name) throws(ConversionError) -> [String]? {
    guard let value = left.removeValue(forKey: name) else { return nil }
    guard case .strings(let strings) = value else { throw wrong(name, "a list of strings") }
    return strings
  }

  /// Passes over an attribute that somebody else reads.
  mutating func skip(_ name: Name) { left.removeValue(forKey: name) }

  mutating func tensor(_ name: Name) throws(ConversionError) -> ONNXTensor? {
    guard let value = left.removeValue(forKey: name) else { return nil }
    guard case .tensor(let tensor) = value else { throw wrong(name, "a tensor") }
    return tensor
  }

  /// Refuses the attributes that nobody asked for.
  func finish() throws(ConversionError) {
    guard let name = left.keys.min() else { return }
    throw node.unsupported("the attribute \(quotable(name)) is not supported")
  }
}
