extension Packing {
  /// A layer's weights in the order of the file, and the scales that belong to them.
  public struct Packed: Sendable, Equatable {
    /// Packed weights.
    public var weights: [UInt8]
    /// Packed scales; empty but for int8 and int4.
    public var scales: [UInt8]

    /// Blocks of weights and scales.
    public init(weights: [UInt8], scales: [UInt8]) {
      self.weights = weights
      self.scales = scales
    }
  }

  /// Rounds a layer's weights to its record's storage type, to the nearest, and packs them.
  ///
  /// An int8 row's scale is its greatest magnitude / 127, W's and U's apart; that of an int4 group
  /// its greatest magnitude / 7, as binary16. Where all weights are zero, the scale is 1.
  ///
  /// - Parameters:
  ///   - input: W `[gates * outputSize, inputSize]`, row-major; of an embedding its table.
  ///   - hidden: U `[gates * hiddenSize, hiddenSize]`; empty for a layer without state.
  ///   - record: kind, sizes and type.
  /// - Returns: the blocks. Weights beyond the type's range become infinite, which blobs refuse.
  public static func pack(
    _ input: [Float], hidden: [Float] = [], as record: LayerRecord
  ) -> Packed {
    if record.kind == .embedding {
      precondition(input.count == record.inputSize * record.outputSize, "input is not [N, O]")
      return packTable(input, as: record)
    }
    let rows = record.gateCount * record.outputSize
    precondition(input.count == rows * record.inputSize, "input is not [G*O, I]")
    precondition(hidden.count == rows * record.hiddenSize, "hidden is not [G*H, H]")
    switch record.storage {
    case .f32, .f16, .bf16:
      return Packed(
        weights: packWords(of: record) { row, column, isHidden in
          let weight =
            isHidden
            ? hidden[row * record.hiddenSize + column] : input[row * record.inputSize + column]
          return record.storage.bits(of: weight)
        }, scales: [])
    case .int8, .int4:
      let w = RoundedRows(input, rows: rows, as: record.storage)
      let u = RoundedRows(hidden, rows: rows, as: record.storage)
      let weights = packWords(of: record) { row, column, isHidden in
        let matrix = isHidden ? u : w
        return UInt32(truncatingIfNeeded: matrix.values[row * matrix.columns + column])
      }
      return Packed(
        weights: weights,
        scales: record.storage == .int8
          ? packScaleRows(w, u, of: record) : packGroupScales(w, u, of: record))
    }
  }

  /// The weights that packed ones stand for: the inverse of ``pack(_:hidden:as:)`` but for rounding.
  public static func unpack(
    _ packed: Packed, of record: LayerRecord
  ) -> (input: [Float], hidden: [Float]) {
    if record.kind == .embedding { return (unpackTable(packed, of: record), []) }
    let rows = record.gateCount * record.outputSize
    var input = [Float](repeating: 0, count: rows * record.inputSize)
    var hidden = [Float](repeating: 0, count: rows * record.hiddenSize)
    precondition(packed.weights.count == Int(record.weightByteCount), "not of these sizes")
    precondition(packed.scales.count == Int(record.scaleByteCount), "not of these sizes")
    var weightScale: [Bool: [Float]] = [:]
    if record.storage.isInteger {
      weightScale[false] = unpackScales(packed.scales, isHidden: false, of: record)
      weightScale[true] = unpackScales(packed.scales, isHidden: true, of: record)
    }
    let (w, u) = (weightScale[false] ?? [], weightScale[true] ?? [])
    forEachWeight(of: record) { row, column, isHidden, at, bit in
      let scales = isHidden ? u : w
      let columns = isHidden ? record.hiddenSize : record.inputSize
      var value = record.storage.value(ofBits: packed.weights.word(at, of: record.storage) >> bit)
      switch record.storage {
      case .int8: value *= scales[row]
      case .int4: value *= scales[row * groupsOf32(columns) + column / 32]
      default: break
      }
      if isHidden {
        hidden[row * record.hiddenSize + column] = value
      } else {
        input[row * record.inputSize + column] = value
      }
    }
    return (input, hidden)
  }

