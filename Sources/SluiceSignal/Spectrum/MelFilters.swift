/// Triangles over a spectrum, evenly apart as the ear hears: `librosa.filters.mel`.
public struct MelFilters: Sendable {
  /// How frequencies become mels.
  public enum Scale: Sendable, Hashable {
    /// Linear up to 1 kHz, logarithmic above: the Auditory Toolbox's, librosa's own.
    case slaney
    /// Logarithmic: 2595 log10(1 + f / 700).
    case htk
  }

  /// A filter's weights on neighbouring frequencies.
  private struct Band: Sendable {
    let firstBin: Int
    let weights: Range<Int>
  }

  /// How many filters there are.
  public var count: Int { bands.count }
  /// Frequencies of the spectra that they are for.
  public let binCount: Int
  private let bands: [Band]
  /// The weights of all bands, one behind the other.
  private let weights: [Float]

  /// Filters for spectra.
  ///
  /// - Parameters:
  ///   - count: how many.
  ///   - size: samples of the spectra's frames.
  ///   - rate: samples a second.
  ///   - frequencies: where the first begins and the last ends, in Hz; nil for 0 to half of `rate`.
  ///   - scale: how frequencies become mels.
  ///   - isNormalized: whether each has the same area, as `norm="slaney"`; otherwise each rises to 1.
  /// - Precondition: all numbers are above zero, and the frequencies not below it.
  public init(
    count: Int, size: Int, rate: Double, frequencies: ClosedRange<Double>? = nil,
    scale: Scale = .slaney, isNormalized: Bool = true
  ) {
    let range = frequencies ?? 0...rate / 2
    precondition(count > 0 && size > 0 && rate > 0 && range.lowerBound >= 0, "sizes of filters")
    let (low, high) = (scale.mels(range.lowerBound), scale.mels(range.upperBound))
    let edges = (0..<count + 2).map {
      scale.frequency(low + (high - low) * Double($0) / Double(count + 1))
    }
    binCount = size / 2 + 1
    var (bands, weights) = ([Band](), [Float]())
    for index in 0..<count {
      let (left, middle, right) = (edges[index], edges[index + 1], edges[index + 2])
      let height = isNormalized ? 2 / (right - left) : 1
      let values = (0..<binCount).map { bin in
        let frequency = Double(bin) * rate / Double(size)
        let rise = (frequency - left) / (middle - left)
        return Float(height * max(0, min(rise, (right - frequency) / (right - middle))))
      }
      let first = values.firstIndex { $0 > 0 } ?? 0
      let end = (values.lastIndex { $0 > 0 } ?? -1) + 1
      bands.append(
        Band(firstBin: first, weights: weights.count..<weights.count + max(end - first, 0)))
      if end > first { weights += values[first..<end] }
    }
    (self.bands, self.weights) = (bands, weights)
  }

  /// The power of `spectrum`, `[binCount, 2]`, under each filter: `[count]`.
  ///
  /// - Precondition: both have that many numbers.
  public func power(of spectrum: Span<Float>, into output: inout MutableSpan<Float>) {
    precondition(spectrum.count == 2 * binCount && output.count == count, "sizes of the filters")
    for (index, band) in bands.enumerated() {
      var sum = 0.0
      for (offset, weight) in band.weights.enumerated() {
        let bin = band.firstBin + offset
        let (real, imaginary) = (Double(spectrum[2 * bin]), Double(spectrum[2 * bin + 1]))
        sum += Double(weights[weight]) * (real * real + imaginary * imaginary)
      }
      output[index] = Float(sum)
    }
  }
}

extension MelFilters.Scale {
  /// Hz for a mel, and mels and Hz where the logarithm begins: of the Auditory Toolbox.
  private static let (linear, bend, bendMels) = (200.0 / 3, 1000.0, 15.0)
  private static let step = Elementary.logarithm(6.4) / 27

  /// The place of a frequency in Hz.
  func mels(_ frequency: Double) -> Double {
    switch self {
    case .htk: 2595 / Elementary.logarithm(10) * Elementary.logarithm(1 + frequency / 700)
    case .slaney:
      frequency < Self.bend
        ? frequency / Self.linear
        : Self.bendMels + Elementary.logarithm(frequency / Self.bend) / Self.step
    }
  }

  /// The frequency of a place.
  func frequency(_ mels: Double) -> Double {
    switch self {
    case .htk: 700 * (Elementary.exponential(mels * Elementary.logarithm(10) / 2595) - 1)
    case .slaney:
      mels < Self.bendMels
        ? mels * Self.linear
        : Self.bend * Elementary.exponential((mels - Self.bendMels) * Self.step)
    }
  }
}
