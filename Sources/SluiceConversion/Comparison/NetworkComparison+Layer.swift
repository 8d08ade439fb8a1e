import SluiceBlob
import SluiceImport
import SluiceNetwork

extension NetworkComparison.Layer {
  /// A layer of a blob before any step, its weights compared with those of the source's.
  init(_ packed: BlobContents.Layer, of source: Network.Layer) {
    name = packed.name
    kind = packed.record.kind
    storage = packed.record.storage
    size = packed.record.outputSize
    byteCount = packed.byteCount
    guard let wanted = source.weightRows else { return }
    var statistics = ErrorStatistics()
    for (value, wanted) in zip(packed.weightRows, wanted) {
      statistics.note(Double(value), Double(wanted))
    }
    weights = statistics
  }
}
