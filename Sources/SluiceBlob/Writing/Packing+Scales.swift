extension Packing {
  /// For each tile the scales of W's rows, of U's, then the corrections of both.
  static func packScaleRows(
    _ w: RoundedRows, _ u: RoundedRows, of record: LayerRecord
  ) -> [UInt8] {
    let matrices = record.kind.isRecurrent ? [w, u] : [w]
    let bits =
      matrices.flatMap { $0.scales.map(\.bitPattern) }
      + matrices.flatMap { $0.sums.map { UInt32(bitPattern: -128 * $0) } }
    return bytes(
      of: packRows(
        bits.map { Float(bitPattern: $0) }, rowCount: record.scaleRowCount,
        outputSize: record.laneCount))
  }

  /// Scales in the order of the weights, a group of 32 columns for every four words.
  static func packGroupScales(
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
        let groups = groupsOf32(isHidden ? record.hiddenSize : record.matrixColumns.input)
        for group in 0..<groups {
          for index in 0..<min(lanes, record.laneCount - lane) {
            let row = gate * record.laneCount + lane + index
            body(row, group, isHidden, first + group * pitch / 2 + 2 * index)
          }
        }
        first += groups * pitch / 2
      }
    }
  }

  /// The scales of W or of U, `[rows]` or `[rows, groups]`; none for floats.
  static func unpackScales(
    _ bytes: [UInt8], isHidden wanted: Bool, of record: LayerRecord
  ) -> [Float] {
    guard record.storage.isInteger else { return [] }
    let rows = record.gateCount * record.laneCount
    if record.storage.traits.groupColumns == 0 {
      let floats = unpackRows(
        floats(of: bytes), rowCount: record.scaleRowCount, outputSize: record.laneCount)
      let first = wanted ? rows : 0
      return wanted && !record.kind.isRecurrent ? [] : Array(floats[first..<first + rows])
    }
    let groups = groupsOf32(wanted ? record.hiddenSize : record.matrixColumns.input)
    var scales = [Float](repeating: 0, count: rows * groups)
    forEachGroupScale(of: record) { row, group, isHidden, at in
      guard isHidden == wanted else { return }
      let bits = UInt16(bytes[at]) | UInt16(bytes[at + 1]) << 8
      scales[row * groups + group] = Float(Float16(bitPattern: bits))
    }
    return scales
  }
}

extension StorageType {
  /// Which scale a weight has, by its index in a row-major matrix.
  func scaleIndex(of index: Int, columns: Int) -> Int {
    let row = index / columns
    guard traits.groupColumns > 0 else { return row }
    return row * groupsOf32(columns) + index % columns / traits.groupColumns
  }
}
