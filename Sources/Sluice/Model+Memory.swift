import SluiceBlob
import _SluiceSystem

extension Model {
  /// Where an opened model's bytes lie.
  public enum Memory: Sendable {
    /// In the file, mapped without a copy.
    ///
    /// The file must not be truncated or rewritten in place while it is mapped: the one kills the
    /// process (SIGBUS), the other changes weights under running streams. Replacing it by renaming
    /// another over it is safe.
    case mapped
    /// In a copy of its own, which only this process could change.
    case copied
    /// In a copy in a sealed memfd, which no process can change or truncate.
    case sealed
  }

  #if !hasFeature(Embedded)
    /// Opens a `.sluice` file and validates it.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - memory: mapped, or a copy that does not depend on the file any more.
    ///   - prefaulting: whether to bring all pages of a mapped file into memory now; otherwise a first
    ///     step may wait for them.
    ///   - locking: whether to lock the pages, so that they are never swapped out (mlock).
    ///   - checkingHash: whether to compare the hash of every byte; the structure is always checked.
    ///   - instructionSet: nil chooses the best, or what `SLUICE_ISA` names.
    /// - Throws: ``ModelError``; nothing stays mapped.
    public init(
      contentsOf path: String, memory: Memory = .mapped, prefaulting: Bool = true,
      locking: Bool = false, checkingHash: Bool = true, instructionSet: InstructionSet? = nil
    ) throws(ModelError) {
      var start: UnsafeMutableRawPointer?
      var count = 0
      let code = unsafe sluice_load_file(path, memory.shim, prefaulting, &start, &count)
      unsafe try self.init(
        owning: start, count: count, code: code, locking: locking, checkingHash: checkingHash,
        instructionSet: instructionSet)
    }
  #endif

  /// `init(contentsOf:)` with the path as C has it.
  package init(
    path: UnsafePointer<CChar>, memory: Memory, prefaulting: Bool, locking: Bool,
    checkingHash: Bool, instructionSet: InstructionSet?
  ) throws(ModelError) {
    var start: UnsafeMutableRawPointer?
    var count = 0
    let code = unsafe sluice_load_file(path, memory.shim, prefaulting, &start, &count)
    unsafe try self.init(
      owning: start, count: count, code: code, locking: locking, checkingHash: checkingHash,
      instructionSet: instructionSet)
  }

  /// Validates a copy of a blob in memory.
  ///
  /// - Parameters:
  ///   - bytes: the blob, of any alignment; not used any more when this returns.
  ///   - sealing: whether the copy lies in a sealed memfd: see ``Memory/sealed``.
  ///   - locking: whether to lock the pages, so that they are never swapped out (mlock).
  ///   - checkingHash: whether to compare the hash of every byte; the structure is always checked.
  ///   - instructionSet: nil chooses the best, or what `SLUICE_ISA` names.
  /// - Throws: ``ModelError``.
  public init(
    copying bytes: UnsafeRawBufferPointer, sealing: Bool = false, locking: Bool = false,
    checkingHash: Bool = true, instructionSet: InstructionSet? = nil
  ) throws(ModelError) {
    guard let base = bytes.baseAddress, bytes.count > 0 else {
      throw .invalid(BlobError(.emptyFile, at: 0))
    }
    var start: UnsafeMutableRawPointer?
    let code = unsafe sluice_copy(-1, base, bytes.count, sealing, &start)
    unsafe try self.init(
      owning: start, count: bytes.count, code: code, locking: locking,
      checkingHash: checkingHash, instructionSet: instructionSet)
  }

  /// Takes over pages, or the `code` with which the system refused them.
  private init(
    owning start: UnsafeMutableRawPointer?, count: Int, code: Int32, locking: Bool,
    checkingHash: Bool, instructionSet: InstructionSet?
  ) throws(ModelError) {
    guard let start = unsafe start, code == 0 else {
      switch code {
      case EINVAL, EISDIR: throw .notARegularFile
      case ENOMEM: throw .outOfMemory
      default: throw .unreadable(errno: code)
      }
    }
    do throws(ModelError) {
      let refusal = unsafe locking ? sluice_lock(start, count) : 0
      if refusal != 0 { throw .notLocked(errno: refusal) }
      unsafe try self.init(
        bytes: UnsafeRawBufferPointer(start: start, count: count), checkingHash: checkingHash,
        instructionSet: instructionSet)
    } catch {
      unsafe sluice_unmap(start, count)
      throw error
    }
    unsafe storage.pointee.is_mapped = true
  }
}

extension Model.Memory {
  fileprivate var shim: sluice_memory {
    switch self {
    case .mapped: sluice_memory_mapped
    case .copied: sluice_memory_copied
    case .sealed: sluice_memory_sealed
    }
  }
}
