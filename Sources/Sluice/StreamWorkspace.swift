import _SluiceContract
import _SluiceSystem

/// What a step, block or batch of one model needs while it runs, and nothing that is remembered.
///
/// A stream has a workspace of its own, unless it is made with one that it shares: then it holds its state
/// alone, which of many models is a few kilobytes. All that share one belong to one thread at a time, so that
/// a daemon has one for each model and thread, however many streams there are. A step is a little longer
/// where another stream had the workspace before: it writes anew where the layers' vectors lie.
@safe
public struct StreamWorkspace: ~Copyable {
  let head: UnsafeMutablePointer<sluice_workspace>

  /// A workspace for streams of blocks of up to `rows` steps, and for batches of up to as many streams.
  ///
  /// - Parameters:
  ///   - model: may be let go before the workspace.
  ///   - rows: at least 1.
  /// - Throws: ``ModelError/outOfMemory``, ``ModelError/streamTooLarge(byteCount:limit:)``.
  /// - Complexity: O(``byteCount(of:rows:)``), all of them touched here.
  public init(_ model: borrowing Model, rows: Int = 1) throws(ModelError) {
    precondition(rows >= 1, "A workspace has at least one row")
    if let excess = model.excess(workspaceOf: rows) { throw excess.error }
    let count = StreamWorkspace.byteCount(of: model, rows: rows)
    let memory = unsafe try model.plan.allocate(count)
    unsafe self.init(model, rows: rows, at: memory, byteCount: count ?? 0, owned: true)
  }

  /// As above without its preconditions, in just as many bytes as the workspace has, 64-byte aligned, which
  /// are freed at the end where they are `owned`.
  package init(
    _ model: borrowing Model, rows: Int, at memory: UnsafeMutableRawPointer, byteCount: Int,
    owned: Bool
  ) {
    _ = unsafe model.plan.adopt(memory, byteCount)
    unsafe head = unsafe model.plan.makeWorkspace(at: memory, rows: rows, owned: owned)
  }

  /// One more holder of a workspace that is there.
  package init(sharing head: UnsafeMutableRawPointer) {
    unsafe self.head = unsafe head.assumingMemoryBound(to: sluice_workspace.self)
    unsafe sluice_workspace_retain(self.head)
  }

  /// Bytes of a workspace; nil where there can be no such workspace.
  public static func byteCount(of model: borrowing Model, rows: Int) -> Int? {
    rows >= 1 ? model.plan.sharedWorkspaceBytes(rows: rows) : nil
  }

  /// The greatest block of a stream that shares it, and the most streams of a batch that does.
  public var rows: Int { unsafe head.pointee.rows }

  /// Whether it was made for that model, opened once.
  package func isOf(_ model: borrowing Model) -> Bool {
    unsafe head.pointee.model == model.plan.model
  }

  /// Where it lies, for one more holder: whoever has this lets go of it some day.
  package func heldHead() -> UnsafeMutableRawPointer {
    unsafe sluice_workspace_retain(head)
    return unsafe UnsafeMutableRawPointer(head)
  }

  deinit {
    unsafe sluice_workspace_release(head)
  }
}

// One owner at a time: whoever holds the workspace and all that share it may send them on together.
extension StreamWorkspace: @unchecked Sendable {}
