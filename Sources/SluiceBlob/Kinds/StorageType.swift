/// How weights are stored. The raw values are those of the file, and of the kernels'
/// `sluice_storage`.
public enum StorageType: UInt32, Sendable {
  /// IEEE 754 binary32.
  case f32 = 1
  /// IEEE 754 binary16.
  case f16 = 2
  /// The upper half of a binary32.
  case bf16 = 3
  /// Symmetric 8-bit integers, -127 to 127, with a scale per output row.
  case int8 = 4
  /// Symmetric 4-bit integers, -7 to 7, with a scale per group of 32 inputs of an output row.
  case int4 = 5
}

/// What holds for a storage type: a row of the one table.
package struct StorageTraits: Sendable {
  /// The name on command lines and in messages.
  package let name: StaticString
  /// Bits of a weight.
  package let bits: Int
  /// Columns that lie together in a word of a lane.
  package let wordColumns: Int
  /// The bits of a float's exponent; 0 of integers.
  package var exponent: UInt32 = 0
  /// The greatest integer; 0 of floats.
  package var limit: Int32 = 0
  /// Bytes of a scale; 0 of floats.
  package var scaleByteCount = 0
  /// Columns that share a scale; 0 where a row does, and of floats.
  package var groupColumns = 0
  /// The magnitude from which on a weight has no finite number of the type near it; integers have
  /// scales, of int4 as binary16.
  package let weightBound: Float
}

extension StorageType {
  /// The type's row.
  package var traits: StorageTraits {
    switch self {
    case .f32:
      StorageTraits(
        name: "f32", bits: 32, wordColumns: 1, exponent: 0x7F80_0000, weightBound: .infinity)
    case .f16:
      StorageTraits(name: "f16", bits: 16, wordColumns: 1, exponent: 0x7C00, weightBound: 65520)
    case .bf16:
      StorageTraits(
        name: "bf16", bits: 16, wordColumns: 2, exponent: 0x7F80, weightBound: 0x1.FFp127)
    case .int8:
      StorageTraits(
        name: "int8", bits: 8, wordColumns: 4, limit: 127, scaleByteCount: 4,
        weightBound: .infinity)
    case .int4:
      StorageTraits(
        name: "int4", bits: 4, wordColumns: 8, limit: 7, scaleByteCount: 2, groupColumns: 32,
        weightBound: 7 * 65520)
    }
  }

  /// Whether weights are integers, with scales.
  public var isInteger: Bool { traits.limit > 0 }

  /// Columns that lie together in a word.
  public var wordColumns: Int { traits.wordColumns }

  /// Bytes of a word: what a lane holds of the columns that lie together.
  public var wordByteCount: Int { traits.bits * traits.wordColumns / 8 }

  /// Words of a lane that hold `columns` columns: whole words, of int4 whole groups of 32.
  public func wordCount(columns: Int) -> Int {
    filled(columns) / traits.wordColumns
  }

  /// Bytes of an embedding's row of `columns` features, which fills up groups, not words.
  public func rowByteCount(columns: Int) -> Int {
    traits.bits * (traits.groupColumns > 0 ? filled(columns) : columns) / 8
  }

  /// Columns with those that fill up the last word or group.
  private func filled(_ columns: Int) -> Int {
    let traits = traits
    let fill = traits.groupColumns > 0 ? traits.groupColumns : traits.wordColumns
    return (columns + fill - 1) / fill * fill
  }

  /// Where in its word the weight of column `place` begins: in ascending order, but nibbles go
  /// first through the low halves of the bytes, then through the high ones.
  package func firstBit(of place: Int) -> UInt32 {
    let bits = traits.bits
    return UInt32(bits >= 8 ? bits * place : 8 * (place % 4) + 4 * (place / 4))
  }

  /// The bits of one weight within a word.
  package var mask: UInt32 { UInt32.max >> UInt32(32 - traits.bits) }
}

/// Groups of 32 columns, the last one possibly in part.
@inlinable public func groupsOf32(_ columns: Int) -> Int { (columns + 31) / 32 }
