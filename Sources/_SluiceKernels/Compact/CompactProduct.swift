import _SluiceContract

/// One of the two factors that a pass over packed weights is multiplied with: x or h of some rows.
@safe struct CompactFactor {
  /// Quantised rows or floats.
  let rows: UnsafeRawPointer
  /// Bytes from one row to the next.
  let pitch: Int
  let rowCount: Int
  let columns: Int
  let isHidden: Bool
  /// [rows][tile][gates][lanes]
  let sums: UnsafeMutablePointer<Float>
  /// Floats from one row of sums to the next.
  let sumPitch: Int
}

/// Neighbouring vectors of sums that are computed together, and what they are made of.
@safe struct CompactBlock {
  var weights: UnsafeRawPointer
  /// Bytes from one word of a lane to its next.
  let wordPitch: Int
  let columns: Int
  var rows: UnsafeRawPointer
  let rowPitch: Int
  /// Of int8 the first vector's scales, of int4 those of its first group.
  var scales: UnsafeRawPointer
  var corrections: UnsafeRawPointer
  /// Bytes from one group of int4 to the next.
  let groupPitch: Int
  var biases: UnsafePointer<Float>?
  var sums: UnsafeMutablePointer<Float>
  let sumPitch: Int
  /// Bytes of a word, and of a scale.
  let wordBytes: Int, scaleBytes: Int
  /// Of a sparse layer, what is kept of the weights.
  var kept: KeptWords
  /// Between neighbouring tiles of one gate: bytes of weights and of scales, floats of biases.
  let tilePitch: Int, tileScalePitch: Int, tileBiasPitch: Int

  /// The biases of neighbouring vectors, or zeros.
  @inline(always)
  func biases<let vectors: Int, V: SIMD>(isSpread: Bool) -> InlineArray<vectors, V>
  where V.Scalar == Float {
    var all = InlineArray<vectors, V>(repeating: V(repeating: 0))
    guard let first = unsafe biases else { return all }
    let pitch = isSpread ? tileBiasPitch : V.scalarCount
    for vector in 0..<vectors {
      all[vector] = unsafe load(first + vector &* pitch, as: V.self)
    }
    return all
  }

  /// What the sums of float weights start from: the biases, or for U h the sums that are there.
  @inline(always)
  func startingSums<let rows: Int, let vectors: Int, V: SIMD>(
    isSpread: Bool
  ) -> InlineArray<rows, InlineArray<vectors, V>> where V.Scalar == Float {
    let biases: InlineArray<vectors, V> = self.biases(isSpread: isSpread)
    var all = InlineArray<rows, InlineArray<vectors, V>>(repeating: biases)
    guard unsafe self.biases == nil else { return all }
    for row in 0..<rows {
      let sums = unsafe self.sums + row &* sumPitch
      for vector in 0..<vectors {
        all[row][vector] = unsafe load(sums + vector &* V.scalarCount, as: V.self)
      }
    }
    return all
  }

  /// Stores what both chains of float weights have come to.
  @inline(always)
  func storeTotal<let rows: Int, let vectors: Int, V: SIMD>(
    _ even: InlineArray<rows, InlineArray<vectors, V>>,
    _ odd: InlineArray<rows, InlineArray<vectors, V>>
  ) where V.Scalar == Float {
    var target = unsafe sums
    for row in 0..<rows {
      for vector in 0..<vectors {
        unsafe store(
          even[row][vector] + odd[row][vector], to: target + vector &* V.scalarCount)
      }
      unsafe target += sumPitch
    }
  }

  /// What a step of the integers of a row stands for.
  @inline(always)
  func step<V: SIMD>(_ row: Int, as: V.Type) -> V where V.Scalar == Float {
    unsafe V(repeating: (rows + row &* rowPitch).loadUnaligned(as: Float.self))
  }

  /// The block further on by some vectors of a tile and rows.
  @inline(always)
  private func advanced(_ vectors: Int, _ row: Int) -> CompactBlock {
    var block = self
    let lanes = vectors &* WideFloats.scalarCount
    unsafe block.weights += lanes &* wordBytes
    unsafe block.rows += row &* rowPitch
    unsafe block.scales += lanes &* scaleBytes
    unsafe block.corrections += lanes &* scaleBytes
    unsafe block.biases = unsafe biases.map { unsafe $0 + lanes }
    unsafe block.sums += row &* sumPitch &+ lanes
    return block
  }

