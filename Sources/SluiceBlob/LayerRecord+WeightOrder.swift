/// Tiles that are computed, and so lie, together: all gates of a layer, but of a GRU that resets
/// before first r and z, then n.
package struct GatePass: Sendable {
  /// The first gate.
  package let firstGate: Int
  /// Gates.
  package let gates: Int
  /// Where its weights begin, in bytes from the layer's.
  package let offset: Int
}

/// One or two passes, without an array; and no Sequence, whose conformance brings arrays along.
package struct GatePasses: Sendable {
  private var first: GatePass?
  private var second: GatePass?

  init(_ first: GatePass, _ second: GatePass? = nil) {
    self.first = first
    self.second = second
  }

  /// The next pass.
  package mutating func next() -> GatePass? {
    defer {
      first = second
      second = nil
    }
    return first
  }
}

/// The tiles of some lanes, in order: two panels each, an odd last panel alone. Everything that has
/// lanes, weights, scales and biases, lies tile by tile.
package struct Tiles: Sendable {
  private let paddedLanes: Int
  private var lane = 0

  /// The tiles of `lanes` lanes, and of those that fill up the last panel.
  package init(lanes: Int) {
    paddedLanes = (lanes + panelWidth - 1) / panelWidth * panelWidth
  }

  /// The next tile's first lane, and its lanes with padding.
  package mutating func next() -> (first: Int, lanes: Int)? {
    guard lane < paddedLanes else { return nil }
    let rest = paddedLanes - lane
    let lanes = rest < 2 * panelWidth ? rest : 2 * panelWidth
    defer { lane += lanes }
    return (lane, lanes)
  }
}

extension LayerRecord {
  /// The passes over the layer's weights, which has some.
  package var passes: GatePasses {
    guard variant == .resetBefore else {
      return GatePasses(GatePass(firstGate: 0, gates: gateCount, offset: 0))
    }
    let second = storage.wordByteCount * paddedLaneCount * 2 * wordCount
    return GatePasses(
      GatePass(firstGate: 0, gates: 2, offset: 0),
      GatePass(firstGate: 2, gates: 1, offset: second))
  }

  /// Calls `body` for each gate of each tile: the gate, the tile's first lane and lanes, and where
  /// the gate's first word of the first lane lies, in bytes from the layer's weights; the next word
  /// of the lane is `pitch` bytes on.
  package func forEachTileGate<Failure: Error>(
    _ body: (_ gate: Int, _ lane: Int, _ lanes: Int, _ offset: Int, _ pitch: Int) throws(Failure)
      -> Void
  ) throws(Failure) {
    var passes = passes
    while let pass = passes.next() {
      var tiles = Tiles(lanes: laneCount)
      while let tile = tiles.next() {
        let pitch = storage.wordByteCount * tile.lanes * pass.gates
        let start =
          pass.offset + storage.wordByteCount * tile.first * pass.gates * wordCount
        for gate in 0..<pass.gates {
          try body(
            pass.firstGate + gate, tile.first, tile.lanes,
            start + storage.wordByteCount * tile.lanes * gate, pitch)
        }
      }
    }
  }
}
