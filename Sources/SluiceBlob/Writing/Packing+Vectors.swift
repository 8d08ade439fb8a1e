extension Packing {
  /// Packs bias rows, `[rows, outputSize]` row-major, tile by tile.
  ///
  /// - Returns: `rows * roundUp8(outputSize)` floats.
  public static func packRows(_ rows: [Float], rowCount: Int, outputSize: Int) -> [Float] {
    precondition(rows.count == rowCount * outputSize, "rows is not [R, O]")
    var packed = [Float](
      repeating: 0, count: rowCount * ((outputSize + panelWidth - 1) / panelWidth * panelWidth))
    forEachLane(rowCount: rowCount, outputSize: outputSize) { row, lane, index in
      packed[index] = rows[row * outputSize + lane]
    }
    return packed
  }

  /// The inverse of ``packRows(_:rowCount:outputSize:)``.
  public static func unpackRows(_ packed: [Float], rowCount: Int, outputSize: Int) -> [Float] {
    var rows = [Float](repeating: 0, count: rowCount * outputSize)
    forEachLane(rowCount: rowCount, outputSize: outputSize) { row, lane, index in
      rows[row * outputSize + lane] = packed[index]
    }
    return rows
  }

  /// Calls `body` with every lane of every row, and its index among the packed ones.
  private static func forEachLane(
    rowCount: Int, outputSize: Int, _ body: (_ row: Int, _ lane: Int, _ index: Int) -> Void
  ) {
    var tiles = Tiles(lanes: outputSize)
    while let tile = tiles.next() {
      for row in 0..<rowCount {
        let first = tile.first * rowCount + row * tile.lanes
        for lane in tile.first..<min(tile.first + tile.lanes, outputSize) {
          body(row, lane, first + lane - tile.first)
        }
      }
    }
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
