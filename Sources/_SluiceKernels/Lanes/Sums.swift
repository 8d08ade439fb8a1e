/// The running sums of a kernel's inner loop: `rows` input vectors times the `gates` of `tiles`
/// neighbouring tiles, each a vector of output lanes in two chains.
///
/// A lane adds its even columns in one chain and its odd columns in another, each in ascending
/// order: of x first, from the bias on; then of h, from the sum of both chains on, which is known
/// before h is. Two chains hide the latency of an addition; and since this is the only order in
/// which any kernel sums, a lane's bits depend neither on the vector's width nor on who else ran
/// beside it.
struct Sums<let rows: Int, let tiles: Int, let gates: Int, V: SIMD> where V.Scalar == Float {
  typealias Row = InlineArray<tiles, InlineArray<gates, V>>

  var even: InlineArray<rows, Row>
  var odd: InlineArray<rows, Row>

  /// Starts at zero.
  @inline(always)
  init() {
    let zero = Row(repeating: InlineArray(repeating: V(repeating: 0)))
    even = InlineArray(repeating: zero)
    odd = InlineArray(repeating: zero)
  }

  /// Starts every row at the biases: vectors of a tile side by side, tiles `tilePitch` floats apart.
  @inline(always)
  init(biases: UnsafePointer<Float>, tilePitch: Int) {
    self.init()
    for row in 0..<rows {
      for tile in 0..<tiles {
        for gate in 0..<gates {
          even[row][tile][gate] = unsafe load(
            biases + tile &* tilePitch + gate &* V.scalarCount, as: V.self)
        }
      }
    }
  }

  /// Starts every row at sums that are known.
  @inline(always)
  init(_ sums: InlineArray<rows, Row>) {
    self.init()
    even = sums
  }

  /// Goes on from what both chains have come to.
  @inline(always)
  mutating func join() { self = Sums(total) }

  /// Adds `count` columns of `weights` times the rows of `x`, which lie `rowPitch` floats apart.
  ///
  /// Four inputs are read at once only where there are few, whose weights the nearest cache holds.
  ///
  /// A tile's columns are `pitch` floats apart, its gates side by side; tiles `tilePitch` apart.
  @inline(always)
  mutating func add(
    _ weights: UnsafePointer<Float>, pitch: Int, tilePitch: Int, _ x: UnsafePointer<Float>,
    rowPitch: Int, count: Int
  ) {
    var w = unsafe weights
    var k = 0
    #if SLUICE_AVX2 || SLUICE_AVX512
      while rows == 1 && tiles &* gates > 2 && count <= Thresholds.spreadColumns && k < count &- 3 {
        let four = unsafe loadFour(x + k, as: V.self)
        unsafe addTwo(
          w, pitch: pitch, tilePitch: tilePitch, row: 0, spread(four, 0), spread(four, 1))
        unsafe w += 2 &* pitch
        unsafe addTwo(
          w, pitch: pitch, tilePitch: tilePitch, row: 0, spread(four, 2), spread(four, 3))
        unsafe w += 2 &* pitch
        k &+= 4
      }
    #endif
    while k < count &- 1 {
      for row in 0..<rows {
        let first = unsafe x + row &* rowPitch + k
        unsafe addTwo(
          w, pitch: pitch, tilePitch: tilePitch, row: row, V(repeating: first[0]),
          V(repeating: first[1]))
      }
      unsafe w += 2 &* pitch
      k &+= 2
    }
    if k < count {
      for row in 0..<rows {
        let x0 = unsafe V(repeating: x[row &* rowPitch &+ k])
        for tile in 0..<tiles {
          for gate in 0..<gates {
            let v = unsafe w + tile &* tilePitch + gate &* V.scalarCount
            even[row][tile][gate] = unsafe multiplyAdd(
              load(v, as: V.self), x0, even[row][tile][gate])
          }
        }
      }
    }
  }

  /// Adds two neighbouring columns of `weights` times what their inputs are in every lane. The lines of
  /// a tile are read as they lie, which the CPU reads ahead best.
  @inline(always)
  private mutating func addTwo(
    _ weights: UnsafePointer<Float>, pitch: Int, tilePitch: Int, row: Int, _ x0: V, _ x1: V
  ) {
    for tile in 0..<tiles {
      for gate in 0..<gates {
        let v = unsafe weights + tile &* tilePitch + gate &* V.scalarCount
        even[row][tile][gate] = unsafe multiplyAdd(
          load(v, as: V.self), x0, even[row][tile][gate])
      }
      for gate in 0..<gates {
        let v = unsafe weights + pitch + tile &* tilePitch + gate &* V.scalarCount
        odd[row][tile][gate] = unsafe multiplyAdd(
          load(v, as: V.self), x1, odd[row][tile][gate])
      }
    }
  }

  /// As `add`, but the even columns' chains first, then the odd ones'.
  ///
  /// For sums that fill the registers in one chain each: an input is then broadcast once for all of
  /// them, and each line of weights is still read once.
  @inline(always)
  mutating func addChainByChain(
    _ weights: UnsafePointer<Float>, pitch: Int, tilePitch: Int, _ x: UnsafePointer<Float>,
    rowPitch: Int, count: Int
  ) {
    unsafe Self.addEverySecond(
      to: &even, weights, pitch: pitch, tilePitch: tilePitch, x, rowPitch: rowPitch, count: count)
    unsafe Self.addEverySecond(
      to: &odd, weights + pitch, pitch: pitch, tilePitch: tilePitch, x + 1, rowPitch: rowPitch,
      count: count &- 1)
  }

  @inline(always)
  private static func addEverySecond(
    to sums: inout InlineArray<rows, Row>, _ weights: UnsafePointer<Float>, pitch: Int,
    tilePitch: Int, _ x: UnsafePointer<Float>, rowPitch: Int, count: Int
  ) {
    var w = unsafe weights
    var k = 0
    #if SLUICE_AVX2 || SLUICE_AVX512
      while rows == 1 && count <= Thresholds.spreadColumns && k < count &- 3 {
        let four = unsafe loadFour(x + k, as: V.self)
        unsafe addOne(to: &sums, w, tilePitch: tilePitch, row: 0, spread(four, 0))
        unsafe addOne(to: &sums, w + 2 &* pitch, tilePitch: tilePitch, row: 0, spread(four, 2))
        unsafe w += 4 &* pitch
        k &+= 4
      }
    #endif
    while k < count {
      for row in 0..<rows {
        unsafe addOne(
          to: &sums, w, tilePitch: tilePitch, row: row, V(repeating: x[row &* rowPitch &+ k]))
      }
      unsafe w += 2 &* pitch
      k &+= 2
    }
  }

  @inline(always)
  private static func addOne(
    to sums: inout InlineArray<rows, Row>, _ weights: UnsafePointer<Float>, tilePitch: Int,
    row: Int, _ x0: V
  ) {
    for tile in 0..<tiles {
      for gate in 0..<gates {
        let v = unsafe weights + tile &* tilePitch + gate &* V.scalarCount
        sums[row][tile][gate] = unsafe multiplyAdd(
          load(v, as: V.self), x0, sums[row][tile][gate])
      }
    }
  }

  /// The two chains of every lane added.
  @inline(always)
  var total: InlineArray<rows, Row> {
    var total = even
    for row in 0..<rows {
      for tile in 0..<tiles {
        for gate in 0..<gates {
          total[row][tile][gate] = even[row][tile][gate] + odd[row][tile][gate]
        }
      }
    }
    return total
  }
}
