/// Where samples go in frames of memory that is another's: each frame ends with `hop` new samples, and begins
/// with what the one before ended with.
///
/// Nothing traps, and nothing is allocated.
package struct FrameFiller: Sendable {
  private let size: Int
  private let hop: Int
  private let lead: Int
  /// Samples of the frame that are there.
  private var count: Int
  /// Those of them that came since the frame before.
  private var fresh = 0
  /// Samples to pass over, where frames lie apart.
  private var skipped = 0

  /// Of frames of `size` samples, the first of which begins with `lead` zeros: sizes that ``Framer`` takes.
  package init(size: Int, hop: Int, lead: Int) {
    (self.size, self.hop, self.lead) = (size, hop, lead)
    count = lead
  }

  /// Puts a sample into `frame`, `[size]`; true where it completes it.
  @inline(__always)
  package mutating func append(_ sample: Float, to frame: UnsafeMutablePointer<Float>) -> Bool {
    if count == size { unsafe advance(frame) }
    guard skipped == 0 else {
      skipped &-= 1
      return false
    }
    unsafe frame[count] = sample
    count &+= 1
    fresh &+= 1
    return count == size
  }

  /// Fills the frame that has begun up with zeros; false where no sample has come since the last one.
  package mutating func complete(_ frame: UnsafeMutablePointer<Float>) -> Bool {
    guard count < size, fresh > 0 else { return false }
    while count < size {
      unsafe frame[count] = 0
      count &+= 1
    }
    return true
  }

  /// Begins anew.
  package mutating func reset(_ frame: UnsafeMutablePointer<Float>) {
    var index = 0
    while index < size {
      unsafe frame[index] = 0
      index &+= 1
    }
    count = lead
    fresh = 0
    skipped = 0
  }

  private mutating func advance(_ frame: UnsafeMutablePointer<Float>) {
    count = size > hop ? size &- hop : 0
    fresh = 0
    skipped = hop > size ? hop &- size : 0
    var index = 0
    while index < count {
      unsafe frame[index] = frame[index &+ hop]
      index &+= 1
    }
  }
}
