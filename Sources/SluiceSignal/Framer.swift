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

  private let lead: Int
  /// Samples of the frame that are there.
  private var count: Int
  /// Those of them that came since the frame before.
  private var fresh = 0
  /// Samples to pass over, where frames lie apart.
  private var skipped = 0

  /// A framer whose first frame begins with `lead` zeros.
  ///
  /// - Precondition: `size` and `hop` are at least 1, and `lead` is less than `size`.
  public init(size: Int, hop: Int, lead: Int = 0) {
    precondition(size > 0 && hop > 0 && (0..<size).contains(lead), "sizes of a frame")
    self.size = size
    self.hop = hop
    self.lead = lead
    count = lead
    frame = [Float](repeating: 0, count: size)
  }

  /// Takes a sample; true where it completes ``frame``.
  public mutating func append(_ sample: Float) -> Bool {
    if count == size { advance() }
    guard skipped == 0 else {
      skipped -= 1
      return false
    }
    frame[count] = sample
    (count, fresh) = (count + 1, fresh + 1)
    return count == size
  }

  /// Fills the frame that has begun up with zeros; false where no sample has come since the last one.
  public mutating func complete() -> Bool {
    guard count < size, fresh > 0 else { return false }
    while count < size {
      frame[count] = 0
      count += 1
    }
    return true
  }

  /// Begins anew.
  public mutating func reset() {
    for index in 0..<size { frame[index] = 0 }
    (count, fresh, skipped) = (lead, 0, 0)
  }

  private mutating func advance() {
    count = max(size - hop, 0)
    (fresh, skipped) = (0, max(hop - size, 0))
    for index in 0..<count { frame[index] = frame[index + hop] }
  }
}
