import SluiceNetwork

/// A JSON value.
package enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  /// A number written without fraction and exponent that fits.
  case integer(Int)
  /// Any other number; always finite.
  case number(Double)
  case string(String)
  case array([JSONValue])
  /// An array of one number or more and of nothing else.
  case numbers(JSONNumbers)
  case object(JSONObject)

  var isNumber: Bool {
    switch self {
    case .integer, .number: true
    default: false
    }
  }

  /// What the value is, for an error.
  var kind: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .integer: "an integer"
    case .number: "a number with a fraction"
    case .string: "a string"
    case .array, .numbers: "an array"
    case .object: "an object"
    }
  }
}

/// Numbers that stay text until someone knows how many there must be: a number can be two bytes
/// long, and would be many times that as a value.
package struct JSONNumbers: Sendable, Hashable {
  /// The offset of the first one's first byte.
  let start: Int
  let count: Int
}

/// The members of a JSON object, in the order of the text; no key stands twice.
package struct JSONObject: Sendable, Hashable {
  let keys: [String]
  let values: [JSONValue]

  /// An object of these members; nil, with the index of the second, where a key stands twice.
  init?(keys: [String], values: [JSONValue], duplicate: inout Int) {
    self.keys = keys
    self.values = values
    if keys.count <= 8 {
      for index in keys.indices where keys[..<index].hasBytes(of: keys[index]) {
        duplicate = index
        return nil
      }
      return
    }
    var seen = Set<Name>(minimumCapacity: keys.count)
    for (index, key) in keys.enumerated() where !seen.insert(Name(key)).inserted {
      duplicate = index
      return nil
    }
  }

  /// The member of that name, after a look at every key: whoever wants all of them goes through
  /// `keys` and `values`.
  subscript(key: String) -> JSONValue? {
    keys.firstIndex { $0.utf8.elementsEqual(key.utf8) }.map { values[$0] }
  }
}
