import Foundation
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

@Suite("Models of JSON: hostile input J1-J8, whole models")
struct JSONModelHostileTests {
  static let models: [(name: String, text: String)] = [
    ("m.json", JSONModelTests.chain.description), ("m.json", JSONText.guitarML.description),
    ("m.nam", JSONText.nam.description),
    ("m.json", JSONText.guitarML["state_dict"].description),
  ]

  private func refused(_ name: String, _ text: String, _ bytes: [UInt8]? = nil) -> Bool {
    refuses(.malformed, name) {
      _ = try Converter.convert(SourceBytes(file: name, bytes ?? Array(text.utf8)))
    }
  }

  /// `text` with `value` in the place of its first weight.
  private func replacingWeight(_ text: String, by value: String) -> String {
    let number = text.range(of: "-0.5")!
    return text.replacingCharacters(in: number, with: value)
  }

  @Test("J1, J2, J6: what stands for a weight", arguments: models)
  func weights(_ name: String, _ text: String) {
    #expect(refused(name, replacingWeight(text, by: String(repeating: "[", count: 1_000_000))))
    for value in ["NaN", "Infinity", "-Infinity", "1e400", "1e39", "null", "\"0.5\"", "[]", "{}"] {
      #expect(refused(name, replacingWeight(text, by: value)), "\(value)")
    }
    #expect(refused(name, replacingWeight(text, by: String(repeating: "7", count: 1 << 20))))
  }

  @Test("J3, J7: bytes around the model", arguments: models)
  func around(_ name: String, _ text: String) {
    #expect(refused(name, "", [0xEF, 0xBB, 0xBF] + Array(text.utf8)))
    #expect(refused(name, "", Array(text.utf8.dropLast()) + [0x2C, 0x22, 0xFF, 0x22, 0x7D]))
    #expect(refused(name, text.dropLast() + ",\"\\uD800\":1}"))
    for tail in ["{}", "]", ",", "\0", " 1"] { #expect(refused(name, text + tail), "\(tail)") }
  }

  @Test("J4: every key twice", arguments: models)
  func duplicates(_ name: String, _ text: String) {
    var rest = text[...]
    var count = 0
    while let colon = rest.range(of: "\":") {
      let key = text[..<colon.lowerBound].split(separator: "\"").last.map(String.init) ?? ""
      let start = text[..<colon.lowerBound].lastIndex(of: "\"") ?? text.startIndex
      let doubled = text[..<start] + "\"\(key)\":1," + text[start...]
      #expect(refused(name, String(doubled)), "\(key)")
      rest = rest[colon.upperBound...]
      count += 1
    }
    #expect(count >= 4)
  }

  @Test("J5: a row that is shorter", arguments: models.prefix(2))
  func ragged(_ name: String, _ text: String) {
    #expect(refused(name, text.replacing("[[-0.5,", with: "[[", maxReplacements: 1)))
  }

  @Test("Truncation", arguments: models)
  func truncation(_ name: String, _ text: String) {
    let bytes = Array(text.utf8)
    for count in stride(from: 0, to: bytes.count, by: 17) {
      #expect(refused(name, "", Array(bytes[..<count])))
    }
  }
}
