import _SluiceContract
import _SluiceSystem

/// What is known of a single step before it comes: all but where the model's input lies. A small
/// layer's step takes no longer than to put these pointers together anew would.
extension Plan {
  /// Floats of the calls at the end of a stream's buffer.
  var callFloats: Int { unsafe layerCount &* 2 &* MemoryLayout<sluice_block>.stride / 4 }

  /// Where the rows of a block lie in a workspace, behind a step's vectors.
  func blockRows(
    of workspace: UnsafeMutablePointer<sluice_workspace>
  ) -> UnsafeMutablePointer<Float> {
    unsafe workspace.floats + stepFloats
  }

  /// What lies behind the rows of a block.
  func scratchRows(of workspace: UnsafeMutablePointer<sluice_workspace>) -> ScratchRows {
    let rows = unsafe workspace.pointee.rows
    let projected = unsafe blockRows(of: workspace) + rows &* slotCount &* longestStride
    let recurrent = unsafe projected + rows &* longestProjection
    let quantised = unsafe recurrent + compactProjection
    return unsafe ScratchRows(
      projected: projected, recurrent: recurrent, quantised: quantised,
      columns: quantised + (quantisedHidden &+ rows &* quantisedInput))
  }

  /// Where the calls of single steps lie, at the end.
  func calls(
    of workspace: UnsafeMutablePointer<sluice_workspace>
  ) -> UnsafeMutablePointer<sluice_block> {
    let end = unsafe scratchRows(of: workspace).columns + columnFloats
    return unsafe UnsafeMutableRawPointer(end).assumingMemoryBound(to: sluice_block.self)
  }

  /// Writes every layer's call of a single step, for each phase, of the stream whose states are these: it has the
  /// workspace until another's are written.
  @inline(never)
  func writeCalls(
    of states: UnsafeMutablePointer<Float>, in workspace: UnsafeMutablePointer<sluice_workspace>
  ) {
    let memory = unsafe StepMemory(states: states, steps: workspace.floats)
    let rows = unsafe scratchRows(of: workspace)
    let calls = unsafe calls(of: workspace)
    unsafe workspace.pointee.owner = UInt(bitPattern: states)
    var index = 0
    while index < 2 &* layerCount {
      let phase = index < layerCount ? 0 : 1
      let layer = self[index &- phase &* layerCount]
      // The model's input, of which nothing is known yet, stands as the states.
      var input = unsafe Rows(states, stride: inputStride)
      if layer.source >= 0 {
        let read = self[layer.source]
        // Of a recurrent layer h(t), which the step has written beside h(t-1).
        input = unsafe Rows(read.vector(1 &- phase, in: memory), stride: read.stride)
      }
      unsafe (calls + index).initialize(
        to: sluice_block(
          layer, in: memory, from: input, hidden: layer.vector(phase, in: memory),
          to: Rows(layer.vector(1 &- phase, in: memory), stride: layer.stride), rows, steps: 1,
          backwards: phase != 0))
      index &+= 1
    }
  }
}
