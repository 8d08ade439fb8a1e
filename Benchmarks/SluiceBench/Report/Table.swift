/// Rows of cells for people: two columns of text, then numbers on the right.
struct Table {
  let title: String
  let note: String
  let heading: [String]
  var rows: [[String]] = []

  /// The table as aligned text.
  var text: String {
    let all = [heading] + rows
    let widths = heading.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    let lines = all.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        let isText = column < 2
        line += (column > 0 ? "  " : "") + (isText ? cell + padding : padding + cell)
      }
      while line.last == " " { line.removeLast() }
      return line
    }
    return ([title, note].filter { !$0.isEmpty } + lines).joined(separator: "\n") + "\n"
  }

  /// The table as HTML.
  var html: String {
    func row(_ cells: [String], _ tag: String) -> String {
      let cells = cells.enumerated().map { column, cell in
        let name = cell.split { !$0.isLetter }.first.map { String($0) } ?? ""
        let style = column == 0 ? " class=\"l\"" : column == 1 ? " class=\"l v-\(name)\"" : ""
        return "<\(tag)\(style)>\(cell.escaped)</\(tag)>"
      }
      return "<tr>" + cells.joined() + "</tr>\n"
    }
    return """
      <h3>\(title.escaped)</h3>
      <p class="note">\(note.escaped)</p>
      <div class="scroll"><table>
      <thead>\(row(heading, "th"))</thead>
      <tbody>\(rows.map { row($0, "td") }.joined())</tbody>
      </table></div>

      """
  }
}

extension String {
  /// With the characters that HTML keeps for itself spelled out.
  var escaped: String {
    var result = ""
    for character in self {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.append(character)
      }
    }
    return result
  }
}
