/// What this build of the kernels could do at most, for benchmarks: fused operations as the layers have
/// them, and nothing else. How fast memory is read is a matter of the machine: `SluiceLimits.h`.
///
/// Aligned pointers to vectors, and sums with names: the layers' `load`, `store` and arrays would
/// become functions that two files share, which are weak symbols.

#if SLUICE_AVX512
  private typealias Lanes = PanelPair
#else
  private typealias Lanes = Panel
#endif

/// Multiplies and adds in independent chains, all in registers.
///
/// - Parameters:
///   - values: 48 floats, 64-byte aligned: a factor, a summand and the first value of each lane; the
///     results replace the last 16.
///   - steps: operations of each chain.
/// - Returns: multiplications done, and as many additions.
@export(interface)
public func multiplyAddChains(_ values: UnsafeMutablePointer<Float>, steps: Int) -> Int {
  let memory = UnsafeMutableRawPointer(values)
  let factor = unsafe memory.assumingMemoryBound(to: Lanes.self)[0]
  let summand = unsafe (memory + 64).assumingMemoryBound(to: Lanes.self)[0]
  let result = unsafe (memory + 128).assumingMemoryBound(to: Lanes.self)
  var a = unsafe result[0]
  var (b, c, d, e, f) = (a + a, a - summand, a * factor, a + factor, a - factor)
  // The baseline's 16 registers of four lanes hold six chains, the others twelve.
  #if SLUICE_BASELINE
    let (g, h, i, j, k, l) = (b + a, b - a, b * a, c + d, c - d, c * d)
  #else
    var (g, h, i, j, k, l) = (b + a, b - a, b * a, c + d, c - d, c * d)
  #endif
  var step = 0
  while step < steps {
    a = multiplyAdd(a, factor, summand)
    b = multiplyAdd(b, factor, summand)
    c = multiplyAdd(c, factor, summand)
    d = multiplyAdd(d, factor, summand)
    e = multiplyAdd(e, factor, summand)
    f = multiplyAdd(f, factor, summand)
    #if !SLUICE_BASELINE
      g = multiplyAdd(g, factor, summand)
      h = multiplyAdd(h, factor, summand)
      i = multiplyAdd(i, factor, summand)
      j = multiplyAdd(j, factor, summand)
      k = multiplyAdd(k, factor, summand)
      l = multiplyAdd(l, factor, summand)
    #endif
    step &+= 1
  }
  unsafe result[0] = ((a + b) + (c + d)) + ((e + f) + (g + h)) + ((i + j) + (k + l))
  #if SLUICE_BASELINE
    return steps &* 6 &* Lanes.scalarCount
  #else
    return steps &* 12 &* Lanes.scalarCount
  #endif
}
