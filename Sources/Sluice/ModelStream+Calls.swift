import _SluiceContract
import _SluiceSystem

/// What is known of a single step before it comes: all but where the model's input lies. A small
/// layer's step takes no longer than to put these pointers together anew would.
extension Plan {
  /// Floats of the calls at the end of a stream's buffer.
  var callFloats: Int { unsafe layerCount &* 2 &* MemoryLayout<sluice_block>.stride / 4 }

  /// The memory of a stream's layers that lies behind the rows of a block.
  func workspace(of buffer: UnsafeMutablePointer<Float>, blockSize: Int) -> Workspace {
    let projected = unsafe buffer + stateFloats + blockSize &* slotCount &* longestStride
    let recurrent = unsafe projected + blockSize &* longestProjection
    let quantised = unsafe recurrent + compactProjection
    return unsafe Workspace(
      projected: projected, recurrent: recurrent, quantised: quantised,
      columns: quantised + (quantisedHidden &+ blockSize &* quantisedInput))
  }

  /// Writes every layer's call of a single step, for each phase, behind a stream's rows.
  func makeCalls(
    in buffer: UnsafeMutablePointer<Float>, blockSize: Int
  ) -> UnsafeMutablePointer<sluice_block> {
    let workspace = unsafe workspace(of: buffer, blockSize: blockSize)
    let end = unsafe UnsafeMutableRawPointer(workspace.columns + columnFloats)
    let calls = unsafe end.bindMemory(to: sluice_block.self, capacity: 2 &* layerCount)
    var index = 0
    while index < 2 &* layerCount {
      let phase = index < layerCount ? 0 : 1
      let layer = self[index &- phase &* layerCount]
      // The model's input, of which nothing is known yet, stands as the buffer.
      var input = unsafe Rows(buffer, stride: inputStride)
      if layer.source >= 0 {
        let read = self[layer.source]
        // Of a recurrent layer h(t), which the step has written beside h(t-1).
        input = unsafe Rows(
          buffer + read.outputOffset + read.vector(1 &- phase), stride: read.stride)
      }
      let states = unsafe buffer + layer.outputOffset
      unsafe (calls + index).initialize(
        to: sluice_block(
          layer, in: buffer, from: input, hidden: states + layer.vector(phase),
          to: Rows(states + layer.vector(1 &- phase), stride: layer.stride), workspace, steps: 1,
          backwards: phase != 0))
      index &+= 1
    }
    return unsafe calls
  }
}
