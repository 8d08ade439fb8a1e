import _SluiceShims

/// One of the two factors that a pass over packed weights is multiplied with: x or h of some rows.
@safe struct CompactFactor {
  /// Quantised rows or floats.
  var rows: UnsafeRawPointer
  /// Bytes from one row to the next.
  var pitch: Int
  /// 0 for a factor that is left out.
  var rowCount: Int
  let columns: Int
  /// Where the weights of its first column lie in a pair of panels, and its scales, in bytes.
  let firstWeight: Int, firstScale: Int
  /// The row of a tile's scales, and of its corrections, of the first gate: int8 alone.
  let scaleRow: Int, correctionRow: Int
  /// The row of a tile's biases, where they are added.
  let biasRow: Int?
  /// [rows][tile][gates][lanes]
  var sums: UnsafeMutablePointer<Float>
  /// Floats from one row of sums to the next.
  var sumPitch: Int
}

/// The gates of a layer, or some of them, whose sums one pass over the weights computes.
@safe struct CompactGates {
  let weights: UnsafeRawPointer
  let scales: UnsafeRawPointer
  let biases: UnsafePointer<Float>
  let gates: Int
  let outputSize: Int
  /// Bytes of a word, and of a scale.
  let wordBytes: Int, scaleBytes: Int
  /// Bytes from one pair's weights to the next's.
  let tilePitch: Int
  /// Bytes from one pair's scales to the next's.
  let scalePitch: Int
  /// Floats from one pair's biases to the next's.
  let biasPitch: Int
}

/// Neighbouring vectors of sums that are computed together, and what they are made of.
@safe struct CompactBlock {
  let weights: UnsafeRawPointer
  /// Bytes from a column's first vector to the next, and from one word to the next.
  let vectorPitch: Int, wordPitch: Int
  let columns: Int
  let rows: UnsafeRawPointer
  let rowPitch: Int
  /// Of int8 the first vector of the scales' row, of int4 of the first group.
  let scales: UnsafeRawPointer
  let corrections: UnsafeRawPointer
  /// Bytes from one vector's scales to the next's, and of int4 from one group to the next.
  let scalePitch: Int, groupPitch: Int
  let biases: UnsafePointer<Float>?
  let biasPitch: Int
  /// Vectors lie side by side, `V.scalarCount` floats each.
  let sums: UnsafeMutablePointer<Float>
  let sumPitch: Int

  /// The biases of a vector, or zeros.
  @inline(always)
  func bias<V: SIMD>(_ vector: Int, as: V.Type) -> V where V.Scalar == Float {
    guard let biases = unsafe biases else { return V(repeating: 0) }
    return unsafe load(biases + vector &* biasPitch, as: V.self)
  }

  /// The block further on by some vectors and rows.
  @inline(always)
  func advanced(_ vectors: Int, _ row: Int) -> CompactBlock {
    let shifted = unsafe biases.map { unsafe $0 + vectors &* biasPitch }
    return unsafe CompactBlock(
      weights: weights + vectors &* vectorPitch, vectorPitch: vectorPitch, wordPitch: wordPitch,
      columns: columns, rows: rows + row &* rowPitch, rowPitch: rowPitch,
      scales: scales + vectors &* scalePitch, corrections: corrections + vectors &* scalePitch,
      scalePitch: scalePitch, groupPitch: groupPitch, biases: shifted, biasPitch: biasPitch,
      sums: sums + row &* sumPitch + vectors &* WideFloats.scalarCount, sumPitch: sumPitch)
  }
}

