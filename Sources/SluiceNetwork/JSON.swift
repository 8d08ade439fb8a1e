/// A value of JSON to write. Members keep their order, and numbers are spelled as Swift spells them.
package enum JSON: Sendable, ExpressibleByStringLiteral {
  /// A named value.
  package typealias Member = (name: String, value: JSON)

  case object([Member])
  case array([JSON])
  case string(String)
  case integer(Int)
  case double(Double)
  case float(Float)
  case bool(Bool)
  case null
  /// Text that is JSON already: another's, or a number of as many digits as it is worth.
  case verbatim(String)

  package init(stringLiteral value: String) { self = .string(value) }

  package static func integers(_ values: [Int]) -> JSON { .array(values.map { .integer($0) }) }
  package static func strings(_ values: [String]) -> JSON { .array(values.map { .string($0) }) }
  /// A number, or null.
  package static func optional(_ value: Double?) -> JSON { value.map { .double($0) } ?? .null }

  /// The value on one line. A number that is not finite has no spelling in JSON: it becomes null.
  package var text: String { text(escaping: Self.escaped) }

  /// The value on one line.
  ///
  /// - Parameter escape: how a character within a string is written in place of itself; nil for as it
  ///   is, which the grammar allows all but quotes, backslashes and what lies below a space.
  package func text(escaping escape: (Unicode.Scalar) -> String?) -> String {
    switch self {
    case .object(let members):
      "{"
        + members.map {
          "\(Self.quoted($0.name, escape)):\($0.value.text(escaping: escape))"
        }.joined(separator: ",") + "}"
    case .array(let values):
      "[" + values.map { $0.text(escaping: escape) }.joined(separator: ",") + "]"
    case .string(let text): Self.quoted(text, escape)
    case .integer(let value): "\(value)"
    case .double(let value): value.isFinite ? "\(value)" : "null"
    case .float(let value): value.isFinite ? "\(value)" : "null"
    case .bool(let value): "\(value)"
    case .null: "null"
    case .verbatim(let text): text
    }
  }

  private static func quoted(_ text: String, _ escape: (Unicode.Scalar) -> String?) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      if let escaped = escape(scalar) {
        result += escaped
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  /// What the grammar asks to be escaped; nil for what may stand as it is.
  package static func escaped(_ scalar: Unicode.Scalar) -> String? {
    switch scalar {
    case "\"", "\\": "\\\(scalar)"
    case "\0"..<" ": units(of: scalar)
    default: nil
    }
  }

  /// A character as its one or two units of UTF-16.
  package static func units(of scalar: Unicode.Scalar) -> String {
    String(scalar).utf16.map { unit in
      let digits = String(unit, radix: 16)
      return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }.joined()
  }
}