  /// Calls `body` with every weight's row, column, matrix, word (by its first byte) and place in it.
  private static func forEachWeight(
    of record: LayerRecord,
    _ body: (_ row: Int, _ column: Int, _ isHidden: Bool, _ at: Int, _ bit: UInt32) -> Void
  ) {
    let storage = record.storage
    record.forEachTileGate { gate, lane, lanes, offset, pitch in
      var first = offset
      for isHidden in [false, true] {
        let columns = isHidden ? record.hiddenSize : record.inputSize
        for column in 0..<columns {
          let (word, place) = (column / storage.wordColumns, column % storage.wordColumns)
          for index in 0..<min(lanes, record.outputSize - lane) {
            body(
              gate * record.outputSize + lane + index, column, isHidden,
              first + word * pitch + storage.wordByteCount * index, storage.firstBit(of: place))
          }
        }
        first += storage.wordCount(columns: columns) * pitch
      }
    }
  }

  private static func packWords(
    of record: LayerRecord, bits: (_ row: Int, _ column: Int, _ isHidden: Bool) -> UInt32
  ) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Int(record.weightByteCount))
    let mask = record.storage.mask
    forEachWeight(of: record) { row, column, isHidden, at, bit in
      bytes.merge((bits(row, column, isHidden) & mask) << bit, at: at, as: record.storage)
    }
    return bytes
  }

  /// For each tile the scales of W's rows, of U's, then the corrections of both.
  private static func packScaleRows(
    _ w: RoundedRows, _ u: RoundedRows, of record: LayerRecord
  ) -> [UInt8] {
    let matrices = record.kind.isRecurrent ? [w, u] : [w]
    let bits =
      matrices.flatMap { $0.scales.map(\.bitPattern) }
      + matrices.flatMap { $0.sums.map { UInt32(bitPattern: -128 * $0) } }
    let rows = packRows(
      bits.map { Float(bitPattern: $0) }, rowCount: record.scaleRowCount,
      outputSize: record.outputSize)
    return rows.flatMap { float in (0..<4).map { UInt8(float.bitPattern >> (8 * $0) & 0xFF) } }
  }

  /// Scales in the order of the weights, a group of 32 columns for every four words.
  private static func packGroupScales(
    _ w: RoundedRows, _ u: RoundedRows, of record: LayerRecord
  ) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Int(record.scaleByteCount))
    forEachGroupScale(of: record) { row, group, isHidden, at in
      let matrix = isHidden ? u : w
      bytes.put(Float16(matrix.scales[row * groupsOf32(matrix.columns) + group]).bitPattern, at: at)
    }
    return bytes
  }

  private static func forEachGroupScale(
    of record: LayerRecord, _ body: (_ row: Int, _ group: Int, _ isHidden: Bool, _ at: Int) -> Void
  ) {
    record.forEachTileGate { gate, lane, lanes, offset, pitch in
      let place = offset % pitch
      var first = (offset - place) / 8 + place / 2
      for isHidden in [false, true] {
        let groups = groupsOf32(isHidden ? record.hiddenSize : record.inputSize)
        for group in 0..<groups {
          for index in 0..<min(lanes, record.outputSize - lane) {
            let row = gate * record.outputSize + lane + index
            body(row, group, isHidden, first + group * pitch / 2 + 2 * index)
          }
        }
        first += groups * pitch / 2
      }
    }
  }

  private static func unpackScales(
    _ bytes: [UInt8], isHidden wanted: Bool, of record: LayerRecord
  ) -> [Float] {
    let rows = record.gateCount * record.outputSize
    if record.storage == .int8 {
      let floats = unpackRows(
        floats(of: bytes), rowCount: record.scaleRowCount, outputSize: record.outputSize)
      let first = wanted ? rows : 0
      return wanted && !record.kind.isRecurrent ? [] : Array(floats[first..<first + rows])
    }
    let groups = groupsOf32(wanted ? record.hiddenSize : record.inputSize)
    var scales = [Float](repeating: 0, count: rows * groups)
    forEachGroupScale(of: record) { row, group, isHidden, at in
      guard isHidden == wanted else { return }
      let bits = UInt16(bytes[at]) | UInt16(bytes[at + 1]) << 8
      scales[row * groups + group] = Float(Float16(bitPattern: bits))
    }
    return scales
  }
}

