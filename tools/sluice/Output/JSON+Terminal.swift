import SluiceImport
import SluiceNetwork

extension JSON {
  /// The name of a file, or a text with one in it.
  static func path(_ path: String) -> JSON { .string(FileName.readable(path)) }

  /// The value on one line, of which a terminal obeys no character.
  var printable: String {
    // A string of another's may hold controls as they are, where the grammar allows them.
    text(escaping: Self.escapedForTerminal).unicodeScalars.reduce(into: "") { result, scalar in
      if scalar.isControl, scalar.value > 0x20 {
        result += Self.units(of: scalar)
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
  }

  private static func escapedForTerminal(_ scalar: Unicode.Scalar) -> String? {
    switch scalar {
    case "\n": "\\n"
    case "\t": "\\t"
    default: escaped(scalar)
    }
  }
}
