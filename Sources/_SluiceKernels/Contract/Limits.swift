/// What this build of the kernels could do at most, for benchmarks: loads and fused operations as
/// the layers have them, and nothing else.
///
/// Aligned pointers to vectors, and sums with names: the layers' `load`, `store` and arrays would
/// become functions that two files share, which are weak symbols.

/// Reads `count` floats again and again, every other pass from the end if `alternating`.
///
/// - Parameters:
///   - lines: `count` floats, 64-byte aligned.
///   - count: a multiple of 16.
///   - passes: how often, at least 1.
///   - sum: 16 floats, 64-byte aligned: the sums of all that was read, so that no load can be left
///     out.
@export(interface)
public func readLines(
  _ lines: UnsafePointer<Float>, count: Int, passes: Int, alternating: Bool,
  into sum: UnsafeMutablePointer<Float>
) {
  let first = unsafe UnsafeRawPointer(lines).assumingMemoryBound(to: PanelPair.self)
  let groups = count &>> 6
  var a = PanelPair(repeating: 0)
  var (b, c, d) = (a, a, a)
  var pass = 0
  while pass < passes {
    let backwards = alternating && pass & 1 != 0
    var at = unsafe backwards ? first + (groups &- 1) &* 4 : first
    let stride = backwards ? -4 : 4
    var group = 0
    while group < groups {
      a = unsafe a + at[0]
      b = unsafe b + at[1]
      c = unsafe c + at[2]
      d = unsafe d + at[3]
      unsafe at += stride
      group &+= 1
    }
    var rest = groups &* 4
    while rest < count &>> 4 {
      a = unsafe a + first[rest]
      rest &+= 1
    }
    pass &+= 1
  }
  unsafe UnsafeMutableRawPointer(sum).assumingMemoryBound(to: PanelPair.self)[0] = (a + b) + (c + d)
}

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
