/// The sums of one tile: for each of its gates a vector of lanes, in two chains.
///
/// A lane adds its even columns in one chain and its odd columns in another, each in ascending
/// order. Two chains hide the latency of an addition; and since this is the only order in which any
/// kernel sums, a lane's bits depend neither on the vector's width nor on who else ran beside it.
struct GateSums<let gates: Int, V: SIMD> where V.Scalar == Float {
  var even: InlineArray<gates, V>
  var odd: InlineArray<gates, V>

  @inline(always)
  static var count: Int { gates }

  /// Starts at given values: the sums over the inputs, when the hidden state's columns follow.
  @inline(always)
  init(startingAt values: InlineArray<gates, V>) {
    even = values
    odd = InlineArray(repeating: V(repeating: 0))
  }

  /// Starts at the biases, one vector for each gate, `stride` floats apart.
  @inline(always)
  init(biases: UnsafePointer<Float>, stride: Int = V.scalarCount) {
    self.init(startingAt: InlineArray(repeating: V(repeating: 0)))
    for gate in 0..<gates {
      even[gate] = unsafe load(biases + gate &* stride, as: V.self)
    }
  }

  @inline(always)
  var sums: InlineArray<gates, V> {
    var sums = even
    for gate in 0..<gates { sums[gate] = even[gate] + odd[gate] }
    return sums
  }

  /// Adds `count` columns of `weights`: columns `pitch` floats apart, gates `stride` floats apart.
  @inline(always)
  mutating func add(
    _ weights: UnsafePointer<Float>, pitch: Int, stride: Int = V.scalarCount,
    _ x: UnsafePointer<Float>, count: Int
  ) {
    var w = unsafe weights
    var k = 0
    while k < count &- 1 {
      let x0 = unsafe V(repeating: x[k])
      let x1 = unsafe V(repeating: x[k &+ 1])
      for gate in 0..<gates {
        let v = unsafe w + gate &* stride
        even[gate] = unsafe multiplyAdd(load(v, as: V.self), x0, even[gate])
        odd[gate] = unsafe multiplyAdd(load(v + pitch, as: V.self), x1, odd[gate])
      }
      unsafe w += 2 &* pitch
      k &+= 2
    }
    if k < count {
      let x0 = unsafe V(repeating: x[k])
      for gate in 0..<gates {
        even[gate] = unsafe multiplyAdd(load(w + gate &* stride, as: V.self), x0, even[gate])
      }
    }
  }
}
