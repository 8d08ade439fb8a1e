import SluiceConversion
import SluiceImport
import SluiceNetwork

/// The first rows and columns of an array, for people.
struct ArrayHead {
  private static let rowLimit = 10
  private static let columnLimit = 8

  private let tensor: Tensor

  init(_ tensor: Tensor) {
    self.tensor = tensor
  }

  var text: String {
    let columns = max(tensor.shape.last ?? 1, 1)
    // As many columns as a line takes: numbers are not broken.
    var shown = min(columns, Self.columnLimit)
    while shown > 1, table(columns, shown: shown).naturalWidth > Table.lineLimit { shown -= 1 }
    let shape = tensor.shape.map { "\($0)" }.joined(separator: ", ")
    return "float32 [\(shape)]\n" + table(columns, shown: shown).text
  }

  private func table(_ columns: Int, shown: Int) -> Table {
    let rowCount = tensor.count / columns
    let values = tensor.floats
    var rows = (0..<min(rowCount, Self.rowLimit)).map { row in
      [tensor.index(ofRow: row)]
        + values[row * columns..<row * columns + shown].map {
          $0.magnitude < 1e4 ? Double($0).fixed(6) : "\($0)"
        } + (columns > shown ? ["..."] : [])
    }
    if rows.count < rowCount { rows.append(["... \(rowCount - rows.count) more rows"]) }
    return Table(rows: rows, numbers: Set(1...Self.columnLimit))
  }
}

extension Tensor {
  /// The indices of a row along all axes but the last.
  func index(ofRow row: Int) -> String {
    var rest = row
    var parts: [String] = []
    for size in shape.dropLast().reversed() {
      parts.append("\(rest % size)")
      rest /= size
    }
    return "[\(parts.reversed().joined(separator: ", "))]"
  }

  /// The first number that is none, or is infinite, and where it stands; nil where all are finite.
  var firstNotFinite: (value: Float, place: String)? {
    let values = floats
    guard let element = values.firstIndex(where: { !$0.isFinite }) else { return nil }
    let columns = max(shape.last ?? 1, 1)
    return (
      values[element], "row \(index(ofRow: element / columns)), column \(element % columns)"
    )
  }
}

/// Refuses an array of features that are not all finite, naming the first that is not: everything
/// that a model makes of it would be NaN, silently.
func checkFinite(_ tensor: Tensor, _ path: String) throws(ToolError) {
  guard tensor.isFloatingPoint, let wrong = tensor.firstNotFinite else { return }
  throw ToolError(
    .badFile, "\(path): \(wrong.place): \(wrong.value); expected finite numbers of float32")
}
