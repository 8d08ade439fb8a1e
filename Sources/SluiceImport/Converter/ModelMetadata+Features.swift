import SluiceNetwork

/// What becomes of a number that is missing.
package enum MissingPolicy: Sendable, Equatable {
  /// It is an error.
  case refuse
  /// The one before it in its column stands for it.
  case hold
  /// This one stands for it.
  case value(Double)

  init(_ node: JSONNode) throws(ConversionError) {
    switch node.value {
    case .string("refuse"): self = .refuse
    case .string("hold"): self = .hold
    case .integer, .number:
      let number = try node.double()
      guard Float(number).isFinite else {
        throw node.malformed("\(number) is beyond float32")
      }
      self = .value(number)
    default: throw node.malformed("expected \"refuse\", \"hold\" or a number")
    }
  }
}

extension ModelMetadata {
  /// One feature of the input or output.
  struct Feature {
    static let keys: Set<String> = [
      "name", "unit", "description", "mean", "std", "range", "missing",
    ]

    let name: String?
    /// What the network's own feature 0 and 1 stand for, in the feature's unit: the mean, and the mean and
    /// one deviation more.
    let mean: Double
    let deviation: Double
    let missing: MissingPolicy?

    var isScaled: Bool { mean != 0 || deviation != 1 }
  }
}

extension ModelMetadata.Feature {
  /// The features of an array.
  static func list(_ node: JSONNode, allowingUnknown: Bool) throws(ConversionError) -> [Self] {
    var features: [Self] = []
    var names: Set<[UInt8]> = []
    for element in try node.elements() {
      if !allowingUnknown { _ = try element.object(keys: keys) }
      let feature = try Self(element)
      if let name = feature.name, !names.insert(Array(name.utf8)).inserted {
        throw element.malformed("a second feature of the name \"\(quotable(name))\"")
      }
      features.append(feature)
    }
    return features
  }

  private init(_ feature: JSONNode) throws(ConversionError) {
    name = try feature.optional("name")?.string()
    for text in ["unit", "description"] { _ = try feature.optional(text)?.string() }
    if let range = try feature.optional("range") { try Self.checkRange(range) }
    missing = try feature.optional("missing").map(MissingPolicy.init)
    mean = try feature.optional("mean")?.double() ?? 0
    deviation = try feature.optional("std")?.double() ?? 1
    guard deviation > 0, (1 / deviation).isFiniteFloat, deviation.isFiniteFloat,
      mean.isFiniteFloat, (mean / deviation).isFiniteFloat
    else {
      throw feature.malformed(
        "mean \(mean) and std \(deviation) are no scale of float32; std is greater than zero")
    }
  }

  static func checkRange(_ range: JSONNode) throws(ConversionError) {
    let bounds = try range.elements()
    guard bounds.count == 2, try bounds[0].double() <= bounds[1].double() else {
      throw range.malformed("expected the least and the greatest value")
    }
  }
}

extension Double {
  fileprivate var isFiniteFloat: Bool { Float(self).isFinite }
}

extension JSONNode {
  /// The value as one to write.
  func json() throws(ConversionError) -> JSON {
    switch value {
    case .null: return .null
    case .bool(let value): return .bool(value)
    case .integer(let value): return .integer(value)
    case .number(let value): return .double(value)
    case .string(let value): return .string(value)
    case .array, .numbers:
      return .array(try elements().map { (element) throws(ConversionError) in try element.json() })
    case .object:
      return .object(
        try members().map { (member) throws(ConversionError) in
          (member.key, try member.node.json())
        })
    }
  }
}
