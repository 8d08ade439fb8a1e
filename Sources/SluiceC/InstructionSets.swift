// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation
// What these functions do is documented in sluice.h.

import CSluice
import Sluice

@c @implementation
public func sluice_isa_name(_ isa: sluice_isa) -> UnsafePointer<CChar>? {
  unsafe InstructionSet(isa)?.name
}

@c @implementation
public func sluice_isa_available(_ isa: sluice_isa) -> Bool {
  InstructionSet(isa)?.isRunnable ?? false
}

extension InstructionSet {
  /// Nil for SLUICE_ISA_BEST and for what the header does not name.
  init?(_ isa: sluice_isa) {
    switch isa {
    case SLUICE_ISA_BASELINE: self = .baseline
    case SLUICE_ISA_AVX2: self = .avx2
    case SLUICE_ISA_AVX512: self = .avx512
    default: return nil
    }
  }

  var c: sluice_isa {
    switch self {
    case .baseline: SLUICE_ISA_BASELINE
    case .avx2: SLUICE_ISA_AVX2
    case .avx512: SLUICE_ISA_AVX512
    }
  }
}