extension CompactBlock {
  /// Takes the block apart: first as many rows at a time as `rowsAtOnce`, two vectors of each or
  /// one, then single rows, four vectors or fewer, and of each row the half vector that is left.
  ///
  /// Every body is inlined once.
  @inline(always)
  func forEachPart(
    rowCount: Int, vectors: Int, hasHalf: Bool, rowsAtOnce: Int,
    rowsOfTwo: (CompactBlock) -> Void, rowsOfOne: (CompactBlock) -> Void,
    four: (CompactBlock) -> Void, three: (CompactBlock) -> Void, two: (CompactBlock) -> Void,
    one: (CompactBlock) -> Void, half: (CompactBlock) -> Void
  ) {
    var row = 0
    while row &+ rowsAtOnce <= rowCount {
      var vector = 0
      while vector &+ 2 <= vectors {
        rowsOfTwo(advanced(vector, row))
        vector &+= 2
      }
      if vector < vectors { rowsOfOne(advanced(vector, row)) }
      row &+= rowsAtOnce
    }
    var single = row
    while single < rowCount {
      var vector = 0
      while vector &+ 4 <= vectors {
        four(advanced(vector, single))
        vector &+= 4
      }
      switch vectors &- vector {
      case 3: three(advanced(vector, single))
      case 2: two(advanced(vector, single))
      case 1: one(advanced(vector, single))
      default: break
      }
      single &+= 1
    }
    if hasHalf {
      row = 0
      while row < rowCount {
        half(advanced(vectors, row))
        row &+= 1
      }
    }
  }
}

extension CompactGates {
  /// 2 to this power are the tiles whose single gate is computed together; of more gates a tile has
  /// vectors enough.
  @inline(always)
  private var spanShift: Int {
    #if SLUICE_AVX512
      return gates == 1 ? 2 : 0
    #else
      return 0
    #endif
  }

  /// Runs `body` for every tile, or some neighbouring ones, and each of both factors.
  ///
  /// `body` is given the block of the whole tile, all rows, how many rows and how many vectors of
  /// it there are; a half vector more where `hasHalf`. Backwards, the tiles come in the opposite
  /// order.
  @inline(always)
  func forEachBlock(
    _ input: CompactFactor, _ hidden: CompactFactor, backwards: Bool,
    body: (_ block: CompactBlock, _ rowCount: Int, _ vectors: Int, _ hasHalf: Bool) -> Void
  ) {
    let panels = (outputSize &+ 7) &>> 3
    let pairs = panels &>> 1
    let shift = spanShift
    let spans = (pairs &+ (1 &<< shift) &- 1) &>> shift
    let last = spans &+ (panels & 1) &- 1
    var turn = 0
    while turn <= last {
      let span = backwards ? last &- turn : turn
      let tile = span == spans ? pairs : span &<< shift
      var factor = 0
      while factor < 2 {
        let f = factor == 0 ? input : hidden
        if f.rowCount > 0 {
          let isPair = span < spans
          let lanes = isPair ? 16 : 8
          let count = isPair && shift > 0 ? min(1 &<< shift, pairs &- tile) : 1
          let floats = gates &* lanes &* count
          let native = WideFloats.scalarCount
          body(
            block(f, tile, lanes: lanes, isSpread: count > 1), f.rowCount, floats / native,
            floats % native != 0)
        }
        factor &+= 1
      }
      turn &+= 1
    }
  }

  /// All of a tile. `isSpread`: its vectors are those of neighbouring tiles of one gate.
  @inline(always)
  private func block(
    _ f: CompactFactor, _ tile: Int, lanes: Int, isSpread: Bool
  ) -> CompactBlock {
    let native = WideFloats.scalarCount
    // A panel's rows are half as long as a pair's.
    let half = lanes == 8 ? 1 : 0
    let biasStart = unsafe biases + tile &* biasPitch
    let biasRow = unsafe f.biasRow.map { unsafe biasStart + $0 &* lanes }
    let tileScales = unsafe scales + tile &* scalePitch
    return unsafe CompactBlock(
      weights: weights + tile &* tilePitch + f.firstWeight &>> half,
      vectorPitch: isSpread ? tilePitch : native &* wordBytes,
      wordPitch: gates &* lanes &* wordBytes, columns: f.columns, rows: f.rows,
      rowPitch: f.pitch,
      scales: tileScales + f.firstScale &>> half + f.scaleRow &* lanes &* 4,
      corrections: tileScales + f.correctionRow &* lanes &* 4,
      scalePitch: isSpread ? scalePitch : native &* scaleBytes,
      groupPitch: gates &* lanes &* 2, biases: biasRow,
      biasPitch: isSpread ? biasPitch : native, sums: f.sums + tile &* gates &* 16,
      sumPitch: f.sumPitch)
  }
}
