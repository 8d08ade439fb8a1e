extension Model {
  /// Where an opened model's bytes lie.
  public enum Memory: Sendable {
    /// Where they are: a file mapped without a copy, bytes in memory borrowed.
    ///
    /// A file must not be truncated or rewritten in place while it is mapped: the one kills the
    /// process (SIGBUS), the other changes weights under running streams. Replacing it by renaming
    /// another over it is safe. Bytes in memory stay the caller's, unchanged, for as long as the model
    /// and its streams exist.
    case mapped
    /// In a copy of its own, which only this process could change.
    case copied
    /// In a copy in a sealed memfd, which no process can change or truncate.
    case sealed
  }

  /// How a model is opened.
  public struct Options: Sendable {
    /// Where the model's bytes lie.
    public var memory: Memory
    /// Whether to bring all pages of a mapped file into memory now; otherwise a first step may wait for
    /// them.
    public var prefaulting: Bool
    /// Whether to lock the pages, so that they are never swapped out (mlock). Not of borrowed bytes.
    public var locking: Bool
    /// Whether to compare the hash of every byte; the structure is always checked.
    public var checkingHash: Bool
    /// Nil chooses the best, or what `SLUICE_ISA` names.
    public var instructionSet: InstructionSet?
    /// The most bytes that a stream of the model may take, and a batch for each of its streams; nil for
    /// no limit. A small blob can ask for gigabytes: set it where blobs come from elsewhere.
    public var maximumStreamByteCount: Int?
    /// The most operations that a step may take, as ``Model/stepOperationCount`` counts them; nil for no
    /// limit.
    public var maximumStepOperationCount: Int?

    /// Options, the defaults where nothing is said.
    public init(
      memory: Memory = .mapped, prefaulting: Bool = true, locking: Bool = false,
      checkingHash: Bool = true, instructionSet: InstructionSet? = nil,
      maximumStreamByteCount: Int? = nil, maximumStepOperationCount: Int? = nil
    ) {
      self.memory = memory
      self.prefaulting = prefaulting
      self.locking = locking
      self.checkingHash = checkingHash
      self.instructionSet = instructionSet
      self.maximumStreamByteCount = maximumStreamByteCount
      self.maximumStepOperationCount = maximumStepOperationCount
    }
  }
}
