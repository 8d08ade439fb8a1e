import Foundation
import SluiceNetwork

/// The names of files as text. To Linux a name is bytes, which need not be UTF-8: a byte that is
/// part of no character stands in the text as a scalar of its own, so that the text leads back to
/// the bytes, whichever they were.
package enum FileName {
  /// The scalars that stand for the bytes from 0x80 to 0xFF: of private use, where no font has any.
  /// A name that holds one of them has its bytes replaced like those of no character.
  private static let escapes: ClosedRange<UInt32> = 0x10_F780...0x10_F7FF
  private static let firstEscape: UInt32 = 0x10_F700

  /// The text of a name.
  package static func text(of bytes: [UInt8]) -> String {
    var text = String.UnicodeScalarView()
    var rest = bytes[...]
    while let first = rest.first {
      let length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
      let scalars = String(validating: rest.prefix(length), as: UTF8.self)?.unicodeScalars
      if let scalar = scalars?.first, scalars?.count == 1, !escapes.contains(scalar.value) {
        text.append(scalar)
        rest = rest.dropFirst(length)
      } else {
        text.append(Unicode.Scalar(firstEscape + UInt32(first)) ?? "\u{FFFD}")
        rest = rest.dropFirst()
      }
    }
    return String(text)
  }

  /// The bytes of the name that `text` stands for.
  package static func bytes(of text: String) -> [UInt8] {
    text.unicodeScalars.flatMap { scalar in
      byte(of: scalar).map { [$0] }
        ?? Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }
  }

  /// The byte that `scalar` stands for; nil for one that stands for itself.
  package static func byte(of scalar: Unicode.Scalar) -> UInt8? {
    escapes.contains(scalar.value) ? UInt8(scalar.value - firstEscape) : nil
  }

  /// The name for other programs, who would not know those scalars: U+FFFD in their place.
  package static func readable(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { byte(of: $0) != nil }) else { return text }
    return String(
      String.UnicodeScalarView(text.unicodeScalars.map { byte(of: $0) == nil ? $0 : "\u{FFFD}" }))
  }

  /// The name as C has it: its bytes and a zero.
  package static func characters(of text: String) -> [CChar] {
    bytes(of: text).map { CChar(bitPattern: $0) } + [0]
  }

  /// Whether there is a file, or anything else, of that name.
  package static func isThere(_ text: String) -> Bool {
    unsafe access(characters(of: text), F_OK) == 0
  }
}
