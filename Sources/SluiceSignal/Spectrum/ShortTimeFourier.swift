/// The spectra of overlapping frames of a signal, frame by frame as the samples come.
///
/// As `librosa.stft` with `center=True` and zeros around the signal, or with `center=False`. Nothing is
/// allocated after it was made. A frame costs in the order of size x log(size) operations where the size
/// has small factors.
public struct ShortTimeFourier: ~Copyable, Sendable {
  /// Samples of a frame.
  public let size: Int
  /// Samples from a frame to the next.
  public let hop: Int
  /// Frequencies from 0 to half the sample rate: size / 2 + 1.
  public var binCount: Int { size / 2 + 1 }
  /// The spectrum of the last frame, `[binCount, 2]`: real and imaginary part of each frequency.
  public private(set) var spectrum: [Float]

  private var framer: Framer
  private var fourier: Fourier
  private let window: [Double]

  /// A transform.
  ///
  /// - Parameters:
  ///   - size: samples of a frame.
  ///   - hop: samples from a frame to the next.
  ///   - window: what a frame is multiplied with.
  ///   - windowSize: its length, in the middle of the frame; nil for all of it.
  ///   - isCentered: whether frame t has its middle at sample t x hop: zeros stand before the signal, and
  ///     the caller appends size / 2 zeros behind it. Otherwise it begins there.
  /// - Precondition: `size` and `hop` are at least 1, and the window fits.
  public init(
    size: Int, hop: Int, window: Window = .hann, windowSize: Int? = nil, isCentered: Bool = true
  ) {
    precondition((1...size).contains(windowSize ?? size), "a window no longer than a frame")
    self.size = size
    self.hop = hop
    self.window = window.values(count: windowSize ?? size, centeredIn: size)
    framer = Framer(size: size, hop: hop, lead: isCentered ? size / 2 : 0)
    fourier = Fourier(size: size)
    spectrum = [Float](repeating: 0, count: 2 * (size / 2 + 1))
  }

  /// Takes a sample; true where it completes a frame, whose ``spectrum`` is then there.
  public mutating func append(_ sample: Float) -> Bool {
    guard framer.append(sample) else { return false }
    for index in 0..<size {
      fourier.values[index] = Complex(Double(framer.frame[index]) * window[index], 0)
    }
    fourier.transform()
    for bin in 0..<binCount {
      spectrum[2 * bin] = Float(fourier.values[bin].x)
      spectrum[2 * bin + 1] = Float(fourier.values[bin].y)
    }
    return true
  }

  /// Begins anew.
  public mutating func reset() {
    framer.reset()
    for index in spectrum.indices { spectrum[index] = 0 }
  }
}
