// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation
// What these functions do is documented in sluice.h.

import CSluice
import Sluice
import SluiceBlob

@c @implementation
public func sluice_next_token(
  _ model: OpaquePointer!, _ text: UnsafePointer<CChar>!, _ size: Int,
  _ position: UnsafeMutablePointer<Int>!, _ token: UnsafeMutablePointer<Int32>!
) -> Bool {
  guard let model = unsafe model, let text = unsafe text, let position = unsafe position,
    let token = unsafe token, unsafe position.pointee >= 0, unsafe position.pointee < size
  else { return false }
  guard unsafe UnsafePointer<Model>(model).pointee.readsTokens,
    unsafe UnsafePointer<Model>(model).pointee.blob.vocabularyCount > 0
  else { return false }
  var tokenizer = unsafe Tokenizer(UnsafePointer<Model>(model).pointee.blob)
  tokenizer.position = unsafe position.pointee
  let bytes = unsafe UnsafeRawBufferPointer(start: text, count: size)
  let next = unsafe bytes.withMemoryRebound(to: UInt8.self) { unsafe tokenizer.next(in: $0.span) }
  guard let next else {
    unsafe position.pointee = size
    return false
  }
  unsafe position.pointee = next.range.upperBound
  unsafe token.pointee = Int32(truncatingIfNeeded: next.id)
  return true
}
