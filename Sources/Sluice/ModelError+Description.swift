import SluiceBlob
import _SluiceSystem

#if !hasFeature(Embedded)
  extension ModelError: CustomStringConvertible {
    /// One sentence: what is wrong, where, and what to do.
    public var description: String {
      switch self {
      case .unreadable(let code): unsafe String(cString: strerror(code))
      case .notLocked(let code):
        unsafe "The memory cannot be locked: \(String(cString: strerror(code)))"
      case .notARegularFile: "Not a regular file with content: a model must be one to be mapped"
      case .invalid(let error): error.description
      case .unknownInstructionSet:
        unsafe "SLUICE_ISA must be baseline, avx2 or avx512, not '"
          + (getenv("SLUICE_ISA").map { unsafe String(cString: $0) } ?? "") + "'"
      case .unavailableInstructionSet(let set) where !set.isCompiled:
        "This program was built without \(set.rawValue) (SLUICE_SETS): choose another set, or build it anew"
      case .unavailableInstructionSet(let set):
        "This CPU cannot run \(set.rawValue): unset SLUICE_ISA or choose another"
      case .layerDiffers(let index):
        "Layer \(index) is not of the kind, sizes and type of weights that were asked for"
      case .notStreamable: "The model reads backwards: it takes whole sequences, not steps"
      case .streamTooLarge(let count, let limit):
        "A stream takes \(count) bytes; the options allow \(limit)"
      case .tooManyOperations(let count, let limit):
        "A step takes \(count) operations; the options allow \(limit)"
      case .outOfMemory: "Out of memory"
      }
    }
  }
#endif
