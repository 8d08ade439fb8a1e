/// Cuts samples into frames as they come: each frame ends with `hop` new samples, and begins with what
/// the one before ended with.
///
/// Nothing is allocated after it was made. It cannot be copied: the copy would allocate with its next sample.
public struct Framer: ~Copyable, Sendable {
  /// Samples of a frame.
  public let size: Int
  /// Samples from the beginning of a frame to that of the next.
  public let hop: Int
  /// The frame that the last call of ``append(_:)`` completed, `[size]`; in between it is being filled.
  public private(set) var frame: [Float]

  private var filler: FrameFiller

  /// A framer whose first frame begins with `lead` zeros.
  ///
  /// - Precondition: `size` and `hop` are at least 1, and `lead` is less than `size`.
  public init(size: Int, hop: Int, lead: Int = 0) {
    precondition(size > 0 && hop > 0 && (0..<size).contains(lead), "sizes of a frame")
    self.size = size
    self.hop = hop
    filler = FrameFiller(size: size, hop: hop, lead: lead)
    frame = [Float](repeating: 0, count: size)
  }

  /// Takes a sample; true where it completes ``frame``.
  public mutating func append(_ sample: Float) -> Bool {
    unsafe frame.withUnsafeMutableBufferPointer {
      unsafe filler.append(sample, to: $0.baseAddress!)
    }
  }

  /// Fills the frame that has begun up with zeros; false where no sample has come since the last one.
  public mutating func complete() -> Bool {
    unsafe frame.withUnsafeMutableBufferPointer { unsafe filler.complete($0.baseAddress!) }
  }

  /// Begins anew.
  public mutating func reset() {
    unsafe frame.withUnsafeMutableBufferPointer { unsafe filler.reset($0.baseAddress!) }
  }
}
