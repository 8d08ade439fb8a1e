// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation
// What these functions do is documented in sluice.h.

import CSluice
import Sluice
import _SluiceSystem

@c @implementation
public func sluice_model_topology(_ model: OpaquePointer!) -> UInt64 {
  unsafe facts(model)?.pointee.topology_hash ?? 0
}

@c @implementation
public func sluice_model_size(_ model: OpaquePointer!) -> Int {
  unsafe facts(model)?.pointee.byte_count ?? 0
}

@c @implementation
public func sluice_step_operations(_ model: OpaquePointer!) -> UInt64 {
  UInt64(truncatingIfNeeded: unsafe facts(model)?.pointee.step_operations ?? 0)
}

@c @implementation
public func sluice_is_streamable(_ model: OpaquePointer!) -> Bool {
  unsafe facts(model).map { unsafe !$0.pointee.reads_backwards } ?? false
}

@c @implementation
public func sluice_layer_count(_ model: OpaquePointer!) -> Int {
  unsafe facts(model)?.pointee.record_count ?? 0
}

@c @implementation
public func sluice_model_layer(
  _ model: OpaquePointer!, _ index: Int, _ layer: UnsafeMutablePointer<sluice_layer_info>!
) -> sluice_status {
  // A caller that was compiled with an earlier version knows fewer fields; there is none earlier than this.
  guard let facts = unsafe facts(model), let layer = unsafe layer, index >= 0,
    unsafe index < facts.pointee.record_count,
    unsafe layer.pointee.size >= MemoryLayout<sluice_layer_info>.size
  else { return SLUICE_BAD_ARGUMENT }
  let fact = unsafe facts.pointee.facts[index]
  unsafe layer.pointee.kind = unsafe text(fact.kind)
  unsafe layer.pointee.storage = unsafe text(fact.storage)
  unsafe layer.pointee.name = unsafe text(fact.name)
  unsafe layer.pointee.name_size = fact.name_size
  unsafe layer.pointee.input_size = fact.input_size
  unsafe layer.pointee.output_size = fact.output_size
  unsafe layer.pointee.hidden_state_size = fact.hidden_state_size
  unsafe layer.pointee.cell_state_size = fact.cell_state_size
  unsafe layer.pointee.weight_bytes = fact.weight_bytes
  return SLUICE_OK
}

/// What is told of an open model; nil for NULL.
func facts(_ model: OpaquePointer?) -> UnsafePointer<sluice_model>? {
  unsafe model.map { unsafe UnsafePointer<Model>($0).pointee.facts }
}

func text(_ bytes: UnsafePointer<UInt8>?) -> UnsafePointer<CChar>? {
  unsafe bytes.map { unsafe UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self) }
}
