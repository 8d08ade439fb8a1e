/// Floats of every magnitude in ascending order, without NaN: from one infinity to the other.
public enum FloatSweep {
  /// Every `stride`-th float of every magnitude, and every `fine`-th of those where tanh and sigmoid
  /// bend (2^-14 to 2^7), both signs, ascending.
  public static func ascending(stride: Int = 4099, fine: Int = 509) -> [Float] {
    var patterns: Set<UInt32> = []
    for bits in Swift.stride(from: 0, to: 0x7F80_0000, by: stride) {
      patterns.insert(UInt32(bits))
    }
    let bend = Int(Float(0x1p-14).bitPattern)..<Int(Float(128).bitPattern)
    for bits in Swift.stride(from: bend.lowerBound, to: bend.upperBound, by: fine) {
      patterns.insert(UInt32(bits))
    }
    for special in specials where !special.isNaN { patterns.insert(special.magnitude.bitPattern) }
    let magnitudes = patterns.sorted().map { Float(bitPattern: $0) }
    return magnitudes.reversed().map { -$0 } + magnitudes
  }

  /// The edges: zero, denormals, the ends of the exponents, one, infinity, every kind of NaN.
  public static let specials: [Float] = {
    var floats: [Float] = [
      0, .leastNonzeroMagnitude, .leastNormalMagnitude.nextDown, .leastNormalMagnitude,
      .leastNormalMagnitude.nextUp, 0x1p-24, 0x1p-12, .ulpOfOne, 0.5, Float(1).nextDown, 1,
      Float(1).nextUp, 0.625, 8.999, 9.01, 9.02, 9.03, 16.6, 17, 17.5, 44, 87.3, 87.33, 87.34, 88,
      88.7, 88.8, 103, 104, 127, 128, 1e10, 1e38, .greatestFiniteMagnitude, .infinity, .nan,
    ]
    floats += floats.map { -$0 }
    floats += [0x7F80_0001, 0xFF80_0001, 0x7FFF_FFFF, 0xFFFF_FFFF].map { Float(bitPattern: $0) }
    return floats
  }()
}

/// What a swept function was found to do.
public struct SweepFindings: Sendable {
  /// The greatest error in units of the last place, where the true value is at least 2^-126.
  public var ulpError = 0.0
  /// Where it is.
  public var worst: Float = 0
  /// The greatest absolute error elsewhere.
  public var smallError = 0.0
  /// How often a greater argument gave a lesser value.
  public var descents = 0
  /// The deepest such descent, in floats.
  public var deepestDescent = 0
  /// Arguments whose value was not within the range asked for.
  public var outside: [Float] = []
  /// Arguments whose value is not the negated value of their negation.
  public var asymmetric: [Float] = []

  /// Compares `values` of the ascending `arguments`, symmetric around zero, with `exact`.
  public init(
    _ arguments: [Float], _ values: [Float], range: ClosedRange<Float>,
    exact: (Double) -> Double
  ) {
    precondition(arguments.count == values.count, "a value for each argument")
    for index in arguments.indices {
      let (x, y) = (arguments[index], values[index])
      let truth = exact(Double(x))
      // A result that is less is zero.
      if abs(truth) >= 0x1p-126 {
        let error = TestSupport.ulpError(of: y, from: truth)
        if !(error <= ulpError) { (ulpError, worst) = (error, x) }
      } else {
        smallError = max(smallError, abs(Double(y) - truth))
      }
      if !range.contains(y) { outside.append(x) }
      let mirrored = values[values.count - 1 - index]
      if y.bitPattern != mirrored.bitPattern ^ 0x8000_0000 { asymmetric.append(x) }
      if index > 0, y < values[index - 1] {
        descents += 1
        deepestDescent = max(deepestDescent, ulpDistance(y, values[index - 1]))
      }
    }
  }
}
