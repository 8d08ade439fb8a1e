import _SluiceShims

/// A build of the kernels. All are in every program; one is chosen when a model is opened.
///
/// AVX2 and AVX-512 give the same bits. The baseline has no fused multiply-add: its sums round twice.
public enum InstructionSet: Sendable {
  /// Every x86-64 CPU (SSE2).
  case baseline
  /// x86-64-v3: AVX2, FMA, F16C.
  case avx2
  /// x86-64-v4 and VNNI: AVX-512.
  case avx512

  /// Whether this CPU and its kernel can run it.
  public var isRunnable: Bool {
    switch self {
    case .baseline: true
    case .avx2: sluice_cpu_has_avx2()
    case .avx512: sluice_cpu_has_avx512()
    }
  }

  /// As `SLUICE_ISA` spells it, NUL-terminated.
  package var name: UnsafePointer<CChar> {
    switch self {
    case .baseline: unsafe InstructionSet.characters(of: "baseline")
    case .avx2: unsafe InstructionSet.characters(of: "avx2")
    case .avx512: unsafe InstructionSet.characters(of: "avx512")
    }
  }

  /// The fastest that can run here.
  public static var best: InstructionSet {
    InstructionSet.avx512.isRunnable ? .avx512 : InstructionSet.avx2.isRunnable ? .avx2 : .baseline
  }

  /// What a model is opened with: the set asked for, else the environment's `SLUICE_ISA`, else the
  /// best.
  ///
  /// - Throws: ``ModelError/unknownInstructionSet`` or ``ModelError/unavailableInstructionSet(_:)``
  ///   where that does not exist or cannot run here.
  public static func chosen(
    _ wanted: InstructionSet? = nil
  ) throws(ModelError) -> InstructionSet {
    var set = wanted
    if set == nil { set = try named() }
    let chosen = set ?? best
    guard chosen.isRunnable else { throw .unavailableInstructionSet(chosen) }
    return chosen
  }

  /// What `SLUICE_ISA` names, nil where it is unset or empty. Compares bytes: no String is made.
  private static func named() throws(ModelError) -> InstructionSet? {
    guard let value = unsafe getenv(characters(of: "SLUICE_ISA")), unsafe value.pointee != 0 else {
      return nil
    }
    if unsafe strcmp(value, InstructionSet.baseline.name) == 0 { return .baseline }
    if unsafe strcmp(value, InstructionSet.avx2.name) == 0 { return .avx2 }
    if unsafe strcmp(value, InstructionSet.avx512.name) == 0 { return .avx512 }
    throw .unknownInstructionSet
  }

  /// A constant as C has strings, NUL-terminated.
  private static func characters(of text: StaticString) -> UnsafePointer<CChar> {
    unsafe UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
  }
}

#if !hasFeature(Embedded)
  extension InstructionSet: CaseIterable {
    /// Those that can run here, slowest first.
    public static var runnable: [InstructionSet] { allCases.filter(\.isRunnable) }
  }

  extension InstructionSet: RawRepresentable {
    /// As `SLUICE_ISA` spells it.
    public var rawValue: String { unsafe String(cString: name) }

    /// The set of that name.
    public init?(rawValue: String) {
      for set in InstructionSet.allCases where set.rawValue == rawValue {
        self = set
        return
      }
      return nil
    }
  }
#endif
