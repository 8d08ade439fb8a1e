/// The blocks that a layer of int8 or f32 weights may leave out, numbered: those of W tile by tile, a word
/// after the other, then those of U.
package struct BlockGrid: Sendable {
  private let gates: Int, lanes: Int
  private let columns: (input: Int, hidden: Int)
  private let wordColumns: Int
  private let inputBlocks: Int
  /// Blocks of the layer.
  package let count: Int

  private static let tileLanes = 2 * panelWidth

  /// The blocks of a layer, were its weights of a type; nil where it must store all.
  package init?(_ record: LayerRecord, as type: StorageType) {
    var record = record
    record.storage = type
    guard record.mayBeSparse else { return nil }
    gates = record.gateCount
    lanes = record.laneCount
    columns = record.matrixColumns
    wordColumns = type.wordColumns
    let tiles = (lanes + Self.tileLanes - 1) / Self.tileLanes
    inputBlocks = tiles * type.wordCount(columns: columns.input)
    count = inputBlocks + tiles * type.wordCount(columns: columns.hidden)
  }

  /// Calls `body` with the place of each weight of a block in its row-major matrix.
  package func forEachWeight(
    of block: Int, _ body: (_ index: Int, _ isHidden: Bool) -> Void
  ) {
    let isHidden = block >= inputBlocks
    let columns = isHidden ? self.columns.hidden : self.columns.input
    let words = (columns + wordColumns - 1) / wordColumns
    let place = isHidden ? block - inputBlocks : block
    let (lane, column) = (place / words * Self.tileLanes, place % words * wordColumns)
    for gate in 0..<gates {
      for row in gate * lanes + lane..<gate * lanes + min(lane + Self.tileLanes, lanes) {
        for index in row * columns + column..<row * columns + min(column + wordColumns, columns) {
          body(index, isHidden)
        }
      }
    }
  }
}

extension Packing.Matrices {
  /// Zeros in the place of every weight of a block.
  package mutating func clear(_ block: Int, of grid: BlockGrid) {
    grid.forEachWeight(of: block) { index, isHidden in
      if isHidden { hidden[index] = 0 } else { input[index] = 0 }
    }
  }
}
