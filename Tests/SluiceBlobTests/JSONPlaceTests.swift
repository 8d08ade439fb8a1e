import SluiceBlob
import TestSupport
import Testing

/// Values of JSON text by their pointers, read where they lie.
@Suite struct JSONPlaceTests {
  /// What a pointer names, as text: a number as written, a string, a count of what is in it.
  private func found(_ pointer: String, in text: [UInt8]) -> String? {
    unsafe text.withUnsafeBytes { text in
      unsafe Array(pointer.utf8).withUnsafeBytes { pointer -> String? in
        guard let place = unsafe JSONPlace(text)?.value(at: pointer) else { return nil }
        if let number = unsafe place.numberText {
          return String(decoding: unsafe Array(number), as: UTF8.self)
        }
        if var string = place.string {
          var bytes: [UInt8] = []
          while let byte = string.next() { bytes.append(byte) }
          return "\"" + String(decoding: bytes, as: UTF8.self)
        }
        return place.count.map { "of \($0)" } ?? "a word"
      }
    }
  }

  @Test(
    "each by its pointer",
    arguments: [
      ("/a", "1"), ("/b/c/2", "-2.5e-3"), ("/b/c", "of 4"), ("/b/c/3/0", "of 0"), ("/b", "of 2"),
      ("", "of 6"), ("/b/x~1y~0z", "\"}]\",{["), ("/k\"ey", "\"\u{1F600}\u{20AC}\u{E9}A\n/"),
      ("/t", "a word"), ("/e", "of 0"), ("/\u{E9}", "\""),
    ])
  func values(_ pointer: String, _ expected: String) {
    let text = #"""
       { "a" : 1 , "b":{"c":[0,"x, ]",-2.5e-3,[{}]],"x/y~z":"}]\",{["},
        "k\"ey":"\ud83d\ude00\u20ac\u00e9\u0041\n\/","t":true,"e":[ ],"\u00e9":""}
      """#
    #expect(found(pointer, in: Array(text.utf8)) == expected)
    #expect(found(pointer + "/none", in: Array(text.utf8)) == nil)
  }

  @Test(
    "what is not there",
    arguments: [
      "a", "/A", "/aa", "/b/c/4", "/b/c/-", "/b/c/01", "/b/c/99999999999", "/b/c/", "//", "/ ",
      "/a/0", "/b/x/y", "/k",
    ])
  func missing(_ pointer: String) {
    #expect(found(pointer, in: Array(#"{"a":1,"b":{"c":[1,2]},"k\"":3}"#.utf8)) == nil)
  }

  @Test("whatever the bytes are, nothing outside them is read and nothing traps") func damaged() {
    let good = Array(#"{"a":[1,{"b":"\ud83d\ude00\\"}],"c":-1.5e3}"#.utf8)
    var random = SeededRandom(seed: 9)
    for round in 0..<20_000 {
      var bytes = round < good.count ? Array(good[..<round]) : good
      for _ in 0..<(round % 5) where !bytes.isEmpty {
        let at = Int(random.next() % UInt64(bytes.count))
        bytes[at] = UInt8(truncatingIfNeeded: random.next() >> 20)
      }
      // Just its size, so that the sanitizer sees what lies behind.
      for pointer in ["/a/1/b", "/c", "/a", ""] { _ = found(pointer, in: bytes) }
    }
  }
}
