import _SluiceShims

/// Runs `pair` for every pair of panels and `single` for an odd last panel.
///
/// Backwards, the same tiles come in the opposite order: what a step read last is still in the
/// nearest cache when the next step begins. No sum crosses tiles, so no bit changes.
@inline(always)
func forEachTile(
  of outputSize: Int, backwards: Bool, pair: (_ tile: Int) -> Void, single: (_ tile: Int) -> Void
) {
  let panels = (outputSize &+ 7) &>> 3
  let pairs = panels &>> 1
  let hasSingle = panels & 1 != 0
  if backwards && hasSingle { single(pairs) }
  var t = 0
  while t < pairs {
    pair(backwards ? pairs &- 1 &- t : t)
    t &+= 1
  }
  if !backwards && hasSingle { single(pairs) }
}

/// Runs `step` for every step of a block, with its input, h(t-1) and h(t).
@inline(always)
func forEachStep(
  of block: sluice_block,
  step: (
    _ x: UnsafePointer<Float>, _ h: UnsafePointer<Float>, _ next: UnsafeMutablePointer<Float>,
    _ backwards: Bool
  ) -> Void
) {
  var x = unsafe block.input
  var h = unsafe block.hidden
  var next = unsafe block.output
  var backwards = unsafe block.backwards
  var t = unsafe block.steps
  while t > 0 {
    unsafe step(x, h, next, backwards)
    unsafe x += block.input_stride
    unsafe h = UnsafePointer(next)
    unsafe next += block.output_stride
    backwards = !backwards
    t &-= 1
  }
}