extension Packing {
  private static func packTable(_ table: [Float], as record: LayerRecord) -> Packed {
    let (storage, columns) = (record.storage, record.outputSize)
    let pitch = storage.rowByteCount(columns: columns)
    var packed = Packed(
      weights: [UInt8](repeating: 0, count: Int(record.weightByteCount)), scales: [])
    let rounded =
      storage.isInteger ? RoundedRows(table, rows: record.inputSize, as: storage) : nil
    for row in 0..<record.inputSize {
      for column in 0..<columns {
        let index = row * columns + column
        let bits =
          rounded.map { UInt32(truncatingIfNeeded: $0.values[index]) }
          ?? storage.bits(
            of: table[index])
        switch storage {
        case .f32: packed.weights.put(bits, at: row * pitch + 4 * column)
        case .f16, .bf16: packed.weights.put(UInt16(bits), at: row * pitch + 2 * column)
        case .int8: packed.weights[row * pitch + column] = UInt8(truncatingIfNeeded: bits)
        case .int4:
          packed.weights.merge(
            (bits & 0xF) << storage.firstBit(of: column % 8), at: row * pitch + column / 8 * 4,
            as: storage)
        }
      }
    }
    guard let rounded else { return packed }
    packed.scales = rounded.scales.flatMap { scale -> [UInt8] in
      let bits = storage == .int8 ? scale.bitPattern : UInt32(Float16(scale).bitPattern)
      return (0..<(storage == .int8 ? 4 : 2)).map { UInt8(bits >> (8 * UInt32($0)) & 0xFF) }
    }
    return packed
  }

  private static func unpackTable(_ packed: Packed, of record: LayerRecord) -> [Float] {
    let (storage, columns) = (record.storage, record.outputSize)
    let pitch = storage.rowByteCount(columns: columns)
    return (0..<record.inputSize * columns).map { index in
      let (row, column) = (index / columns, index % columns)
      let bytes = packed.weights
      switch storage {
      case .f32: return Float(bitPattern: bytes.word(row * pitch + 4 * column, of: .f32))
      case .f16: return storage.value(ofBits: bytes.word(row * pitch + 2 * column, of: .f16))
      case .bf16: return storage.value(ofBits: bytes.word(row * pitch + 2 * column, of: .f16))
      case .int8:
        let scale = Float(bitPattern: packed.scales.word(4 * row, of: .f32))
        return Float(Int8(bitPattern: bytes[row * pitch + column])) * scale
      case .int4:
        let bits = bytes.word(row * pitch + column / 8 * 4, of: .int4)
        let group = row * groupsOf32(columns) + column / 32
        let scale = Float(
          Float16(bitPattern: UInt16(packed.scales.word(2 * group, of: .f16))))
        return storage.value(ofBits: bits >> storage.firstBit(of: column % 8)) * scale
      }
    }
  }
}

/// Rows of weights as integers, with a scale a row (int8) or group of 32 columns (int4).
struct RoundedRows {
  /// `[rows, columns]`.
  let values: [Int8]
  /// `[rows]`, or `[rows, groups]`.
  let scales: [Float]
  /// The sum of each row's integers.
  let sums: [Int32]
  let columns: Int

