/// The order of weights in the file, there and back, as `Format.md` states it.
///
/// A tile is two neighbouring panels, 16 output lanes; an odd last panel is a tile of 8. Rows run
/// within a tile: for each word of columns, for each gate, the tile's lanes. Lanes beyond the size
/// are zero. `LayerRecord/forEachTileGate(_:)` alone knows where each lies.
public enum Packing {
  /// A layer's weights in the order of the file, and the scales that belong to them.
  public struct PackedWeights: Sendable, Equatable {
    /// Packed weights.
    public var weights: [UInt8]
    /// Packed scales; empty but for int8 and int4.
    public var scales: [UInt8]

    /// Blocks of weights and scales.
    public init(weights: [UInt8], scales: [UInt8] = []) {
      self.weights = weights
      self.scales = scales
    }
  }

  /// A layer's weights as matrices, row-major.
  public struct Matrices: Sendable, Equatable {
    /// W: `[gates * lanes, inputSize]`, of a convolution `[lanes, taps * channels]`, or `[lanes, taps]`
    /// where each channel sees itself alone; of an embedding its table, `[tokens, outputSize]`; of a
    /// gather its indices.
    public var input: [Float]
    /// U: `[gates * hiddenSize, outputSize]`; empty for a layer without state.
    public var hidden: [Float]
    /// P: `[outputSize, hiddenSize]`; empty for a layer without a projection.
    public var projection: [Float]

    /// The matrices of a layer; those that it does not have are empty.
    public init(input: [Float] = [], hidden: [Float] = [], projection: [Float] = []) {
      self.input = input
      self.hidden = hidden
      self.projection = projection
    }

    /// Every weight.
    public var all: [Float] { input + hidden + projection }
  }

  /// Rounds a layer's weights to its record's storage type, to the nearest, and packs them.
  ///
  /// An int8 row's scale is its greatest magnitude / 127, W's and U's apart; that of an int4 group
  /// its greatest magnitude / 7, as binary16. Where all weights are zero, the scale is 1.
  ///
  /// - Parameters:
  ///   - matrices: those that the layer has, gates in the order of the file.
  ///   - record: kind, sizes and type.
  /// - Returns: the blocks. Weights beyond the type's range become infinite, which blobs refuse.
  public static func pack(_ matrices: Matrices, as record: LayerRecord) -> PackedWeights {
    let (input, hidden) = (matrices.input, matrices.hidden)
    if record.kind.traits.weights == .table {
      precondition(input.count == record.inputSize * record.outputSize, "input is not [N, O]")
      return packTable(input, as: record)
    }
    if record.kind.traits.weights == .indices {
      precondition(input.count == record.outputSize, "input is not [O]")
      return PackedWeights(weights: packIndices(input.map { Int($0) }))
    }
    let rows = record.gateCount * record.laneCount
    let columns = record.matrixColumns
    precondition(input.count == rows * columns.input, "input is not [G*L, I]")
    precondition(hidden.count == rows * columns.hidden, "hidden is not [G*H, O]")
    let storage = record.storage
    var packed: PackedWeights
    if storage.isInteger {
      let w = RoundedRows(input, rows: rows, as: storage)
      let u = RoundedRows(hidden, rows: rows, as: storage)
      packed = PackedWeights(
        weights: packWords(of: record) { index, isHidden in
          UInt32(truncatingIfNeeded: (isHidden ? u : w).values[index])
        },
        scales: storage.traits.groupColumns > 0
          ? packGroupScales(w, u, of: record) : packScaleRows(w, u, of: record))
    } else {
      packed = PackedWeights(
        weights: packWords(of: record) { index, isHidden in
          storage.bits(of: isHidden ? hidden[index] : input[index])
        })
    }
    if record.cellFlags.contains(.projection) {
      packed.weights += pack(Matrices(input: matrices.projection), as: record.projection).weights
    }
    return packed
  }

  /// The indices of a gather, -1 where it writes 0, as the blob has them.
  ///
  /// - Precondition: each fits 32 bits.
  public static func packIndices(_ indices: [Int]) -> [UInt8] {
    bytes(of: indices.map { Float(bitPattern: UInt32(bitPattern: Int32($0))) })
  }

  /// The weights that packed ones stand for: the inverse of ``pack(_:as:)`` but for rounding.
  public static func unpack(_ packed: PackedWeights, of record: LayerRecord) -> Matrices {
    precondition(packed.weights.count == Int(record.weightByteCount), "not of these sizes")
    precondition(packed.scales.count == Int(record.scaleByteCount), "not of these sizes")
    if record.kind.traits.weights == .table {
      return Matrices(input: unpackTable(packed, of: record))
    }
    let rows = record.gateCount * record.laneCount
    let columns = record.matrixColumns
    var matrices = Matrices(
      input: [Float](repeating: 0, count: rows * columns.input),
      hidden: [Float](repeating: 0, count: rows * columns.hidden))
    let storage = record.storage
    let w = unpackScales(packed.scales, isHidden: false, of: record)
    let u = unpackScales(packed.scales, isHidden: true, of: record)
    let words = words(of: packed.weights, storage)
    forEachWeight(of: record) { index, isHidden, word, bit in
      var value = storage.value(ofBits: words[word] >> bit)
      let scales = isHidden ? u : w
      if !scales.isEmpty {
        let columns = isHidden ? columns.hidden : columns.input
        value *= scales[storage.scaleIndex(of: index, columns: columns)]
      }
      if isHidden { matrices.hidden[index] = value } else { matrices.input[index] = value }
    }
    if record.cellFlags.contains(.projection) {
      let projection = PackedWeights(weights: Array(packed.weights[record.gateByteCount...]))
      matrices.projection = unpack(projection, of: record.projection).input
    }
    return matrices
  }
}

extension LayerRecord {
  /// The projection behind the gates, which lies as a dense layer's weights do.
  fileprivate var projection: LayerRecord {
    .dense(inputSize: hiddenSize, outputSize: outputChannels)
  }
}
