import _SluiceSystem

/// A build of the kernels. All that a CPU of the program's architecture may run are in the program,
/// unless whoever built it left some out (``isCompiled``); one is chosen when a model is opened.
///
/// Those with a fused multiply-add (AVX2, AVX-512, NEON) give the same bits. The baseline has none:
/// its sums round twice.
public enum InstructionSet: Sendable {
  #if arch(arm64)
    /// Every 64-bit Arm CPU.
    case neon
  #else
    /// Every x86-64 CPU (SSE2). The one set of an architecture that no kernel was tuned for.
    case baseline
  #endif
  #if arch(x86_64)
    /// x86-64-v3: AVX2, FMA, F16C.
    case avx2
    /// x86-64-v4 and VNNI: AVX-512.
    case avx512
  #endif

  /// Those of this architecture, slowest first.
  #if arch(x86_64)
    private static var known: [3 of InstructionSet] { [.baseline, .avx2, .avx512] }
  #elseif arch(arm64)
    private static var known: [1 of InstructionSet] { [.neon] }
  #else
    private static var known: [1 of InstructionSet] { [.baseline] }
  #endif

  /// Whether this program has its kernels: all of the architecture, unless it was built with
  /// `SLUICE_SETS` in the environment.
  public var isCompiled: Bool {
    #if SLUICE_WITHOUT_AVX2
      if self == .avx2 { return false }
    #endif
    #if SLUICE_WITHOUT_AVX512
      if self == .avx512 { return false }
    #endif
    return true
  }

  /// Whether this CPU, its kernel and this program can run it.
  public var isRunnable: Bool {
    #if arch(x86_64)
      guard isCompiled else { return false }
      return switch self {
      case .baseline: true
      case .avx2: sluice_cpu_has_avx2()
      case .avx512: sluice_cpu_has_avx512()
      }
    #else
      return true
    #endif
  }

  /// Bytes of a register, the most that one load reads.
  package var registerByteCount: Int {
    #if arch(x86_64)
      switch self {
      case .baseline: 16
      case .avx2: 32
      case .avx512: 64
      }
    #else
      16
    #endif
  }

  /// As `SLUICE_ISA` spells it, NUL-terminated.
  package var name: UnsafePointer<CChar> {
    switch self {
    #if arch(arm64)
      case .neon: unsafe InstructionSet.characters(of: "neon")
    #else
      case .baseline: unsafe InstructionSet.characters(of: "baseline")
    #endif
    #if arch(x86_64)
      case .avx2: unsafe InstructionSet.characters(of: "avx2")
      case .avx512: unsafe InstructionSet.characters(of: "avx512")
    #endif
    }
  }

  /// The fastest that can run here.
  public static var best: InstructionSet {
    var index = known.count &- 1
    while index > 0, !known[index].isRunnable { index &-= 1 }
    return known[index]
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
    for index in known.indices where unsafe strcmp(value, known[index].name) == 0 {
      return known[index]
    }
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
