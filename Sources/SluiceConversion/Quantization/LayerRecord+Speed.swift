import SluiceBlob

extension LayerRecord {
  /// Whether a step with weights of `type` takes no longer than with f32 ones, on every CPU that was measured;
  /// of a layer whose weights are f32.
  ///
  /// What a compact type saves is the reading of weights, and few weights are read soon: they cost less
  /// than making integers of the inputs, or widening halves. A rule of sizes and not of the machine that
  /// converts, so that a source gives the same bytes everywhere. Measured with AVX2 on a Zen 3 and with
  /// AVX-512 on an Emerald Rapids; Types.md has the ratios.
  package func isNoSlower(as type: StorageType) -> Bool {
    // A step looks up one row.
    guard type != .f32, kind != .embedding else { return true }
    // Bands share their weights, which stay in the first cache.
    guard columns.recurrence == .none else { return false }
    if kind == .convolution { return isNoSlowerConvolution(as: type) }
    return weightByteCount >= 4 * fewestWeights(of: type)
  }

  /// A convolution multiplies each weight several times, and halves are no faster at that; with integers it rounds what it
  /// reads twice, which of few weights over many columns takes longer than the products.
  ///
  /// Measured with AVX-512 on a Zen 5, four convolutions of three taps, int8 of f32: 64 channels over 2 columns 0.66, over
  /// 4 1.22, over 16 1.22; 128 over 2 0.38, over 4 0.87; 16 over 16 3.2.
  private func isNoSlowerConvolution(as type: StorageType) -> Bool {
    let weights = laneCount * matrixColumns.input
    return type == .int8 && weights >= 8192 && weights >= 4096 * outputLength
  }

  private func fewestWeights(of type: StorageType) -> UInt64 {
    let isRNN = kind == .rnn
    return switch type {
    case .f32: 0
    case .int8: isRNN ? 16_384 : 8192
    case .int4: isRNN ? 32_768 : 16_384
    case .bf16: isRNN ? 131_072 : 65_536
    // Widened twice as slowly as bf16 by AVX-512; from here on all weights come from beyond the second cache.
    case .f16: 1 << 20
    }
  }
}
