import SluiceNetwork

/// A dense array of numbers in row-major order, as the files hold it.
public struct Tensor: Sendable, Hashable {
  /// The numbers of a tensor, in their type.
  public enum Elements: Sendable, Hashable {
    /// IEEE 754 binary32.
    case float([Float])
    /// IEEE 754 binary64.
    case double([Double])
    /// Signed 32-bit integers.
    case int32([Int32])
    /// Signed 64-bit integers.
    case int64([Int64])

    /// How many numbers there are.
    public var count: Int {
      switch self {
      case .float(let values): values.count
      case .double(let values): values.count
      case .int32(let values): values.count
      case .int64(let values): values.count
      }
    }
  }

  /// The size of each axis, outermost first; empty for a scalar.
  public let shape: [Int]
  /// The numbers, row-major; as many as the product of `shape`.
  public let elements: Elements

  /// A tensor of the given shape.
  ///
  /// - Precondition: `elements` holds as many numbers as the product of `shape`.
  public init(shape: [Int], elements: Elements) {
    self.shape = shape
    self.elements = elements
    precondition(elementCount(of: shape) == count, "as many elements as the shape says")
  }

  /// A float32 tensor of the given shape.
  public init(shape: [Int], _ values: [Float]) {
    self.init(shape: shape, elements: .float(values))
  }

  /// How many numbers the tensor holds.
  public var count: Int { elements.count }

  /// Whether the numbers are of a floating-point type.
  public var isFloatingPoint: Bool {
    switch elements {
    case .float, .double: true
    case .int32, .int64: false
    }
  }

  /// The numbers as float32, rounded to nearest where they are wider.
  public var floats: [Float] {
    switch elements {
    case .float(let values): values
    case .double(let values): values.map(Float.init)
    case .int32(let values): values.map(Float.init)
    case .int64(let values): values.map(Float.init)
    }
  }

  /// The numbers as float64.
  public var doubles: [Double] {
    switch elements {
    case .float(let values): values.map(Double.init)
    case .double(let values): values
    case .int32(let values): values.map(Double.init)
    case .int64(let values): values.map(Double.init)
    }
  }

  /// The numbers as integers; nil where the type is a floating-point type.
  public var integers: [Int64]? {
    switch elements {
    case .float, .double: nil
    case .int32(let values): values.map(Int64.init)
    case .int64(let values): values
    }
  }
}

/// The number of elements of an array of this shape; nil for a negative size or one beyond `Int`.
package func elementCount(of shape: [Int]) -> Int? {
  var count = 1
  var overflowed = false
  // A zero anywhere makes the product zero, yet no factor before it may hide an overflow.
  for size in shape {
    guard size >= 0 else { return nil }
    let (product, overflow) = count.multipliedReportingOverflow(by: max(size, 1))
    overflowed = overflowed || overflow
    count = product
  }
  if overflowed { return nil }
  return shape.contains(0) ? 0 : count
}
