/// A JSON value to print. Members keep their order.
indirect enum JSON: ExpressibleByStringLiteral {
  case object([(String, JSON)])
  case array([JSON])
  case string(String)
  case integer(Int)
  case double(Double)
  case float(Float)
  case bool(Bool)
  case null
  /// Text that is JSON already.
  case verbatim(String)

  init(stringLiteral value: String) { self = .string(value) }

  static func integers(_ values: [Int]) -> JSON { .array(values.map { .integer($0) }) }
  static func strings(_ values: [String]) -> JSON { .array(values.map { .string($0) }) }

  /// The value on one line. A number that is not finite has no spelling in JSON: it becomes null.
  var text: String {
    switch self {
    case .object(let members):
      "{" + members.map { "\(Self.quoted($0.0)):\($0.1.text)" }.joined(separator: ",") + "}"
    case .array(let values): "[" + values.map(\.text).joined(separator: ",") + "]"
    case .string(let text): Self.quoted(text)
    case .integer(let value): "\(value)"
    case .double(let value): value.isFinite ? "\(value)" : "null"
    case .float(let value): value.isFinite ? "\(value)" : "null"
    case .bool(let value): "\(value)"
    case .null: "null"
    case .verbatim(let text): text
    }
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\0"..<" ", "\u{7F}":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
