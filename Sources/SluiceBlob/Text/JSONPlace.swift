/// A value in JSON text, read where it lies.
///
/// The text was validated once, when its blob was opened. Nothing here is allocated and nothing traps, also
/// of bytes that were rewritten since: then values are missed, and nothing outside the text is read.
@safe
package struct JSONPlace {
  private let text: UnsafeRawPointer
  private let end: Int
  /// The value's first byte.
  private(set) var at = 0

  /// The value that `text` is; nil where that is empty.
  package init?(_ text: UnsafeRawBufferPointer) {
    guard let start = text.baseAddress, text.count > 0 else { return nil }
    unsafe self.text = start
    end = text.count
    skipSpace()
  }

  /// The byte to come, 0 behind the last.
  var current: UInt8 { at < end ? unsafe text.load(fromByteOffset: at, as: UInt8.self) : 0 }

  /// The value below this one that a JSON pointer (RFC 6901) names, as `/inputs/0/unit`.
  package func value(at pointer: UnsafeRawBufferPointer) -> JSONPlace? {
    var place = self
    var from = 0
    while from < pointer.count {
      guard let start = pointer.baseAddress, unsafe start.byte(from) == 0x2F else { return nil }
      var to = from &+ 1
      while to < pointer.count, unsafe start.byte(to) != 0x2F { to &+= 1 }
      let token = unsafe UnsafeRawBufferPointer(start: start + (from &+ 1), count: to &- from &- 1)
      guard let next = unsafe place.child(token) else { return nil }
      (place, from) = (next, to)
    }
    return place
  }

  /// The elements of an array, or the members of an object; nil of anything else.
  package var count: Int? {
    let isObject = current == UInt8(ascii: "{")
    guard isObject || current == UInt8(ascii: "[") else { return nil }
    var place = self
    var count = 0
    place.at &+= 1
    while place.skipToItem() {
      if isObject, !place.skipKey() { return nil }
      place.skipValue()
      count &+= 1
    }
    return count
  }

  /// The elements of an array in order; none of anything else.
  package var elements: JSONElements { JSONElements(of: self) }

  /// A number as it is written; nil of anything else.
  package var numberText: UnsafeRawBufferPointer? {
    let first = current
    guard first == UInt8(ascii: "-") || (first >= 0x30 && first <= 0x39) else { return nil }
    var place = self
    place.skipValue()
    return unsafe UnsafeRawBufferPointer(start: text + at, count: place.at &- at)
  }

  /// The bytes of a string, its escapes resolved; nil of anything else.
  package var string: JSONStringBytes? {
    guard current == UInt8(ascii: "\"") else { return nil }
    return unsafe JSONStringBytes(text, from: at &+ 1, to: end)
  }

  /// Whether the value is just that string. Inlined, as what reads constants is: of one that it does not know
  /// the compiler would check that it lies in memory, and trap.
  @inline(__always)
  package func isString(_ expected: StaticString) -> Bool {
    unsafe isString(
      UnsafeRawBufferPointer(start: expected.utf8Start, count: expected.utf8CodeUnitCount))
  }

  private func isString(_ expected: UnsafeRawBufferPointer) -> Bool {
    guard var bytes = string, let start = expected.baseAddress else { return false }
    var index = 0
    while let byte = bytes.next() {
      guard index < expected.count, unsafe byte == start.byte(index) else { return false }
      index &+= 1
    }
    return index == expected.count
  }

  /// The element behind those that were read, where `place` stands within an array; nil behind the last.
  fileprivate mutating func takeElement() -> JSONPlace? {
    guard skipToItem() else { return nil }
    let element = self
    skipValue()
    return element
  }

  /// The place behind an array's bracket; nil of anything else.
  fileprivate var inside: JSONPlace? {
    guard current == UInt8(ascii: "[") else { return nil }
    var place = self
    place.at &+= 1
    return place
  }

  /// The member or element that one part of a pointer names.
  private func child(_ token: UnsafeRawBufferPointer) -> JSONPlace? {
    let isObject = current == UInt8(ascii: "{")
    guard isObject || current == UInt8(ascii: "[") else { return nil }
    var index = 0
    if !isObject {
      guard let wanted = unsafe Self.index(token) else { return nil }
      index = wanted
    }
    var place = self
    place.at &+= 1
    while place.skipToItem() {
      var isIt = index == 0
      if isObject {
        isIt = unsafe place.isKey(token)
        guard place.skipKey() else { return nil }
      }
      if isIt { return place }
      place.skipValue()
      index &-= 1
    }
    return nil
  }

  /// An index as a pointer spells it: no zeros before it.
  private static func index(_ token: UnsafeRawBufferPointer) -> Int? {
    guard let start = token.baseAddress, token.count >= 1, token.count <= 8,
      unsafe token.count == 1 || start.byte(0) != 0x30
    else { return nil }
    var value = 0
    var at = 0
    while at < token.count {
      let digit = unsafe start.byte(at) &- 0x30
      guard digit < 10 else { return nil }
      value = value &* 10 &+ Int(digit)
      at &+= 1
    }
    return value
  }

  /// Whether the key here is that of a pointer, in which ~1 stands for / and ~0 for ~.
  private func isKey(_ token: UnsafeRawBufferPointer) -> Bool {
    guard var key = string else { return false }
    var at = 0
    while let byte = key.next() {
      guard let start = token.baseAddress, at < token.count else { return false }
      var expected = unsafe start.byte(at)
      if expected == 0x7E, at &+ 1 < token.count {
        at &+= 1
        expected = unsafe start.byte(at) == 0x31 ? 0x2F : 0x7E
      }
      guard byte == expected else { return false }
      at &+= 1
    }
    return at == token.count
  }
}

