import SluiceConversion
import SluiceImport
import SluiceNetwork

/// A JSON value to print. Members keep their order.
indirect enum JSON: Sendable, ExpressibleByStringLiteral {
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

  /// The name of a file, or a text with one in it.
  static func path(_ path: String) -> JSON { .string(FileName.readable(path)) }
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
    case .verbatim(let text): Self.withoutControls(text)
    }
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case _ where scalar.isControl: result += escaped(scalar)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  /// JSON with the controls escaped that its strings may hold as they are: it is shown on terminals.
  private static func withoutControls(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { $0.isControl && $0.value > 0x20 }) else {
      return text
    }
    return text.unicodeScalars.reduce(into: "") { result, scalar in
      if scalar.isControl, scalar.value > 0x20 {
        result += escaped(scalar)
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
  }

  /// One unit of UTF-16, or two.
  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    String(scalar).utf16.map { unit in
      let digits = String(unit, radix: 16)
      return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }.joined()
  }
}
