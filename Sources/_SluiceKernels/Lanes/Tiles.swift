import _SluiceContract

/// What a kernel computes at a time: neighbouring tiles of one width.
typealias OnePanel = InlineArray<1, Panel>
typealias OnePair = InlineArray<1, PanelPair>
typealias TwoPairs = InlineArray<2, PanelPair>

/// Runs `pair` for each pair of panels and `single` for an odd last panel.
///
/// Backwards, the same tiles come in the opposite order: what a step read last is still in the
/// nearest cache when the next step begins. No sum crosses tiles, so no bit changes.
@inline(always)
func forEachTile(
  of outputSize: Int, backwards: Bool, pair: (_ tile: Int) -> Void, single: (_ tile: Int) -> Void
) {
  let panels = (outputSize &+ 7) &>> 3
  let pairs = panels &>> 1
  let last = pairs &+ (panels & 1) &- 1
  var turn = 0
  while turn <= last {
    let tile = backwards ? last &- turn : turn
    if tile < pairs { pair(tile) } else { single(tile) }
    turn &+= 1
  }
}

/// Runs `pairs` for two neighbouring pairs of panels at a time, `pair` for each that is left, and
/// `single` for an odd last panel.
///
/// For cells of few gates, where two pairs keep more sums running and share each input that is read.
/// Not `twoAtOnce`, or where that would not fit the registers, `pair` runs for each.
@inline(always)
func forEachTile(
  of outputSize: Int, backwards: Bool, twoAtOnce: Bool = true, pairs: (_ tile: Int) -> Void,
  pair: (_ tile: Int) -> Void, single: (_ tile: Int) -> Void
) {
  #if SLUICE_AVX512
    let panels = (outputSize &+ 7) &>> 3
    let count = panels &>> 1
    let doubles = twoAtOnce ? count &>> 1 : 0
    let last = count &- doubles &+ (panels & 1) &- 1
    var turn = 0
    while turn <= last {
      let position = backwards ? last &- turn : turn
      if position < doubles {
        pairs(position &* 2)
      } else if position < count &- doubles {
        pair(position &+ doubles)
      } else {
        single(count)
      }
      turn &+= 1
    }
  #else
    forEachTile(of: outputSize, backwards: backwards, pair: pair, single: single)
  #endif
}

/// Runs `body` for each of one or two tiles, spelled out: a loop over so long a body is not unrolled,
/// and its sums would go through memory.
@inline(always)
func forEach(_ tiles: Int, _ body: (_ t: Int) -> Void) {
  body(0)
  if tiles > 1 { body(1) }
}

/// Whether a block of steps has its inputs projected before its recurrent loop.
///
/// That reads W once for several rows. Where the nearest cache holds all weights there is nothing
/// to gain by it: then each step sums W x between the tiles of U h, as a single step does.
@inline(always)
func projectsInputs(_ layer: sluice_layer, _ block: sluice_block, gates: Int) -> Bool {
  let floats = unsafe (layer.input_size &+ layer.output_size) &* gates &* layer.stride
  return unsafe block.steps > 1 && floats > Thresholds.projectedFloats
}

/// Runs `step` for every step of a block: its input, h(t-1), h(t) and what was projected for it.
@inline(always)
func forEachStep(
  of block: sluice_block, isProjected: Bool, projectedPitch: Int,
  step: (
    _ x: UnsafePointer<Float>, _ h: UnsafePointer<Float>, _ next: UnsafeMutablePointer<Float>,
    _ projected: UnsafePointer<Float>?, _ backwards: Bool
  ) -> Void
) {
  var x = unsafe block.input
  var h = unsafe block.hidden
  var next = unsafe block.output
  var projected = unsafe isProjected ? UnsafePointer(block.projected) : nil
  var backwards = unsafe block.backwards
  var t = unsafe block.steps
  while t > 0 {
    unsafe step(x, h, next, projected, backwards)
    unsafe x += block.input_stride
    unsafe h = UnsafePointer(next)
    unsafe next += block.output_stride
    unsafe projected = projected.map { unsafe $0 + projectedPitch }
    backwards = !backwards
    t &-= 1
  }
}
