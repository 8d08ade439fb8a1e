extension Packing {
  /// Packs bias rows, `[rows, outputSize]` row-major, tile by tile.
  ///
  /// - Returns: `rows * roundUp8(outputSize)` floats.
  public static func packRows(_ rows: [Float], rowCount: Int, outputSize: Int) -> [Float] {
    precondition(rows.count == rowCount * outputSize, "rows is not [R, O]")
    let order = PackedOrder(gates: rowCount, columns: 1, outputs: outputSize)
    var packed = [Float](repeating: 0, count: order.count)
    order.forEachLane { index, row, _, lane in packed[index] = rows[row * outputSize + lane] }
    return packed
  }

  /// The inverse of ``packRows(_:rowCount:outputSize:)``.
  public static func unpackRows(_ packed: [Float], rowCount: Int, outputSize: Int) -> [Float] {
    let order = PackedOrder(gates: rowCount, columns: 1, outputs: outputSize)
    precondition(packed.count == order.count, "The rows are not those of these sizes")
    var rows = [Float](repeating: 0, count: rowCount * outputSize)
    order.forEachLane { index, row, _, lane in rows[row * outputSize + lane] = packed[index] }
    return rows
  }

  /// Pads state vectors, `[vectors, hiddenSize]` row-major, each to a multiple of 16 floats.
  public static func padState(_ vectors: [Float], hiddenSize: Int) -> [Float] {
    precondition(hiddenSize > 0 && vectors.count % hiddenSize == 0, "vectors is not [V, H]")
    let padding = [Float](repeating: 0, count: (16 - hiddenSize % 16) % 16)
    var padded: [Float] = []
    for start in stride(from: 0, to: vectors.count, by: hiddenSize) {
      padded += vectors[start..<start + hiddenSize]
      padded += padding
    }
    return padded
  }

  /// The inverse of ``padState(_:hiddenSize:)``.
  public static func unpadState(_ padded: [Float], hiddenSize: Int) -> [Float] {
    let length = (hiddenSize + 15) / 16 * 16
    precondition(hiddenSize > 0 && padded.count % length == 0, "The state is not of this size")
    var vectors: [Float] = []
    for start in stride(from: 0, to: padded.count, by: length) {
      vectors += padded[start..<start + hiddenSize]
    }
    return vectors
  }

  /// The little-endian bytes of floats.
  public static func bytes(of floats: [Float]) -> [UInt8] {
    unsafe floats.withUnsafeBytes { unsafe [UInt8]($0) }
  }

  /// The floats of little-endian bytes, 4 each.
  public static func floats(of bytes: [UInt8]) -> [Float] {
    precondition(bytes.count % 4 == 0, "Not a whole number of floats")
    return unsafe [Float](unsafeUninitializedCapacity: bytes.count / 4) { buffer, count in
      unsafe UnsafeMutableRawBufferPointer(buffer).copyBytes(from: bytes)
      count = bytes.count / 4
    }
  }
}

/// Where the lanes of packed rows lie: the one place that knows the order.
struct PackedOrder {
  let gates: Int
  let columns: Int
  let outputs: Int
  var variant: GRUVariant?

  var paddedOutputs: Int { (outputs + panelWidth - 1) / panelWidth * panelWidth }

  /// Floats with padding.
  var count: Int { paddedOutputs * gates * columns }

  /// Calls `body` with the index of each lane that is not padding, in ascending order.
  func forEachLane(_ body: (_ index: Int, _ gate: Int, _ column: Int, _ lane: Int) -> Void) {
    if variant == .resetBefore {
      let next = forEachLane(from: 0, gates: 0..<gates - 1, body)
      _ = forEachLane(from: next, gates: gates - 1..<gates, body)
    } else {
      _ = forEachLane(from: 0, gates: 0..<gates, body)
    }
  }

  private func forEachLane(
    from start: Int, gates: Range<Int>, _ body: (Int, Int, Int, Int) -> Void
  ) -> Int {
    var index = start
    var tile = 0
    while tile < paddedOutputs {
      let width = min(2 * panelWidth, paddedOutputs - tile)
      let lanes = min(width, outputs - tile)
      for column in 0..<columns {
        for gate in gates {
          for lane in 0..<lanes { body(index + lane, gate, column, tile + lane) }
          index += width
        }
      }
      tile += width
    }
    return index
  }
}
