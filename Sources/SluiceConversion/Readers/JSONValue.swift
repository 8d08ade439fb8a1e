/// A JSON value.
enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  /// A number written without fraction and exponent that fits.
  case integer(Int)
  /// Any other number; always finite.
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)

  /// What the value is, for an error.
  var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .integer: "an integer"
    case .number: "a number with a fraction"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

/// The members of a JSON object, in the order of the text; no key stands twice.
struct JSONObject: Sendable, Hashable {
  private(set) var keys: [String]
  private var members: [String: JSONValue]

  /// An object of these members; nil, with the index of the second, where a key stands twice.
  init?(keys: [String], values: [JSONValue], duplicate: inout Int) {
    self.keys = keys
    members = Dictionary(minimumCapacity: keys.count)
    for (index, (key, value)) in zip(keys, values).enumerated()
    where members.updateValue(value, forKey: key) != nil {
      duplicate = index
      return nil
    }
  }

  subscript(key: String) -> JSONValue? { members[key] }
}