  init(_ weights: [Float], rows: Int, as storage: StorageType) {
    let columns = rows == 0 ? 0 : weights.count / rows
    let limit: Float = storage == .int8 ? 127 : 7
    let width = storage == .int8 ? max(columns, 1) : 32
    var values = [Int8](repeating: 0, count: weights.count)
    var scales: [Float] = []
    var sums = [Int32](repeating: 0, count: rows)
    for row in 0..<rows {
      // Without columns, a row has a scale of int8 all the same, and no group of int4.
      var first = 0
      repeat {
        let group = row * columns + first..<row * columns + min(first + width, columns)
        if storage == .int4, group.isEmpty { break }
        let scale = Self.scale(of: weights[group], limit: limit, as: storage)
        for index in group {
          let quotient = weights[index] / scale
          let bounded = max(-limit, min(limit, quotient.isNaN ? 0 : quotient))
          // Rounds to the nearest, ties to even. Unoptimised, `rounded` needs the C library's
          // mathematics, which a program that only runs models does not link.
          values[index] = Int8((bounded + 0x1.8p23) - 0x1.8p23)
          sums[row] += Int32(values[index])
        }
        scales.append(scale)
        first += width
      } while first < columns
    }
    (self.values, self.scales, self.sums, self.columns) = (values, scales, sums, columns)
  }

  /// The greatest magnitude / `limit`, in the range of the scale's own type; 1 for zeros.
  private static func scale(
    of weights: ArraySlice<Float>, limit: Float, as storage: StorageType
  ) -> Float {
    let greatest = weights.reduce(0) { max($0, $1.magnitude) }
    guard greatest > 0 else { return 1 }
    let scale = greatest / limit
    if storage == .int8 { return max(scale, .leastNormalMagnitude) }
    let rounded = Float(Float16(min(scale, Float(Float16.greatestFiniteMagnitude))))
    return max(rounded, Float(Float16.leastNormalMagnitude))
  }
}

extension StorageType {
  /// The bits of one weight within a word.
  fileprivate var mask: UInt32 {
    switch self {
    case .f32: .max
    case .f16, .bf16: 0xFFFF
    case .int8: 0xFF
    case .int4: 0xF
    }
  }

  /// Where in its word the weight of column `place` begins.
  fileprivate func firstBit(of place: Int) -> UInt32 {
    switch self {
    case .f32, .f16: 0
    case .bf16: 16 * UInt32(place)
    case .int8: 8 * UInt32(place)
    case .int4: 8 * UInt32(place % 4) + 4 * UInt32(place / 4)
    }
  }

  /// The bits of a floating-point type nearest to `weight`, ties to even.
  fileprivate func bits(of weight: Float) -> UInt32 {
    switch self {
    case .f16: return UInt32(Float16(weight).bitPattern)
    case .bf16:
      let bits = weight.bitPattern
      if weight.isNaN { return bits >> 16 | 0x40 }
      return (bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16
    default: return weight.bitPattern
    }
  }

  /// The number that the lowest bits stand for, of integers without their scale.
  fileprivate func value(ofBits bits: UInt32) -> Float {
    switch self {
    case .f32: Float(bitPattern: bits)
    case .f16: Float(Float16(bitPattern: UInt16(truncatingIfNeeded: bits)))
    case .bf16: Float(bitPattern: bits << 16)
    case .int8: Float(Int8(truncatingIfNeeded: bits))
    case .int4: Float(Int8(truncatingIfNeeded: bits << 4) >> 4)
    }
  }
}

extension [UInt8] {
  fileprivate func word(_ at: Int, of storage: StorageType) -> UInt32 {
    let low = UInt32(self[at]) | UInt32(self[at + 1]) << 8
    if storage == .f16 { return low }
    return low | UInt32(self[at + 2]) << 16 | UInt32(self[at + 3]) << 24
  }

  /// Sets bits of a word that are zero so far.
  fileprivate mutating func merge(_ bits: UInt32, at: Int, as storage: StorageType) {
    for index in 0..<storage.wordByteCount {
      self[at + index] |= UInt8(truncatingIfNeeded: bits >> (8 * UInt32(index)))
    }
  }
}
