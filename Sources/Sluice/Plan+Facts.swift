import SluiceBlob
import _SluiceSystem

extension UnsafeMutablePointer<sluice_model> {
  /// Takes over from a blob what is told of it later, without its records being read again.
  func describe(_ blob: BlobView) {
    unsafe pointee.topology_hash = blob.topologyHash
    unsafe pointee.step_operations = blob.stepOperationCount
    if unsafe blob.metadata.count > 0 {
      unsafe pointee.metadata = blob.metadata.baseAddress?.assumingMemoryBound(to: UInt8.self)
      unsafe pointee.metadata_size = blob.metadata.count
    }
    unsafe pointee.label_count = blob.labelCount
    for index in 0..<blob.layerCount {
      let record = blob.record(at: index)
      let name = unsafe blob.name(of: record)
      unsafe pointee.facts[index] = unsafe sluice_layer_facts(
        kind: record.kind.traits.name.utf8Start, storage: record.storage.traits.name.utf8Start,
        name: name.baseAddress?.assumingMemoryBound(to: UInt8.self), name_size: name.count,
        input_size: record.inputSize, output_size: record.outputSize,
        hidden_state_size: record.carriesHidden ? record.outputSize : 0,
        cell_state_size: record.carriesHidden && record.kind == .lstm ? record.stateSize : 0,
        weight_bytes: Int(truncatingIfNeeded: record.weights.length &+ record.scales.length))
    }
  }
}

extension Model {
  /// What is told of the model at any time, which nothing can trap: the facts of its layers.
  package var facts: UnsafePointer<sluice_model> { unsafe UnsafePointer(plan.model) }
}
