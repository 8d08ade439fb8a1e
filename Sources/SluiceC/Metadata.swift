// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation
// What these functions do is documented in sluice.h.

import CSluice
import Sluice
import SluiceBlob
import _SluiceSystem

@c @implementation
public func sluice_model_metadata(
  _ model: OpaquePointer!, _ size: UnsafeMutablePointer<Int>!
) -> UnsafePointer<CChar>! {
  let facts = unsafe facts(model)
  unsafe size?.pointee = unsafe facts?.pointee.metadata_size ?? 0
  return unsafe text(facts?.pointee.metadata)
}

@c @implementation
public func sluice_metadata_number(
  _ model: OpaquePointer!, _ pointer: UnsafePointer<CChar>!,
  _ value: UnsafeMutablePointer<Double>!
) -> sluice_status {
  guard unsafe model != nil && pointer != nil, let value = unsafe value else {
    return SLUICE_BAD_ARGUMENT
  }
  guard let number = unsafe place(model, pointer)?.number else { return SLUICE_NO_METADATA }
  unsafe value.pointee = number
  return SLUICE_OK
}

@c @implementation
public func sluice_metadata_text(
  _ model: OpaquePointer!, _ pointer: UnsafePointer<CChar>!, _ text: UnsafeMutablePointer<CChar>!,
  _ size: Int, _ length: UnsafeMutablePointer<Int>!
) -> sluice_status {
  guard unsafe model != nil && pointer != nil else { return SLUICE_BAD_ARGUMENT }
  guard let string = unsafe place(model, pointer)?.string else { return SLUICE_NO_METADATA }
  var bytes = string
  var count = 0
  while bytes.next() != nil { count &+= 1 }
  unsafe length?.pointee = count
  guard let text = unsafe text, count < size else { return SLUICE_BAD_ARGUMENT }
  bytes = string
  var index = 0
  while let byte = bytes.next(), index < count {
    unsafe text[index] = CChar(bitPattern: byte)
    index &+= 1
  }
  unsafe text[index] = 0
  return SLUICE_OK
}

@c @implementation
public func sluice_metadata_count(
  _ model: OpaquePointer!, _ pointer: UnsafePointer<CChar>!
) -> Int {
  unsafe place(model, pointer)?.count ?? 0
}

@c @implementation
public func sluice_label_count(_ model: OpaquePointer!) -> Int {
  unsafe facts(model)?.pointee.label_count ?? 0
}

@c @implementation
public func sluice_label(
  _ model: OpaquePointer!, _ index: Int, _ size: UnsafeMutablePointer<Int>!
) -> UnsafePointer<CChar>! {
  unsafe size?.pointee = 0
  guard let model = unsafe model,
    let label = unsafe UnsafePointer<Model>(model).pointee.blob.labelIfInside(at: index)
  else { return nil }
  unsafe size?.pointee = label.count
  return unsafe label.baseAddress?.assumingMemoryBound(to: CChar.self)
}

/// The value that a pointer of a program names; nil where there is none.
private func place(
  _ model: OpaquePointer?, _ pointer: UnsafePointer<CChar>?
) -> JSONPlace? {
  guard let model = unsafe model, let pointer = unsafe pointer else { return nil }
  let bytes = unsafe UnsafeRawBufferPointer(start: pointer, count: strlen(pointer))
  return unsafe UnsafePointer<Model>(model).pointee.metadataValue(at: bytes)
}
