import SluiceBlob
import _SluiceContract
import _SluiceSystem

/// What cells of fixed size share: the layer's plan, and which of its two vectors holds h(t-1).
@safe
@usableFromInline
struct FixedCell {
  private var layer: sluice_layer
  private let instructionSet: InstructionSet
  private var phase = 0
  /// Floats of the states, behind which the vectors of a step lie.
  private let stateFloats: Int

  /// The plan of one layer of a validated blob.
  init(
    _ blob: BlobView, layer index: Int, kind: LayerKind, inputSize: Int, hiddenSize: Int,
    instructionSet: InstructionSet?
  ) throws(ModelError) {
    self.instructionSet = try .chosen(instructionSet)
    let caller = sluice_begin_floats()
    defer { sluice_end_floats(caller) }
    guard index >= 0 && index < blob.layerCount else { throw .layerDiffers(index: index) }
    let record = blob.record(at: index)
    guard
      record.kind == kind, record.inputSize == inputSize, record.hiddenSize == hiddenSize,
      record.outputSize == hiddenSize, record.storage == .f32, !record.isSparse,
      !record.isOverColumns
    else { throw .layerDiffers(index: index) }
    var (states, steps) = (0, 0)
    unsafe layer = sluice_layer(record, of: blob, states: &states, steps: &steps)
    stateFloats = states
    precondition(
      states + steps <= FixedMemory<0>.spare + 4 * hiddenSize, "FixedMemory is too small")
  }

  /// Moves the state in `memory` one step on and returns where h(t) lies.
  @usableFromInline
  mutating func step(
    _ input: UnsafePointer<Float>, in memory: UnsafeMutablePointer<Float>
  ) -> UnsafePointer<Float> {
    let caller = sluice_begin_floats()
    defer { sluice_end_floats(caller) }
    let vectors = unsafe memory + layer.output_offset
    let output = unsafe Rows(vectors + (1 &- phase) &* layer.stride, stride: layer.stride)
    unsafe withUnsafePointer(to: &layer) { layer in
      var block = unsafe sluice_block(
        PlannedLayer(layer), in: StepMemory(states: memory, steps: memory + stateFloats),
        from: Rows(reading: input, stride: layer.pointee.input_size),
        hidden: vectors + phase &* layer.pointee.stride, to: output,
        ScratchRows(projected: memory, recurrent: memory, quantised: memory, columns: memory),
        steps: 1, backwards: phase != 0)
      unsafe instructionSet.run(layer, &block)
    }
    phase = 1 &- phase
    return unsafe UnsafePointer(output.start)
  }

  /// Back to the model's initial state.
  @usableFromInline
  mutating func reset(_ memory: UnsafeMutablePointer<Float>) {
    phase = 0
    unsafe withUnsafePointer(to: &layer) { unsafe PlannedLayer($0).writeInitialState(to: memory) }
  }

  /// Where h lies.
  @usableFromInline
  func hidden(in memory: UnsafeMutablePointer<Float>) -> UnsafePointer<Float> {
    unsafe UnsafePointer(memory + layer.output_offset + phase &* layer.stride)
  }

  /// Where an LSTM's C lies.
  @usableFromInline
  func cell(in memory: UnsafeMutablePointer<Float>) -> UnsafePointer<Float> {
    unsafe UnsafePointer(memory + layer.cell_offset)
  }
}
