// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation
// What these functions do is documented in sluice.h.

import CSluice
import Sluice

@c @implementation
public func sluice_isa_name(_ isa: sluice_isa) -> UnsafePointer<CChar>? {
  switch isa {
  case SLUICE_ISA_BASELINE: unsafe constant("baseline")
  case SLUICE_ISA_AVX2: unsafe constant("avx2")
  case SLUICE_ISA_AVX512: unsafe constant("avx512")
  case SLUICE_ISA_NEON: unsafe constant("neon")
  default: nil
  }
}

@c @implementation
public func sluice_isa_available(_ isa: sluice_isa) -> Bool {
  InstructionSet(isa)?.isRunnable ?? false
}

extension InstructionSet {
  /// Nil for SLUICE_ISA_BEST, and for what this architecture does not have.
  init?(_ isa: sluice_isa) {
    switch isa {
    #if arch(arm64)
      case SLUICE_ISA_NEON: self = .neon
    #else
      case SLUICE_ISA_BASELINE: self = .baseline
    #endif
    #if arch(x86_64)
      case SLUICE_ISA_AVX2: self = .avx2
      case SLUICE_ISA_AVX512: self = .avx512
    #endif
    default: return nil
    }
  }

  var c: sluice_isa {
    switch self {
    #if arch(arm64)
      case .neon: SLUICE_ISA_NEON
    #else
      case .baseline: SLUICE_ISA_BASELINE
    #endif
    #if arch(x86_64)
      case .avx2: SLUICE_ISA_AVX2
      case .avx512: SLUICE_ISA_AVX512
    #endif
    }
  }
}
