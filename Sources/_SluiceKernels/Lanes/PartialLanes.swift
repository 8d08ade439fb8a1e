/// A vector from memory of which `left` lanes are there: whole ones, as most are, without a look at each lane.
@inline(always)
func loadLanes<V: SIMD>(_ pointer: UnsafePointer<Float>, _ left: Int) -> V
where V.Scalar == Float {
  unsafe left >= V.scalarCount
    ? load(pointer, as: V.self) : load(pointer, first: left, as: V.self)
}

/// The same to memory.
@inline(always)
func storeLanes<V: SIMD>(_ v: V, _ left: Int, to pointer: UnsafeMutablePointer<Float>)
where V.Scalar == Float {
  if left >= V.scalarCount {
    unsafe store(v, to: pointer)
  } else {
    unsafe store(v, first: left, to: pointer)
  }
}
