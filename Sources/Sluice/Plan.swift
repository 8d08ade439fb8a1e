import SluiceBlob
import _SluiceContract
import _SluiceSystem

/// What an opened model computes, made once and never changed: one record a layer, pointers into the
/// blob, offsets into a stream's buffer. Shared by the model and its streams, which count its references.
@safe
struct Plan {
  let model: UnsafeMutablePointer<sluice_model>

  /// Floats or ids read at a step.
  var inputSize: Int { unsafe model.pointee.input_size }
  /// Floats of one row of input, of features or of an embedding's row, with its padding.
  var inputStride: Int { unsafe model.pointee.input_stride }
  /// Floats written at a step.
  var outputSize: Int { unsafe model.pointee.output_size }
  /// Whether a step reads a token id.
  var readsTokens: Bool { unsafe model.pointee.embedding != nil }
  /// Whether a layer must have seen the sequence's end before it writes its first output.
  var readsBackwards: Bool { unsafe model.pointee.reads_backwards }
  /// Whether a block yields its last step's output alone.
  var yieldsLast: Bool { unsafe model.pointee.yields_last }
  /// Whether the last layer of a step can write where the caller wants its output.
  var writesOutput: Bool { unsafe model.pointee.writes_output }
  /// Whether a layer reads another than the one before it.
  var branches: Bool { unsafe model.pointee.branches }

  /// Floats of all vectors that a stream remembers.
  var stateFloats: Int { unsafe model.pointee.state_floats }
  /// Floats of the vectors that last for a step: outputs of layers without a state, and scratch.
  var stepFloats: Int { unsafe model.pointee.step_floats }
  /// Floats of the longest vector, with its padding.
  var longestStride: Int { unsafe model.pointee.longest_stride }
  /// Floats of the longest projection of an input.
  var longestProjection: Int { unsafe model.pointee.longest_projection }
  /// Floats of the longest projection of a compact layer's h.
  var compactProjection: Int { unsafe model.pointee.compact_projection }
  /// Floats of the longest quantised x.
  var quantisedInput: Int { unsafe model.pointee.quantised_input }
  /// Floats of the longest quantised h.
  var quantisedHidden: Int { unsafe model.pointee.quantised_hidden }
  /// Floats of the longest workspace of a recurrent layer over columns.
  var columnFloats: Int { unsafe model.pointee.column_floats }
  /// Rows of a block that are in use at the same time.
  var slotCount: Int { unsafe model.pointee.slot_count }

  /// The number of layers: those of the blob, each once for every layer that it reads.
  var layerCount: Int { unsafe model.pointee.layer_count }

  /// A layer, of ``layerCount``, in order of execution.
  @inline(__always)
  subscript(index: Int) -> PlannedLayer { unsafe PlannedLayer(model.pointee.layers + index) }

  /// What ``Model/topologyHash`` says, taken at opening.
  var topologyHash: UInt64 { unsafe model.pointee.topology_hash }

  /// The hash that the blob declares.
  var hash: UInt64 {
    unsafe (model.pointee.bytes + BlobLayout.Header.hash).load(as: UInt64.self)
  }
}

/// One layer of a plan.
@safe
struct PlannedLayer {
  let layer: UnsafePointer<sluice_layer>

  init(_ layer: UnsafePointer<sluice_layer>) { unsafe self.layer = layer }

  /// The blob's layer.
  var record: Int { unsafe Int(layer.pointee.record) }
  /// The layer of the plan that it reads, -1 for the model's input.
  var source: Int { unsafe Int(layer.pointee.source) }
  /// Which rows of a block it writes.
  var slot: Int { unsafe Int(layer.pointee.slot) }
  /// Whether it has a state: two vectors at ``outputOffset``.
  var isRecurrent: Bool { unsafe layer.pointee.is_recurrent }
  /// Whether it reads the sequence from its end.
  var isReverse: Bool { unsafe layer.pointee.is_reverse }
  /// Whether it has a C.
  var hasCell: Bool { isRecurrent && cellStride > 0 }
  /// Whether it is recurrent over the columns of a step.
  var isOverColumns: Bool { unsafe layer.pointee.kernel == sluice_kernel_columns }
  /// Units of a recurrent layer, of all columns that have a state of their own.
  var hiddenSize: Int {
    let columns = unsafe isOverColumns ? layer.pointee.columns?.pointee.length ?? 1 : 1
    return unsafe columns &* layer.pointee.form.hidden_size
  }
  /// Features written at a step.
  var outputSize: Int { unsafe layer.pointee.output_size }
  /// Floats of one output or state vector with its padding.
  var stride: Int { unsafe layer.pointee.stride }
  /// Where the output lies: of a recurrent layer among the states, two vectors; else among a step's.
  var outputOffset: Int { unsafe layer.pointee.output_offset }
  /// Where among the states C lies, or the columns that a convolution keeps, or the steps that a delay does.
  var cellOffset: Int { unsafe layer.pointee.cell_offset }
  /// Floats of that, with its padding; 0 where there is none.
  var cellStride: Int { unsafe layer.pointee.cell_stride }
  /// Where among a step's vectors those lie that it needs within it.
  var scratchOffset: Int { unsafe layer.pointee.scratch_offset }

  /// Whether the row that the layer writes last is then copied to all others.
  var writesFinalState: Bool { unsafe layer.pointee.writes_final }

  /// Its vector of that index, of the first sequence; of a layer without state its only one.
  @inline(__always)
  func vector(_ index: Int, in memory: StepMemory) -> UnsafeMutablePointer<Float> {
    unsafe isRecurrent
      ? memory.states + memory.stateRows &* (outputOffset &+ index &* stride)
      : memory.steps + memory.stepRows &* outputOffset
  }

  /// Floats of C, or of what a convolution or delay keeps, without padding; 0 where there are none.
  var secondVectorSize: Int {
    if isRecurrent { return hasCell ? hiddenSize : 0 }
    return unsafe layer.pointee.columns?.pointee.past ?? 0
  }

  /// Whether h is finite only where C is, if there is one.
  var showsItsSecondVector: Bool {
    let kernel = unsafe layer.pointee.inner
    let cell = unsafe kernel == sluice_kernel_compact ? layer.pointee.compact.cell : kernel
    return isRecurrent && cell != sluice_kernel_lstm_general
  }
}
