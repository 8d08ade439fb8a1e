import SluiceBlob

extension BlobContents.Layer {
  /// The greatest share of blocks with which a sparse layer is no slower than a whole one.
  package static var greatestKeptShare: Double { 0.6 }

  /// The layer without its zero blocks, where a step is faster so; else as it is.
  package var sparseWhereFaster: BlobContents.Layer {
    guard record.mayBeSparse, record.weightByteCount >= record.fewestSparseBytes,
      let (kept, all) = blockCounts, Double(kept) <= Self.greatestKeptShare * Double(all)
    else { return self }
    return withoutEmptyBlocks
  }
}

extension LayerRecord {
  /// Bytes of all weights from which on a step is faster where at most six tenths of the blocks are kept.
  ///
  /// Measured with AVX-512 on a Zen 5, ns a step, 60 % kept and all: LSTM int8 32x32 80 and 82, 64x64 147 and
  /// 166; f32 128x128 2,000 and 2,270, but at a quarter 32x32 135 and 96. A single gate's blocks share a word
  /// of input among fewer weights: dense int8 256x256 445 and 350, 512x512 1,410 and 1,610; f32 256x256 1,450
  /// and 1,530.
  fileprivate var fewestSparseBytes: UInt64 {
    switch (gateCount, storage) {
    case (1, .int8): 128 << 10
    case (1, _): 256 << 10
    case (_, .int8): 8 << 10
    default: 128 << 10
    }
  }
}
