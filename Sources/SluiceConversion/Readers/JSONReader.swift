/// A strict JSON parser (RFC 8259) for untrusted text.
///
/// It keeps its own stack, so depth costs no call frames; values are bounded in number, so that a
/// short text cannot become a large tree.
struct JSONReader {
  /// Arrays and objects that may stand within each other.
  static let maximumDepth = 128
  /// Bytes of one number. Seventeen digits say all that a Double can hold.
  static let maximumNumberLength = 128

  let file: String
  let bytes: [UInt8]
  /// Where `bytes` begin in the file.
  let base: Int
  let maximumValues: Int
  var position = 0

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
  static func parse(
    file: String, _ bytes: [UInt8], base: Int = 0, maximumValues: Int = 1 << 24
  ) throws(ConversionError) -> JSONNode {
    var reader = JSONReader(file: file, bytes: bytes, base: base, maximumValues: maximumValues)
    return JSONNode(file: file, value: try reader.document())
  }

  private init(file: String, bytes: [UInt8], base: Int, maximumValues: Int) {
    self.file = file
    self.bytes = bytes
    self.base = base
    self.maximumValues = maximumValues
  }

  func malformed(_ reason: String, at position: Int? = nil) -> ConversionError {
    .malformed(file, "byte \(base + (position ?? self.position))", reason)
  }

  /// The byte at the position; nil at the end.
  var next: UInt8? { position < bytes.count ? bytes[position] : nil }

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
    guard position == bytes.count, let result else {
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
    case UInt8(ascii: "["): try open(isObject: false)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case nil: throw malformed("the text ends where a value was expected")
    default: return try number()
    }
    return nil
  }

  private mutating func open(isObject: Bool) throws(ConversionError) {
    guard frames.count < Self.maximumDepth else {
      throw malformed("more than \(Self.maximumDepth) containers within each other")
    }
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
