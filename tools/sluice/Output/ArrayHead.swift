import SluiceConversion

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
    let rowCount = tensor.count / columns
    let values = tensor.floats
    let shown = min(rowCount, Self.rowLimit)
    var rows = (0..<shown).map { row in
      [index(of: row)]
        + values[row * columns..<row * columns + min(columns, Self.columnLimit)].map {
          $0.magnitude < 1e4 ? Double($0).fixed(6) : "\($0)"
        } + (columns > Self.columnLimit ? ["..."] : [])
    }
    if shown < rowCount { rows.append(["... \(rowCount - shown) more rows"]) }
    let shape = tensor.shape.map { "\($0)" }.joined(separator: ", ")
    return "float32 [\(shape)]\n" + Table(rows: rows, numbers: Set(1...Self.columnLimit)).text
  }

  /// The indices of a row along all axes but the last.
  private func index(of row: Int) -> String {
    var rest = row
    var parts: [String] = []
    for size in tensor.shape.dropLast().reversed() {
      parts.append("\(rest % size)")
      rest /= size
    }
    return "[\(parts.reversed().joined(separator: ", "))]"
  }
}
