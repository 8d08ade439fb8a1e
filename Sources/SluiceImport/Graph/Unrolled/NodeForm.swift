import SluiceNetwork

/// What two nodes have in common that compute the same: the operator, its attributes, and what they read.
struct NodeForm: Hashable {
  enum Input: Hashable {
    case missing
    /// A constant, by its place among those that differ.
    case constant(Int)
    case name(Name)
  }

  private let operation: String
  private let attributes: [Name: String]
  var inputs: [Input] = []

  /// The form of a node without its inputs; nil where an attribute is a graph or a tensor.
  init?(_ node: ONNXNode) {
    operation = "\(node.domain):\(node.operation)"
    var attributes: [Name: String] = [:]
    for attribute in node.attributes {
      guard let text = attribute.value.text else { return nil }
      attributes[attribute.name] = text
    }
    self.attributes = attributes
  }
}

extension ONNXAttribute.Value {
  /// The value and its kind in words; nil of what is too large to be told.
  fileprivate var text: String? {
    switch self {
    case .float(let value): "float \(value.bitPattern)"
    case .integer(let value): "integer \(value)"
    case .string(let value): "string \(value)"
    case .floats(let values): "floats \(values.map(\.bitPattern))"
    case .integers(let values): "integers \(values)"
    case .strings(let values): "strings \(values)"
    case .tensor, .graph, .other: nil
    }
  }
}

/// Tells constants apart by their values: of each that differs from all others the place.
struct ConstantClasses {
  private var folder: ConstantFolder
  private let node: ONNXNode
  /// Whether a name is computed of the sequence.
  private let isComputed: (Name) -> Bool
  private var places: [Name: Int?] = [:]
  private var values: [[Extent]: [(value: ConstantValue, place: Int)]] = [:]
  private var count = 0
  /// Numbers that may still be compared.
  private var budget = 1 << 24

  /// - Parameter node: whose the constants are, for messages.
  init(_ folder: ConstantFolder, _ node: ONNXNode, isComputed: @escaping (Name) -> Bool) {
    self.folder = folder
    self.node = node
    self.isComputed = isComputed
  }

  /// The place of the constant that a name stands for; nil where it is none.
  mutating func place(of name: Name) -> Int? {
    if let known = places[name] { return known }
    var place: Int?
    if !isComputed(name), let value = try? folder.named(name, node) {
      let others = values[value.extents, default: []]
      budget -= value.count * (others.count + 1)
      guard budget > 0 else { return nil }
      place = others.first { $0.value.isSame(as: value) }?.place
      if place == nil {
        values[value.extents, default: []].append((value, count))
        place = count
        count += 1
      }
    }
    places[name] = place
    return place
  }
}

extension ConstantValue {
  /// Whether both have the same shape and, bit by bit, the same numbers.
  fileprivate func isSame(as other: ConstantValue) -> Bool {
    guard extents == other.extents, shape == other.shape else { return false }
    return switch (elements, other.elements) {
    case (.floats(let a), .floats(let b)):
      a.count == b.count && zip(a, b).allSatisfy { $0.bitPattern == $1.bitPattern }
    case (.integers(let a), .integers(let b)): a == b
    default: false
    }
  }
}