extension JSONPlace {
  private mutating func skipSpace() {
    while current == 0x20 || current == 0x0A || current == 0x0D || current == 0x09 { at &+= 1 }
  }

  /// Goes to the next key or element of an open container; false behind the last.
  private mutating func skipToItem() -> Bool {
    skipSpace()
    if current == UInt8(ascii: ",") {
      at &+= 1
      skipSpace()
    }
    return at < end && current != UInt8(ascii: "}") && current != UInt8(ascii: "]")
      && current != UInt8(ascii: ",")
  }

  /// Goes behind a key and its colon.
  private mutating func skipKey() -> Bool {
    guard current == UInt8(ascii: "\"") else { return false }
    skipString()
    skipSpace()
    guard current == UInt8(ascii: ":") else { return false }
    at &+= 1
    skipSpace()
    return true
  }

  private mutating func skipString() {
    at &+= 1
    while at < end, current != UInt8(ascii: "\"") { at &+= current == UInt8(ascii: "\\") ? 2 : 1 }
    at &+= 1
  }

  /// Goes behind a value: of what lies open only the number is kept.
  private mutating func skipValue() {
    var depth = 0
    repeat {
      switch current {
      case UInt8(ascii: "\""): skipString()
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth &+= 1
        at &+= 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth &-= 1
        at &+= 1
      case UInt8(ascii: ","), UInt8(ascii: ":"), 0x20, 0x0A, 0x0D, 0x09: at &+= 1
      default: skipScalar()
      }
    } while depth > 0 && at < end
  }

  private mutating func skipScalar() {
    at &+= 1
    while at < end {
      switch current {
      case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ":"), 0x20, 0x0A,
        0x0D, 0x09:
        return
      default: at &+= 1
      }
    }
  }
}

/// The elements of an array, one after the other.
package struct JSONElements {
  private var place: JSONPlace?

  fileprivate init(of array: JSONPlace) { place = array.inside }

  package mutating func next() -> JSONPlace? { place?.takeElement() }
}

extension UnsafeRawPointer {
  @inline(__always)
  fileprivate func byte(_ at: Int) -> UInt8 { unsafe load(fromByteOffset: at, as: UInt8.self) }
}