  /// Takes the block apart: four tiles of a single gate row by row; of a tile first as many rows at a
  /// time as `rowsAtOnce`, two vectors of each or one, then single rows, four vectors or fewer, and of
  /// each row the half vector that is left.
  ///
  /// If `isNarrow`, one vector at a time: less code, for what seldom runs.
  ///
  /// Every body is inlined once, where its set of instructions takes it: with AVX2 a vector is a panel,
  /// so that none is left half; the baseline, whose registers hold a few lanes, goes vector by vector.
  @inline(always)
  func forEachPart(
    _ span: CompactSpan, gates: Int, rowCount: Int, rowsAtOnce: Int, isNarrow: Bool = false,
    rowsOfTwo: (CompactBlock) -> Void, rowsOfOne: (CompactBlock) -> Void,
    spread: (CompactBlock) -> Void, four: (CompactBlock) -> Void,
    three: (CompactBlock) -> Void, two: (CompactBlock) -> Void, one: (CompactBlock) -> Void,
    half: (CompactBlock) -> Void
  ) {
    let floats = gates &* span.lanes
    let vectors = floats &>> wideShift
    var row = 0
    #if SLUICE_BASELINE
      while row < rowCount {
        let isSeveral = row &+ rowsAtOnce <= rowCount
        var vector = 0
        while vector < vectors {
          if isSeveral {
            rowsOfOne(advanced(vector, row))
          } else {
            one(advanced(vector, row))
          }
          vector &+= 1
        }
        row &+= isSeveral ? rowsAtOnce : 1
      }
    #else
      #if SLUICE_AVX512
        if span.isSpread {
          while row < rowCount {
            spread(advanced(0, row))
            row &+= 1
          }
          return
        }
      #endif
      while row &+ rowsAtOnce <= rowCount {
        var vector = 0
        while !isNarrow && vector &+ 2 <= vectors {
          rowsOfTwo(advanced(vector, row))
          vector &+= 2
        }
        while vector < vectors {
          rowsOfOne(advanced(vector, row))
          vector &+= 1
        }
        row &+= rowsAtOnce
      }
      while row < rowCount {
        var vector = 0
        while !isNarrow && vector &+ 4 <= vectors {
          four(advanced(vector, row))
          vector &+= 4
        }
        while isNarrow && vector < vectors {
          one(advanced(vector, row))
          vector &+= 1
        }
        if isNarrow {
          row &+= 1
          continue
        }
        switch vectors &- vector {
        case 3: three(advanced(vector, row))
        case 2: two(advanced(vector, row))
        case 1: one(advanced(vector, row))
        default: break
        }
        row &+= 1
      }
      #if SLUICE_AVX512
        guard floats & (WideFloats.scalarCount &- 1) != 0 else { return }
        row = 0
        while row < rowCount {
          half(advanced(vectors, row))
          row &+= 1
        }
      #endif
    #endif
  }
}

/// A tile, or four tiles of a single gate, whose sums are computed together.
struct CompactSpan {
  let tile: Int
  /// Whether these are four tiles of a single gate.
  let isSpread: Bool
  /// 16 for a pair of panels, 8 for an odd last one.
  let lanes: Int
}

extension sluice_compact_pass {
  /// All of a span's sums over one factor.
  @inline(always)
  func block(
    _ f: CompactFactor, _ span: CompactSpan, wordBytes: Int, scaleBytes: Int
  ) -> CompactBlock {
    let (tile, lanes) = (span.tile, span.lanes)
    // A panel's rows are half as long as a pair's.
    let half = lanes == 8 ? 1 : 0
    let start = unsafe weights + tile &* tile_pitch
    let tileScales = unsafe scales + tile &* scale_pitch
    let tileBiases = unsafe biases + tile &* bias_pitch + bias_row &* lanes
    let (scaleRow, correctionRow) =
      unsafe f.isHidden
      ? (hidden_scale_row, hidden_correction_row) : (input_scale_row, input_correction_row)
    return unsafe CompactBlock(
      weights: f.isHidden ? start + hidden_weights &>> half : start,
      wordPitch: gates &* lanes &* wordBytes, columns: f.columns, rows: f.rows,
      rowPitch: f.pitch,
      scales: tileScales + (f.isHidden ? hidden_scales &>> half : 0) + scaleRow &* lanes &* 4,
      corrections: tileScales + correctionRow &* lanes &* 4, groupPitch: gates &* lanes &* 2,
      biases: f.isHidden ? nil : tileBiases, sums: f.sums + tile &* gates &* 16,
      sumPitch: f.sumPitch, wordBytes: wordBytes, scaleBytes: scaleBytes,
      kept: KeptWords(words: start, count: 0, last: 0), tilePitch: tile_pitch,
      tileScalePitch: scale_pitch,
      tileBiasPitch: bias_pitch)
  }
}
