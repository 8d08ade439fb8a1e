import SluiceNetwork

/// A strict JSON parser (RFC 8259) for untrusted text.
///
/// It keeps its own stack, so depth costs no call frames. Values are bounded in number by the text's
/// length, so that a short text cannot become a large tree; arrays of numbers stay text.
package struct JSONReader {
  /// Arrays and objects that may stand within each other.
  static let maximumDepth = 128
  /// Bytes of one number. Seventeen digits say all that a Double can hold.
  static let maximumNumberLength = 128
  /// Values that a text of any length may hold: those of 1,600 tensors of a safetensors file.
  static let freeValues = 1 << 13
  /// Bytes that each further value needs.
  static let bytesPerValue = 128

  let source: SourceBytes
  let end: Int
  private let maximumValues: Int
  var position: Int

  /// A container whose end has not been read.
  private struct Frame {
    let isObject: Bool
    let firstValue: Int
    let firstKey: Int
    var isEmpty = true
  }
  private var frames: [Frame] = []
  /// Finished members of the open containers, innermost last.
  private var values: [JSONValue] = []
  private var keys: [(name: String, position: Int)] = []
  private var valueCount = 0

  /// The value that `bytes` hold, and nothing after it but white space.
  package static func parse(file: String, _ bytes: [UInt8]) throws(ConversionError) -> JSONNode {
    try parse(SourceBytes(file: file, bytes))
  }

  /// The value that a part of `source` holds, all of it where no range is given.
  package static func parse(
    _ source: SourceBytes, _ range: Range<Int>? = nil
  ) throws(ConversionError) -> JSONNode {
    var reader = JSONReader(source, range ?? 0..<source.count)
    return JSONNode(source: source, value: try reader.document())
  }

  /// A reader of `range`, to begin at its first byte.
  init(_ source: SourceBytes, _ range: Range<Int>) {
    self.source = source
    end = range.upperBound
    position = range.lowerBound
    maximumValues = Self.freeValues + range.count / Self.bytesPerValue
  }

  func malformed(_ reason: String, at position: Int? = nil) -> ConversionError {
    .malformed(source.file, "byte \(position ?? self.position)", reason)
  }

  /// The byte at the position; nil at the end.
  var next: UInt8? { position < end ? source[position] : nil }

  mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  private mutating func document() throws(ConversionError) -> JSONValue {
    var result: JSONValue?
    repeat {
      skipSpace()
      guard let value = try item() else { continue }
      if frames.isEmpty { result = value } else { values.append(value) }
    } while !frames.isEmpty
    skipSpace()
    guard position == end, let result else {
      throw malformed("bytes after the end of JSON")
    }
    return result
  }

  /// Reads up to the next finished value; nil where a container was opened in its place.
  private mutating func item() throws(ConversionError) -> JSONValue? {
    if let frame = frames.last {
      let end = UInt8(ascii: frame.isObject ? "}" : "]")
      if next == end {
        position += 1
        return try close(frame)
      }
      if !frame.isEmpty {
        try expect(UInt8(ascii: ","), "a comma or the container's end")
        skipSpace()
      }
      frames[frames.count - 1].isEmpty = false
      if frame.isObject { try key() }
    }
    valueCount += 1
    guard valueCount <= maximumValues else { throw malformed("more than \(maximumValues) values") }
    return try value()
  }

  private mutating func key() throws(ConversionError) {
    let start = position
    guard next == UInt8(ascii: "\"") else { throw malformed("expected a key in quotes") }
    keys.append((try string(), start))
    skipSpace()
    try expect(UInt8(ascii: ":"), "a colon")
    skipSpace()
  }

  private mutating func value() throws(ConversionError) -> JSONValue? {
    switch next {
    case UInt8(ascii: "{"): try open(isObject: true)
    case UInt8(ascii: "["):
      guard frames.count < Self.maximumDepth else { throw tooDeep }
      if let numbers = try numberRow() { return .numbers(numbers) }
      try open(isObject: false)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case nil: throw malformed("the text ends where a value was expected")
    default: return try number()
    }
    return nil
  }

  private var tooDeep: ConversionError {
    malformed("more than \(Self.maximumDepth) containers within each other")
  }

  private mutating func open(isObject: Bool) throws(ConversionError) {
    guard frames.count < Self.maximumDepth else { throw tooDeep }
    frames.append(Frame(isObject: isObject, firstValue: values.count, firstKey: keys.count))
    position += 1
  }

  private mutating func close(_ frame: Frame) throws(ConversionError) -> JSONValue {
    // Copied, since removing while a slice is held would copy all that is left, each time.
    let members = Array(values[frame.firstValue...])
    let names = keys[frame.firstKey...].map(\.name)
    values.removeLast(members.count)
    frames.removeLast()
    guard frame.isObject else { return .array(members) }
    var duplicate = 0
    guard let object = JSONObject(keys: names, values: members, duplicate: &duplicate) else {
      throw malformed(
        "the key \"\(quotable(names[duplicate]))\" stands twice",
        at: keys[frame.firstKey + duplicate].position)
    }
    keys.removeLast(names.count)
    return .object(object)
  }

  private mutating func word(
    _ word: StaticString, _ value: JSONValue
  ) throws(ConversionError) -> JSONValue {
    for character in word.description.utf8 { try expect(character, "a JSON value") }
    return value
  }

  mutating func expect(_ byte: UInt8, _ what: String) throws(ConversionError) {
    guard next == byte else { throw malformed("expected \(what)") }
    position += 1
  }
}
