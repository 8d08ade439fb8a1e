import SluiceBlob
import _SluiceContract
import _SluiceSystem

extension Plan {
  /// The plan of a validated blob. Nil where memory runs out.
  init?(_ blob: BlobView) {
    let first = blob.record(at: 0)
    let embeddings = first.kind == .embedding ? 1 : 0
    var count = 0
    for index in embeddings..<blob.layerCount { count += blob.record(at: index).partCount }
    guard let model = unsafe sluice_model_allocate(count, blob.layerCount) else { return nil }
    unsafe model.pointee.bytes = blob.bytes.baseAddress!
    unsafe model.pointee.byte_count = blob.bytes.count
    unsafe model.describe(blob)
    unsafe model.pointee.input_size = first.modelInputSize
    unsafe model.pointee.input_stride =
      (embeddings == 1 ? first.outputSize : first.modelInputSize).paddedToLine
    unsafe model.pointee.yields_last = blob.output == .last
    if embeddings == 1 {
      unsafe model.pointee.embedding = UnsafeRawPointer(blob.weights(of: first).floats)
      unsafe model.pointee.embedding_scales = blob.scales(of: first).baseAddress
      unsafe model.pointee.embedding_size = first.outputSize
      unsafe model.pointee.embedding_storage = sluice_storage(first.storage)
    }
    var planned = 0
    for index in embeddings..<blob.layerCount {
      unsafe model.plan(blob, index, at: &planned)
    }
    unsafe model.assignSlots()
    for index in 0..<blob.layerCount {
      let record = blob.record(at: index)
      let stride = record.outputSize.paddedToLine
      if record.direction != .forward, !record.isOverColumns {
        unsafe model.pointee.reads_backwards = true
      }
      unsafe model.pointee.output_size = record.outputSize
      unsafe model.pointee.longest_stride = max(model.pointee.longest_stride, stride)
      unsafe model.reserve(for: record)
    }
    unsafe model.pointee.block_size = model.usualBlockSize
    unsafe model.pointee.writes_output =
      planned > 0 && model.pointee.layers[planned - 1].writesAnywhere
    unsafe self.model = model
  }
}

extension UnsafeMutablePointer<sluice_model> {
  /// Plans the blob's layer `index`: once for each layer that it reads, from `planned` on.
  fileprivate func plan(_ blob: BlobView, _ index: Int, at planned: inout Int) {
    let record = blob.record(at: index)
    let first = blob.record(at: 0)
    let layer = unsafe sluice_layer(
      record, of: blob, states: &pointee.state_floats, steps: &pointee.step_floats)
    var partStart = 0
    for part in 0..<record.partCount {
      let source = record.inputs.count > 0 ? record.inputs[part] : index - 1
      // An embedding is no layer of the plan: its row is the input.
      let isInput = source < 0 || (source == 0 && first.kind == .embedding)
      let partSize =
        record.kind != .concatenate
        ? record.inputSize
        : isInput ? first.featureCount : blob.record(at: source).outputSize
      unsafe pointee.layers[planned] = layer
      unsafe pointee.layers[planned].record = Int32(index)
      unsafe pointee.layers[planned].source =
        isInput ? -1 : Int32(self.layer(ofRecord: source, planned))
      if part > 0, let kernel = record.kind.kernelOfFurtherInputs {
        unsafe pointee.layers[planned].kernel = kernel
      }
      if record.kind.hasColumns || record.kind.readsSeveral || record.kind == .mask
        || record.kind == .delay || record.isOverColumns
      {
        unsafe pointee.columns[planned] = sluice_columns(
          record, partStart: partStart, partSize: partSize)
        unsafe pointee.layers[planned].columns = UnsafePointer(pointee.columns + planned)
      }
      if unsafe pointee.layers[planned].source != Int32(planned - 1) {
        unsafe pointee.branches = true
      }
      partStart += partSize
      planned += 1
    }
  }
}

extension LayerKind {
  /// What takes the layer's second input and those behind it to what the first has left; nil where they
  /// are treated alike.
  fileprivate var kernelOfFurtherInputs: sluice_kernel? {
    switch self {
    case .add: sluice_kernel_accumulate
    case .multiply: sluice_kernel_multiply
    default: nil
    }
  }
}

extension LayerRecord {
  /// Layers of the plan: one for each layer that it reads.
  fileprivate var partCount: Int { kind.readsSeveral ? inputs.count : 1 }

  /// Of the first layer: features of the model's input, or of an embedding's row.
  fileprivate var featureCount: Int { kind == .embedding ? outputSize : modelInputSize }
}
