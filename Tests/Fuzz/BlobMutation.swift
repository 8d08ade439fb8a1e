import SluiceBlob
import TestSupport

/// Changes to a blob that get past its hash and its size.
enum BlobMutation {
  /// Values at which checks tend to be one off.
  private static let edges: [UInt64] = [
    0, 1, 2, 3, 7, 8, 15, 16, 17, 63, 64, 65, 255, 256, 320, 65535, 65536, 65537, 1 << 22, 1 << 24,
    1 << 31, 1 << 32 - 1, 1 << 32, 1 << 42 + 1, 1 << 62, 1 << 63, .max - 63, .max,
  ]

  /// A changed copy, its size and hash made right nearly always.
  static func mutate(
    _ input: [UInt8], limit: Int, _ random: inout some RandomNumberGenerator
  ) -> [UInt8] {
    var file = input
    switch Int.random(in: 0..<8, using: &random) {
    case 0, 1: file = file.mutated(limit: limit)
    case 2: exchangeSections(&file, &random)
    default:
      for _ in 0...Int.random(in: 0..<3, using: &random) { changeField(&file, &random) }
    }
    guard file.count >= BlobLayout.headerSize, Int.random(in: 0..<32, using: &random) > 0 else {
      return file
    }
    file.store(UInt64(file.count), 8, at: BlobLayout.Header.totalSize)
    let hash = unsafe file.withUnsafeBytes { unsafe XXH64.hash(ofBlob: $0) }
    file.store(hash, 8, at: BlobLayout.Header.hash)
    return file
  }

  /// Sets an aligned field near the front, where header, sections and records lie, or anywhere.
  private static func changeField(
    _ file: inout [UInt8], _ random: inout some RandomNumberGenerator
  ) {
    guard file.count >= 8 else { return }
    let front = Bool.random(using: &random) ? min(file.count, 2048) : file.count
    let size = Bool.random(using: &random) ? 4 : 8
    let offset = Int.random(in: 0..<front / 4, using: &random) * 4
    guard offset + size <= file.count else { return }
    let old = file.load(size, at: offset)
    let value =
      switch Int.random(in: 0..<6, using: &random) {
      case 0: old &+ 1
      case 1: old &- 1
      case 2: old ^ 1 << UInt64.random(in: 0..<UInt64(8 * size), using: &random)
      case 3: old &+ (edges.randomElement(using: &random) ?? 0)
      case 4: UInt64.random(in: 0..<20, using: &random)
      default: edges.randomElement(using: &random) ?? 0
      }
    file.store(value, size, at: offset)
  }

  /// Copies one record or section entry over another, or a run of bytes elsewhere.
  private static func exchangeSections(
    _ file: inout [UInt8], _ random: inout some RandomNumberGenerator
  ) {
    let size = [BlobLayout.sectionEntrySize, BlobLayout.recordSize, 64].randomElement(
      using: &random)!
    guard file.count >= 2 * size else { return }
    let places = (file.count - size) / 32 + 1
    let from = 32 * Int.random(in: 0..<places, using: &random)
    let to = 32 * Int.random(in: 0..<places, using: &random)
    file.replaceSubrange(to..<to + size, with: Array(file[from..<from + size]))
  }
}

extension [UInt8] {
  /// The little-endian integer of `size` bytes at `offset`.
  func load(_ size: Int, at offset: Int) -> UInt64 {
    var value: UInt64 = 0
    for index in 0..<size { value |= UInt64(self[offset + index]) << UInt64(8 * index) }
    return value
  }

  /// Puts the lowest `size` bytes of `value` at `offset`.
  mutating func store(_ value: UInt64, _ size: Int, at offset: Int) {
    for index in 0..<size {
      self[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
    }
  }
}
