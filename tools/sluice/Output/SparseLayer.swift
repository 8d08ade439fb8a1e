import SluiceBlob
import SluiceConversion

/// A layer with zero blocks of weights, in a line.
struct SparseLayer {
  let name: String
  let kept: Int, all: Int
  let isSparse: Bool
  /// What a block is.
  let shape: String

  init(_ name: String, kept: Int, _ record: LayerRecord) {
    self.name = name
    self.kept = kept
    all = record.blockCount
    isSparse = record.isSparse
    shape = "\(16 * record.gateCount)x\(record.storage.wordColumns)"
  }

  var line: String {
    let share = (1000 * Double(kept) / Double(max(all, 1))).rounded() / 10
    let counts = "\(kept.grouped) of \(all.grouped) blocks of \(shape), \(share) %"
    return isSparse
      ? "\(name.printable) keeps \(counts)"
      : "\(name.printable) stores its zeros: \(counts), are not zero; leaving them out is faster up to 60 %"
  }
}

extension Conversion {
  /// A line for each layer that stores zero blocks.
  var storedZeros: String {
    layersWithZeroBlocks.filter { !$0.record.isSparse }.map {
      "\n" + SparseLayer($0.name, kept: $0.kept, $0.record).line
    }.joined()
  }
}
