/// Writes protobuf messages, well formed or not.
struct ProtobufWriter {
  var bytes: [UInt8] = []

  static func varint(_ value: UInt64) -> [UInt8] {
    var (value, bytes): (UInt64, [UInt8]) = (value, [])
    while value >= 0x80 {
      bytes.append(UInt8(value & 0x7F) | 0x80)
      value >>= 7
    }
    return bytes + [UInt8(value)]
  }

  mutating func key(_ number: Int, _ wire: Int) {
    bytes += Self.varint(UInt64(number << 3 | wire))
  }

  mutating func integer(_ number: Int, _ value: Int) {
    key(number, 0)
    bytes += Self.varint(UInt64(bitPattern: Int64(value)))
  }

  mutating func float(_ number: Int, _ value: Float) {
    key(number, 5)
    bytes += littleEndian(value.bitPattern)
  }

  mutating func bytes(_ number: Int, _ value: [UInt8]) {
    key(number, 2)
    bytes += Self.varint(UInt64(value.count)) + value
  }

  mutating func string(_ number: Int, _ value: String) { bytes(number, Array(value.utf8)) }

  mutating func message(_ number: Int, _ build: (inout ProtobufWriter) -> Void) {
    bytes(number, Self.message(build))
  }

  static func message(_ build: (inout ProtobufWriter) -> Void) -> [UInt8] {
    var writer = ProtobufWriter()
    build(&writer)
    return writer.bytes
  }
}

func littleEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
  (0..<T.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

func littleEndian(_ values: [Float]) -> [UInt8] { values.flatMap { littleEndian($0.bitPattern) } }
