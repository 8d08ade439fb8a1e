/// How samples stand as bytes; all little-endian.
package enum SampleFormat: String, Sendable, CaseIterable {
  case u8
  case s16le
  case s24le
  case s32le
  case f32le
  case f64le

  /// Those that samples without a header may have.
  package static let raw: [SampleFormat] = [.s16le, .f32le]

  /// Bytes of a sample.
  package var byteCount: Int {
    switch self {
    case .u8: 1
    case .s16le: 2
    case .s24le: 3
    case .s32le, .f32le: 4
    case .f64le: 8
    }
  }

  /// The sample whose bytes begin at `index` of those that are there: integers as fractions of what they
  /// can hold, so from -1 to 1.
  func sample(_ bytes: ByteStream, at index: Int) -> Double {
    func integer() -> UInt64 {
      (0..<byteCount).reduce(0) { $0 | UInt64(bytes[index + $1]) << (8 * UInt64($1)) }
    }
    return switch self {
    case .u8: Double(Int(bytes[index]) - 128) / 128
    case .s16le: Double(Int16(truncatingIfNeeded: integer())) / 0x1p15
    case .s24le: Double(Int32(truncatingIfNeeded: integer() << 8)) / 0x1p31
    case .s32le: Double(Int32(truncatingIfNeeded: integer())) / 0x1p31
    case .f32le: Double(Float(bitPattern: UInt32(truncatingIfNeeded: integer())))
    case .f64le: Double(bitPattern: integer())
    }
  }
}
