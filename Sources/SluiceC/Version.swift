// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation
// What these functions do is documented in sluice.h.

import CSluice
import SluiceBlob

@c @implementation
public func sluice_version() -> UnsafePointer<CChar>! {
  unsafe constant(LibraryVersion.text)
}

@c @implementation
public func sluice_status_text(_ status: sluice_status) -> UnsafePointer<CChar>! {
  unsafe text(of: status)
}

/// What a status means, in one sentence.
func text(of status: sluice_status) -> UnsafePointer<CChar> {
  switch status {
  case SLUICE_OK: unsafe constant("Done")
  case SLUICE_BAD_ARGUMENT:
    unsafe constant("An argument is NULL, misaligned, too small, overlaps or is out of range")
  case SLUICE_SYSTEM_ERROR: unsafe constant("The system refused")
  case SLUICE_NOT_A_FILE: unsafe constant("Not a regular file with content")
  case SLUICE_INVALID_MODEL: unsafe constant("Not a valid model")
  case SLUICE_NO_INSTRUCTION_SET:
    unsafe constant("This CPU cannot run the instruction set that was asked for")
  case SLUICE_OUT_OF_MEMORY: unsafe constant("Out of memory")
  case SLUICE_WRONG_INPUT:
    unsafe constant("The model has no such token, or reads the other kind of input")
  case SLUICE_INVALID_STATE: unsafe constant("Not a valid state of this model")
  case SLUICE_NOT_FINITE: unsafe constant("The state holds a NaN or an infinity")
  case SLUICE_NEEDS_SEQUENCE:
    unsafe constant("The model reads backwards: it takes whole sequences alone")
  case SLUICE_ABOVE_LIMIT: unsafe constant("The model needs more than the options allow")
  case SLUICE_OTHER_TOPOLOGY:
    unsafe constant("The models differ in more than their numbers: no state can be carried")
  case SLUICE_NO_METADATA:
    unsafe constant("The model's metadata have no such value, or do not say that it is for this")
  default: unsafe constant("Unknown status")
  }
}

/// The bytes of a constant, NUL-terminated, as C has strings. Inlined, so that the compiler sees that
/// each is there: of a string that it does not know it would check that, and trap.
@inline(__always)
func constant(_ text: StaticString) -> UnsafePointer<CChar> {
  unsafe UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
}
