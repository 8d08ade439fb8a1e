/// The signal that overlapping spectra are of: the inverse of ``ShortTimeFourier``, as `librosa.istft`.
///
/// Each spectrum's frame is multiplied with the window again and added to those before; what a sample
/// got is divided by the sum of the squares of the windows that reached it. Nothing is allocated after it
/// was made.
public struct OverlapAdd: ~Copyable, Sendable {
  /// Samples of a frame.
  public let size: Int
  /// Samples that a spectrum completes.
  public let hop: Int
  /// What the last call completed, `[hop]`. Of centred spectra the first size / 2 samples of all lie
  /// before the signal.
  public private(set) var samples: [Float]

  private var fourier: Fourier
  private let window: [Double]
  private var sums: [Double]
  private var weights: [Double]

  /// The inverse of the transform with these sizes and this window.
  ///
  /// - Precondition: `hop` is at least 1 and at most `size`, and the window fits.
  public init(size: Int, hop: Int, window: Window = .hann, windowSize: Int? = nil) {
    precondition((1...size).contains(hop), "frames that meet")
    precondition((1...size).contains(windowSize ?? size), "a window no longer than a frame")
    self.size = size
    self.hop = hop
    self.window = window.values(count: windowSize ?? size, centeredIn: size)
    fourier = Fourier(size: size)
    sums = [Double](repeating: 0, count: size)
    weights = sums
    samples = [Float](repeating: 0, count: hop)
  }

  /// Adds the next spectrum, `[size / 2 + 1, 2]`, and completes `hop` ``samples``.
  ///
  /// - Precondition: `spectrum` has that many numbers.
  public mutating func append(_ spectrum: Span<Float>) {
    precondition(spectrum.count == 2 * (size / 2 + 1), "a spectrum of this size")
    for bin in 0...size / 2 {
      let value = Complex(Double(spectrum[2 * bin]), Double(spectrum[2 * bin + 1]))
      // A real signal's other half is the conjugate; transformed forwards, that is the inverse.
      let isAlone = bin == 0 || 2 * bin == size
      fourier.values[bin] = isAlone ? Complex(value.x, 0) : value.conjugate
      if !isAlone { fourier.values[size - bin] = value }
    }
    fourier.transform()
    for index in 0..<size {
      sums[index] += fourier.values[index].x / Double(size) * window[index]
      weights[index] += window[index] * window[index]
    }
    flush()
  }

  /// Completes `hop` samples without another spectrum: the end of those before.
  public mutating func flush() {
    for index in 0..<hop {
      let weight = weights[index]
      samples[index] = Float(
        weight > Double(Float.leastNormalMagnitude) ? sums[index] / weight : sums[index])
    }
    for index in 0..<size {
      let isThere = index + hop < size
      sums[index] = isThere ? sums[index + hop] : 0
      weights[index] = isThere ? weights[index + hop] : 0
    }
  }

  /// Begins anew.
  public mutating func reset() {
    for index in 0..<size { (sums[index], weights[index]) = (0, 0) }
  }
}
