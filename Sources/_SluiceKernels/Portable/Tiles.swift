import _SluiceShims

/// What a kernel computes at a time: neighbouring tiles of one width.
typealias OnePanel = InlineArray<1, Panel>
typealias OnePair = InlineArray<1, PanelPair>
typealias TwoPairs = InlineArray<2, PanelPair>

/// Runs `body` for each of one or two tiles, spelled out: a loop over so long a body is not unrolled,
/// and its sums would go through memory.
@inline(always)
func forEach(_ tiles: Int, _ body: (_ t: Int) -> Void) {
  body(0)
  if tiles > 1 { body(1) }
}

/// Runs `pairs` for two neighbouring pairs of panels at a time, `pair` for one that is left, and
/// `single` for an odd last panel.
///
/// Two pairs share each input they read and overlap their gate math. Backwards, the same tiles come
/// in the opposite order: what a step read last is still in the nearest cache when the next step
/// begins. No sum crosses tiles, so neither changes a bit.
@inline(always)
func forEachTile(
  of outputSize: Int, backwards: Bool, pairs: (_ tile: Int) -> Void, pair: (_ tile: Int) -> Void,
  single: (_ tile: Int) -> Void
) {
  let panels = (outputSize &+ 7) &>> 3
  let count = panels &>> 1
  let doubles = count &>> 1
  if backwards {
    if panels & 1 != 0 { single(count) }
    if count & 1 != 0 { pair(count &- 1) }
    var t = doubles
    while t > 0 {
      t &-= 1
      pairs(t &* 2)
    }
  } else {
    var t = 0
    while t < doubles {
      pairs(t &* 2)
      t &+= 1
    }
    if count & 1 != 0 { pair(count &- 1) }
    if panels & 1 != 0 { single(count) }
  }
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
