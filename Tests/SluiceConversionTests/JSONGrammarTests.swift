import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// RFC 8259, production by production, in the classes of the public suites of JSON: what every
/// reader must take, what none may, and what is left to each. The texts are our own.
@Suite("JSON: the grammar, what is taken, refused and decided") struct JSONGrammarTests {
  /// A text, as bytes where it is no UTF-8.
  struct Text: Sendable, CustomTestStringConvertible {
    let bytes: [UInt8]
    var testDescription: String { String(decoding: bytes, as: UTF8.self) }
  }

  private static func texts(_ texts: String...) -> [Text] {
    texts.map { Text(bytes: Array($0.utf8)) }
  }

  private static func texts(_ bytes: [UInt8]...) -> [Text] { bytes.map { Text(bytes: $0) } }

  private func parse(_ text: Text) throws -> JSONValue {
    try JSONReader.parse(file: "a.json", text.bytes).value
  }

  /// y: structure and white space.
  static let structures = texts(
    "[]", "{}", "[ ]", "{ }", "\t[\n]\r ", "[[]]", "[[],[[]]]", "[{}]", #"{"":[]}"#, #"{"a":{}}"#,
    "[null]", "[1,null,1]",
    "[true,false]", " 7", "7 ", "\"text\"", "null", "true", "false", "\"\"", #"{"a":1,"b":1}"#,
    #"{"a":[{"a":[{"a":0}]}]}"#,
    "[1\n,\r2\t, 3]", #"{ "a" : 1 , "b" : 2 }"#, #"{"long key, with , and : and ]":1}"#)

  /// y: numbers.
  static let numbers = texts(
    "0", "-0", "9", "10", "-1", "-10", "0.0", "-0.0", "1.5", "0e1", "0e+1", "0E-1", "1e0", "1E2",
    "1e+2", "1e-2", "123.456e78",
    "0.000000000000000000000000000000000000001", "-9223372036854775808", "9223372036854775808",
    "1e-400",
    "123123123123123123123123123123", "[4 ]", "[-1]", "[0,-0,0.5]")

  /// y: strings.
  static let strings = texts(
    #""\"\\\/\b\f\n\r\t""#, #""\u0041\u00e9\u20AC""#, #""\uD834\uDD1E""#, #""\ud834\udd1e""#,
    #""\u0000""#, #""\u0022""#,
    #""\u005C""#, #""\uFFFF""#, #""\uFDD0""#, #""\uDBFF\uDFFF""#, "\"é€𝄞\"", "\"\u{7F}\"",
    "\"\u{2028}\u{2029}\"",
    "\"\u{FEFF}\"", "\"//\"", "\"/* no comment */\"", #""a\u0000b""#, #"{"\u0061":1}"#, "\" \"",
    #""\\u0041""#, #""\\\"""#)

  @Test("y: what every reader takes", arguments: structures + numbers + strings)
  func taken(_ text: Text) throws { _ = try parse(text) }

  @Test("y: what a text means")
  func meanings() throws {
    func value(_ text: String) throws -> JSONValue { try parse(Text(bytes: Array(text.utf8))) }
    #expect(try value(#""\u0041\u00e9\u20AC\uD834\uDD1E""#) == .string("Aé€𝄞"))
    #expect(try value(#""\"\\\/\b\f\n\r\t""#) == .string("\"\\/\u{8}\u{C}\n\r\t"))
    #expect(try value("-9223372036854775808") == .integer(.min))
    #expect(try value("9223372036854775808") == .number(9223372036854775808))
    #expect(try value("0E-1") == .number(0) && value("1e-400") == .number(0))
  }

  /// n: arrays, objects, words and what follows them.
  static let noStructures = texts(
    "", " ", "[", "]", "{", "}", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1,,2]", "[1 2]", "[1;2]",
    "[1:2]", "[\"a\"", "[\"a\",",
    "[[1]", "[1]]", "{]", "[}", "[{]", "{[}", "{,}", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#,
    #"{"a":1,,"b":2}"#, #"{"a":1 "b":2}"#,
    #"{"a"1}"#, #"{"a"::1}"#, #"{"a":1"#, #"{"a""#, #"{"a"#, "{1:1}", "{null:1}", "{a:1}",
    "{'a':1}", "['a']", #"{"a":1}x"#,
    #"{"a":1}{"#, "[]#", "[]/**/", "/**/[]", "[1/**/]", "// a\n[]", "[1,\n1\n,1", "nul", "nulL",
    "NULL", "True", "tru", "fals",
    "truefalse", "[nul]", "[a]", "a", "undefined", "[1] [2]", "1 2", "\"a\" \"b\"", "<html>", "[*]",
    "{\"a\":1,\"a\":1}",
    "[\u{B}1]", "[\u{C}1]", "[\u{A0}1]", "\u{2060}[1]", "[\0]", "[]\0", "\0[]")

  /// n: numbers.
  static let noNumbers = texts(
    "+1", "++1", "--1", "-", "-a", "- 1", "01", "-01", "00", "0123", "1.", "-1.", ".1", "-.1",
    "1.e1", "1..1", "1.2.3", "1e",
    "1e+", "1e-", "1eE2", "1e1.5", "0e", "0e+", "1 000", "1_000", "1,5", "0x1", "0b1", "1a", "1.0f",
    "NaN", "nan", "-NaN", "Inf",
    "Infinity", "-Infinity", "1/2", "[1+2]", "[-]", "[1.]", "[0.e1]", "１", "١", "[0 1]")

  /// n: strings.
  static let noStrings = texts(
    "\"", "\"a", #""\"#, #""\""#, #""\\\""#, #""\x41""#, #""\a""#, #""\'""#, #""\0""#, #""\ ""#,
    #""\u""#, #""\u1""#, #""\u12""#,
    #""\u123""#, #""\u12G4""#, #""\u 123""#, #""\u+123""#, #""\u-123""#, #""\U0041""#, "\"\n\"",
    "\"\t\"", "\"\0\"", "\"\u{1F}\"",
    "\"a\\\nb\"", "'a'", "“a”", "[\"a\nb\"]", #"\u0041"#, #"[\n]"#, #""a"b"#)

  @Test("n: what no reader may take", arguments: noStructures + noNumbers + noStrings)
  func refused(_ text: Text) {
    #expect(refuses(.malformed, "byte ") { _ = try parse(text) })
  }

  /// i: bytes that are no UTF-8, or UTF-16.
  static let encodings = texts(
    [0x22, 0x80, 0x22], [0x22, 0xBF, 0x22], [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xC1, 0xBF, 0x22],
    [0x22, 0xC3, 0x22],
    [0x22, 0xE0, 0x80, 0xAF, 0x22], [0x22, 0xE2, 0x82, 0x22], [0x22, 0xED, 0xBF, 0xBF, 0x22],
    [0x22, 0xF0, 0x80, 0x80, 0xAF, 0x22],
    [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], [0x22, 0xF5, 0x80, 0x80, 0x80, 0x22], [0x22, 0xFE, 0x22],
    [0x22, 0xFF, 0x22],
    [0xFF], [0x5B, 0xFF, 0x5D], [0x7B, 0x22, 0xB9, 0x22, 0x3A, 0x30, 0x7D],
    [0xEF, 0xBB, 0xBF, 0x5B, 0x5D], [0xEF, 0xBB, 0x5B, 0x5D],
    [0xFE, 0xFF, 0x00, 0x5B, 0x00, 0x5D], [0xFF, 0xFE, 0x5B, 0x00, 0x5D, 0x00],
    [0x5B, 0x00, 0x5D, 0x00])

  /// i: surrogates without a partner.
  static let surrogates = texts(
    #""\uD800""#, #""\uDC00""#, #""\uDD1E\uD834""#, #""\uD800\uD800""#, #""\uD800\n""#,
    #""\uD800\u0041""#, #""\uD800a""#,
    #""\uD800\uDBFF""#, #""a\uDFFFb""#, #"{"\uDFAA":0}"#)

  /// i: numbers beyond a Double, and texts beyond our bounds.
  static let bounds = texts(
    "1e309", "-1e309", "[1e9999999999999999999]", "179769313486231580793e289",
    String(repeating: "9", count: 129), "0." + String(repeating: "0", count: 200) + "1",
    String(repeating: "[", count: 129) + String(repeating: "]", count: 129),
    String(repeating: "[", count: 100_000), String(repeating: #"{"a":"#, count: 100_000),
    String(repeating: "[{\"\":", count: 50_000))

  @Test("i: what is left to each is refused here", arguments: encodings + surrogates + bounds)
  func decided(_ text: Text) {
    #expect(refuses(.malformed, "byte ") { _ = try parse(text) })
  }

  @Test("i: what is left to each and taken here")
  func kept() throws {
    func value(_ text: String) throws -> JSONValue { try parse(Text(bytes: Array(text.utf8))) }
    #expect(try value("-1e-9999") == .number(-0.0), "too small for a Double")
    #expect(try value("10000000000000000999") == .number(10000000000000000000), "beyond 64 bits")
    let deep = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
    _ = try value(deep)
    #expect(try value(#"{"a":1,"A":2}"#) != .null, "keys that differ in case are two")
  }
}
