// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation
// What these functions do is documented in sluice.h.

import CSluice

@c @implementation
public func sluice_version() -> UnsafePointer<CChar>! {
  unsafe constant("0.1.0")
}

@c @implementation
public func sluice_status_text(_ status: sluice_status) -> UnsafePointer<CChar>! {
  unsafe constant(text(of: status))
}

/// What a status means, in one sentence.
func text(of status: sluice_status) -> StaticString {
  switch status {
  case SLUICE_OK: "Done"
  case SLUICE_BAD_ARGUMENT:
    "An argument is NULL, misaligned, too small, overlaps or is out of range"
  case SLUICE_SYSTEM_ERROR: "The system refused"
  case SLUICE_NOT_A_FILE: "Not a regular file with content"
  case SLUICE_INVALID_MODEL: "Not a valid model"
  case SLUICE_NO_INSTRUCTION_SET: "This CPU cannot run the instruction set that was asked for"
  case SLUICE_OUT_OF_MEMORY: "Out of memory"
  case SLUICE_WRONG_INPUT: "The model has no such token, or reads the other kind of input"
  case SLUICE_INVALID_STATE: "Not a valid state of this model"
  case SLUICE_NOT_FINITE: "The state holds a NaN or an infinity"
  case SLUICE_NEEDS_SEQUENCE: "The model reads backwards: it takes whole sequences alone"
  default: "Unknown status"
  }
}

/// The bytes of a constant, NUL-terminated, as C has strings.
func constant(_ text: StaticString) -> UnsafePointer<CChar> {
  unsafe UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
}
