import SluiceConversion
import SluiceImport
import SluiceNetwork
import TestSupport
import Testing

@Suite("JSON: hostile input J1-J8 and what is read")
struct JSONTests {
  private func parse(_ text: String) throws -> JSONNode { try parse(Array(text.utf8)) }

  private func parse(_ bytes: [UInt8]) throws -> JSONNode {
    try JSONReader.parse(file: "a.json", bytes)
  }

  @Test("J1: a million opening brackets")
  func nesting() throws {
    #expect(
      refuses(.malformed, "byte 128", "within each other") {
        _ = try parse(Array(repeating: UInt8(ascii: "["), count: 1_000_000))
      })
    let deepest = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
    _ = try parse(deepest)
  }

  @Test(
    "J2: numbers that are none",
    arguments: [
      "NaN", "Infinity", "-Infinity", "1e400", "-1e400", "01", "+1", "1.", ".5", "1e", "-", "0x1",
    ])
  func numbers(_ text: String) {
    #expect(refuses(.malformed, "byte ") { _ = try parse(text) })
  }

  @Test(
    "J3: bad UTF-8, surrogates, a byte order mark",
    arguments: [
      [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
      Array(#""\uD800""#.utf8), Array(#""\uDC00""#.utf8), Array(#""\uD800\u0041""#.utf8),
      Array(#""\uD800x""#.utf8), [0xEF, 0xBB, 0xBF, 0x31], [0x22, 0x0A, 0x22],
      Array(#""\x""#.utf8), Array(#""\u12"#.utf8), Array("\"".utf8),
    ])
  func strings(_ bytes: [UInt8]) {
    #expect(refuses(.malformed, "byte ") { _ = try parse(bytes) })
  }

  @Test("J4: a key twice", arguments: [#"{"a":1,"a":2}"#, #"{"b":{"a":1,"\u0061":2}}"#])
  func duplicates(_ text: String) {
    #expect(refuses(.malformed, "\"a\" stands twice") { _ = try parse(text) })
  }

  @Test("J5: ragged rows")
  func raggedRows() throws {
    #expect(refuses(.malformed, "$[1]") { _ = try parse("[[1,2],[3]]").array() })
    #expect(refuses(.malformed, "$[1]", "an array") { _ = try parse("[[1,2],3]").array() })
    #expect(refuses(.malformed, "$[1]", "a number") { _ = try parse("[1,[2]]").array() })
    #expect(refuses(.malformed, "$[0][1]") { _ = try parse("[[1,1e39]]").array() })
    #expect(refuses(.malformed, "$", "empty") { _ = try parse("[]").array() })
    #expect(refuses(.malformed, "$", "axes") { _ = try parse("[[[[[1]]]]]").array() })
    #expect(refuses(.malformed, "$", "an array") { _ = try parse("1").array() })
    let matrix = try parse("[[1,2.5],[3,4]]").array()
    #expect(matrix == Tensor(shape: [2, 2], [1, 2.5, 3, 4]))
    #expect(
      refuses(.malformed, "$", "[2, 2]; expected [4]: four") {
        _ = try parse("[[1,2.5],[3,4]]").array(shape: [4], "four")
      })
  }

  @Test("J6: a number of a million digits is refused in time that follows their number")
  func longNumber() {
    func time(of count: Int) -> Double {
      let digits = Array(repeating: UInt8(ascii: "7"), count: count)
      return leastThreadTime {
        #expect(refuses(.malformed, "byte 0", "128 bytes") { _ = try parse(digits) })
      }
    }
    let (few, many) = (time(of: 1 << 18), time(of: 1 << 20))
    // Four times as many: sixteen times as long where each digit goes through all before it.
    #expect(many < 9 * few, "\(few) s and \(many) s")
  }

  @Test("J7: bytes after the value", arguments: ["1 2", "{}x", "[]]", "null,", "{}\0"])
  func trailing(_ text: String) {
    #expect(refuses(.malformed, "byte ") { _ = try parse(text) })
  }

  @Test("J8: a key that is missing, unknown or of the wrong type")
  func types() throws {
    let node = try parse(#"{"a":{"b":"text","c":[1]}}"#)
    #expect(refuses(.malformed, "$.a", "\"x\" is missing") { _ = try node.member("a").member("x") })
    #expect(
      refuses(.malformed, "$.a.b", "an integer") {
        _ = try node.member("a").member("b").integer(in: 0...9)
      })
    #expect(
      refuses(.malformed, "$.a.c[0]", "a string") {
        _ = try node.member("a").member("c").elements()[0].string()
      })
    #expect(
      refuses(.malformed, "$.a", "\"b\" is unknown") {
        _ = try node.member("a").object(keys: ["c"])
      })
  }

  @Test("Truncation at every length")
  func truncation() {
    let text = Array(#"{"a":[1,-2.5e3,true,null],"b":"\u00e9\ud83d\ude00"}"#.utf8)
    for count in 0..<text.count {
      #expect(refuses(.malformed, "byte ") { _ = try parse(Array(text[..<count])) })
    }
  }

  @Test("More values than are allowed")
  func values() {
    #expect(
      refuses(.malformed, "more than 8402 values") {
        _ = try parse("[" + String(repeating: "{},", count: 9000) + "0]")
      })
  }

  @Test("Numbers are the nearest Doubles, quick or not")
  func nearest() throws {
    var texts = [
      "0", "-0.0", "5e-324", "2.2250738585072011e-308", "9007199254740993", "0.1", "1e22", "1e23",
      "123456789012345678901234567890", "179769313486231570000e288", "0e999", "-0e-999999999",
      "1.7976931348623157e308", "0.00000000000000000000000000000000001e35",
    ]
    var random = SeededRandom(seed: 3)
    for _ in 0..<2000 {
      let value = Double(bitPattern: random.next())
      if value.isFinite { texts.append("\(value)") }
      texts.append("\(Float(Int64(bitPattern: random.next()) >> 20) / 4096)")
    }
    let numbers = try parse("[" + texts.joined(separator: " , ") + "]")
    #expect(numbers.isArray)
    for start in stride(from: 0, to: texts.count, by: 500) {
      let part = texts[start..<min(start + 500, texts.count)]
      let elements = try parse("[" + part.joined(separator: ",") + "]").elements()
      for (text, element) in zip(part, elements) {
        let expected = try #require(Double(text))
        #expect(try element.double().bitPattern == expected.bitPattern, "\(text)")
        #expect(try parse(text).double().bitPattern == expected.bitPattern, "\(text)")
      }
    }
    for text in ["1e309", "-1e400", "[1,1e999]", "[10e308]", "[0,-2e308,0]"] {
      #expect(refuses(.malformed, "range of a Double") { _ = try parse(text) }, "\(text)")
    }
  }

  @Test("Elements that are looked at one by one are bounded")
  func elements() throws {
    let zeros = String(repeating: "0,", count: 1024) + "0]"
    for text in ["[" + zeros, "[null," + zeros] {
      #expect(
        refuses(.malformed, "$", "more than 1024 elements") {
          _ = try parse(text).elements()
        })
    }
    #expect(try parse("[" + zeros).array().shape == [1025])
  }

  @Test("Values keep what the text says")
  func reading() throws {
    let node = try parse(
      #" {"i":9223372036854775807,"z":-0,"d":-2.5e-3,"l":12345678901234567168,"s":"\u00e9\ud83d\ude00\n"} "#
    )
    #expect(try node.member("i").value == .integer(.max))
    #expect(try node.member("z").double().sign == .minus)
    #expect(try node.member("d").value == .number(-0.0025))
    #expect(try node.member("l").value == .number(12345678901234567168))
    #expect(try node.member("s").string() == "é😀\n")
    #expect(try parse("[]").value == .array([]))
  }
}
