import SluiceBlob
import _SluiceSystem

extension Model {
  /// Operations of a step: a multiplication and addition for every weight that it reads, and one for
  /// every output of every layer.
  public var stepOperationCount: Int { unsafe plan.model.pointee.step_operations }

  /// Refuses a model of which one step takes more operations than the options allow.
  static func requireFewOperations(
    _ blob: BlobView, _ options: Options
  ) throws(ModelError) {
    guard let limit = options.maximumStepOperationCount else { return }
    let count = blob.stepOperationCount
    if count > limit { throw .tooManyOperations(count: count, limit: limit) }
  }

  /// What a stream of such a block takes and what the options allow, in bytes, where that is less.
  package func excess(streamOf blockSize: Int) -> Excess? {
    Excess(ModelStream.byteCount(of: self, blockSize: blockSize), limit: maximumStreamByteCount)
  }

  /// The same of a workspace of so many rows: of a stream of such a block, and of each stream of a batch where
  /// there can be one.
  package func excess(workspaceOf rows: Int) -> Excess? {
    excess(streamOf: rows) ?? (isStreamable ? excessInBatches : nil)
  }

  /// The same of each stream of a batch.
  package var excessInBatches: Excess? {
    Excess(StreamBatch.byteCount(of: self, count: 1), limit: maximumStreamByteCount)
  }
}

/// Bytes of a stream, and fewer that are allowed.
package struct Excess {
  /// What it takes, the greatest number where that cannot be expressed.
  package let byteCount: Int
  /// What is allowed.
  package let limit: Int

  /// Nil where it does not take more, or nothing is said.
  init?(_ count: Int?, limit: Int?) {
    byteCount = count ?? .max
    self.limit = limit ?? .max
    if byteCount <= self.limit { return nil }
  }

  /// As what opening or making a stream throws.
  var error: ModelError { .streamTooLarge(byteCount: byteCount, limit: limit) }
}
