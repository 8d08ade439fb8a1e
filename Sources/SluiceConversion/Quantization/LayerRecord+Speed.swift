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
    // A convolution multiplies each weight several times, and halves are no faster at that.
    guard kind != .convolution || type == .int8 && gainsByIntegers else { return false }
    return weightByteCount >= 4 * fewestWeights(of: type)
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
