import SluiceNetwork

/// Reads the fields of one protobuf message, bounds checked.
///
/// It never descends by itself: who knows a field to be a message makes a reader of its range, so
/// nesting in the input is followed only as far as the known messages nest.
struct ProtobufReader {
  /// A field's value as the wire has it.
  enum Payload {
    case varint(UInt64)
    case fixed64(UInt64)
    case fixed32(UInt32)
    case bytes(Range<Int>)
  }

  /// One field of a message.
  struct Field {
    let number: Int
    let offset: Int
    let payload: Payload
  }

  let source: SourceBytes
  /// The message's name, for errors.
  let message: String
  /// Fields of a message: more numbers than that must be packed into one.
  static let maximumFields = 1 << 18
  private var position: Int
  private let end: Int
  private var fieldCount = 0

  init(_ source: SourceBytes, _ message: String, _ range: Range<Int>) {
    self.source = source
    self.message = message
    position = range.lowerBound
    end = range.upperBound
  }

  var isAtEnd: Bool { position >= end }

  func malformed(_ offset: Int, _ reason: String) -> ConversionError {
    .malformed(source.file, "byte \(offset) (\(message))", reason)
  }

  func unsupported(_ field: Field) -> ConversionError {
    .unsupported(
      source.file, "byte \(field.offset) (\(message))", "the field \(field.number) is unknown")
  }

  /// The next field; nil at the message's end.
  mutating func next() throws(ConversionError) -> Field? {
    guard position < end else { return nil }
    let offset = position
    fieldCount += 1
    guard fieldCount <= Self.maximumFields else {
      throw malformed(offset, "more than \(Self.maximumFields) fields")
    }
    let key = try varint()
    let number = key >> 3
    guard number > 0, number < 1 << 29 else {
      throw malformed(offset, "the field number \(number)")
    }
    let payload: Payload
    switch key & 7 {
    case 0: payload = .varint(try varint())
    case 1: payload = .fixed64(try fixed())
    case 2:
      let length = try varint()
      guard length <= UInt64(end - position) else {
        throw malformed(offset, "a length of \(length) is beyond the \(end - position) bytes left")
      }
      payload = .bytes(position..<position + Int(length))
      position += Int(length)
    case 5: payload = .fixed32(try fixed())
    default: throw malformed(offset, "the wire type \(key & 7)")
    }
    return Field(number: Int(number), offset: offset, payload: payload)
  }

  /// The variable-length integer that is next, of at most ten bytes.
  mutating func varint() throws(ConversionError) -> UInt64 {
    let start = position
    if position < end, source[position] < 0x80 {
      position += 1
      return UInt64(source[start])
    }
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard position < end else { throw malformed(start, "an integer is cut") }
      let byte = source[position]
      position += 1
      // The tenth byte holds only the last of 64 bits.
      guard shift < 63 || byte <= 1 else { break }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw malformed(start, "an integer of more than 64 bits")
  }

  private mutating func fixed<T: FixedWidthInteger>() throws(ConversionError) -> T {
    guard end - position >= MemoryLayout<T>.size else {
      throw malformed(position, "a number is cut")
    }
    defer { position += MemoryLayout<T>.size }
    return source.integer(at: position)
  }
}
