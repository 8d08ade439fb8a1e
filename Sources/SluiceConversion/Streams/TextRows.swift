import SluiceImport
import SluiceNetwork

/// Rows of numbers as text, a line each: CSV or JSON lines.
///
/// CSV: numbers with commas between them, in quotes or not; a first line without a number names the
/// columns, which may stand in any order where the inputs have names. JSON lines: an array of numbers, or the number itself where a row is one. An empty field, NaN,
/// NA and null are missing numbers; an empty line and null are missing rows, but for empty lines
/// at the end where nothing may be missing.
package struct TextRows: RowReader {
  /// How a row is written.
  package enum Syntax: Sendable {
    case csv
    case jsonLines
  }

  package let columns: Int
  package private(set) var isRowMissing = false
  package var file: String { bytes.file }

  private let bytes: ByteStream
  private let syntax: Syntax
  /// Whether an empty line is a row at once.
  private let mayMiss: Bool
  /// The names of the inputs, nil for those without one; empty where nothing is known of them.
  private let names: [String?]
  /// The input of each column of the text.
  private var order: [Int]
  private var lines = 0
  private var rows = 0

  /// Rows of `columns` numbers.
  ///
  /// - Parameters:
  ///   - names: those of the inputs, with which a line of names is compared.
  ///   - mayMiss: whether rows may be missing: then an empty line is one as soon as it comes.
  package init(
    _ bytes: ByteStream, _ syntax: Syntax, columns: Int, names: [String?] = [], mayMiss: Bool
  ) {
    (self.bytes, self.syntax, self.columns, self.mayMiss) = (bytes, syntax, columns, mayMiss)
    self.names = names.count == columns ? names : []
    order = Array(0..<columns)
  }

  package func place(column: Int?) -> String {
    let column = column.flatMap { order.firstIndex(of: $0) }
    return "row [\(rows - 1)] (line \(lines))" + (column.map { ", column \($0)" } ?? "")
  }

  package mutating func next(into row: inout [Double]) throws(ConversionError) -> Bool {
    isRowMissing = false
    guard var line = try nextLine() else { return false }
    if lines == 1, syntax == .csv, Self.isHeading(line) {
      try readNames(line)
      guard let second = try nextLine() else { return false }
      line = second
    }
    if Self.isBlank(line) {
      if !mayMiss, try isEnd() { return false }
      return miss(&row)
    }
    rows += 1
    switch syntax {
    case .csv: try readFields(line, into: &row)
    case .jsonLines:
      var text = RowText(line)
      guard try values(&text, into: &row) else {
        rows -= 1
        return miss(&row)
      }
    }
    return true
  }

  /// The next line; of the first without the mark that tells UTF-8.
  private mutating func nextLine() throws(ConversionError) -> [UInt8]? {
    guard let line = try bytes.line(limit: 1 << 16 + columns << 7) else { return nil }
    lines += 1
    return lines == 1 && line.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(line[3...]) : line
  }

  private mutating func miss(_ row: inout [Double]) -> Bool {
    rows += 1
    isRowMissing = true
    for column in row.indices { row[column] = .nan }
    return true
  }

  /// Whether nothing follows but empty lines.
  private func isEnd() throws(ConversionError) -> Bool {
    while let line = try bytes.line(limit: 1 << 16 + columns << 7) {
      if !Self.isBlank(line) { return false }
    }
    return true
  }

  private static func isBlank(_ line: [UInt8]) -> Bool {
    line.allSatisfy { $0 == 0x20 || $0 == 0x09 }
  }

  private func malformed(_ reason: String, in line: [UInt8]) -> ConversionError {
    let isSeparatedOtherwise =
      syntax == .csv && !line.contains(UInt8(ascii: ","))
      && line.contains { $0 == UInt8(ascii: ";") || $0 == 0x09 }
    return .malformed(
      file, "line \(lines)", reason + (isSeparatedOtherwise ? ", with commas between them" : ""))
  }

  // CSV.

  /// Whether the line has a name, and neither a number nor one that is missing.
  private static func isHeading(_ line: [UInt8]) -> Bool {
    guard !isBlank(line) else { return false }
    return line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
      .allSatisfy { RowText.number(field: Array($0)) == nil }
  }

  /// The fields of a line, between commas that stand in no quotes.
  private func fields(of line: [UInt8]) throws(ConversionError) -> [ArraySlice<UInt8>] {
    var fields: [ArraySlice<UInt8>] = []
    var (start, isQuoted) = (0, false)
    for (index, byte) in line.enumerated() {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      if byte == UInt8(ascii: ","), !isQuoted {
        fields.append(line[start..<index])
        start = index + 1
      }
    }
    guard !isQuoted else { throw malformed("a quote is not closed", in: line) }
    return fields + [line[start...]]
  }

  /// Finds the input of each column that a line of names has.
  private mutating func readNames(_ line: [UInt8]) throws(ConversionError) {
    let found = try fields(of: line).map { RowText.name(field: $0) }
    guard found.count == columns else {
      throw malformed("\(found.count) names; expected \(columns)", in: line)
    }
    let expected = names.compactMap { $0 }
    guard !expected.isEmpty else { return }
    if expected.count == columns {
      for (column, name) in found.enumerated() {
        guard let input = expected.firstIndex(where: { $0.utf8.elementsEqual(name.utf8) }) else {
          throw malformed(
            "column \(column) is \"\(quotable(name))\"; the model's inputs are "
              + quotable(expected), in: line)
        }
        guard !order[..<column].contains(input) else {
          throw malformed("two columns are \"\(quotable(name))\"", in: line)
        }
        order[column] = input
      }
      return
    }
    // Where some have no name, all must stand where the model has them.
    for (column, name) in names.enumerated() {
      guard let name, !name.utf8.elementsEqual(found[column].utf8) else { continue }
      throw malformed(
        "column \(column) is \"\(quotable(found[column]))\"; the model's input there is "
          + "\"\(quotable(name))\"", in: line)
    }
  }

  private func readFields(_ line: [UInt8], into row: inout [Double]) throws(ConversionError) {
    let fields = try fields(of: line)
    guard fields.count == columns else {
      throw malformed("\(fields.count) fields; expected \(columns) numbers", in: line)
    }
    for (column, field) in fields.enumerated() {
      guard let number = RowText.number(field: Array(field)) else {
        throw .malformed(
          file, place(column: order[column]),
          "\"\(quotable(String(decoding: field, as: UTF8.self)))\"; expected a number")
      }
      row[order[column]] = number
    }
  }

  // JSON lines.

  /// The row that a line holds; false for null.
  private func values(
    _ text: inout RowText, into row: inout [Double]
  ) throws(ConversionError) -> Bool {
    func wrong() -> ConversionError {
      .malformed(
        file, "row [\(rows - 1)] (line \(lines)), byte \(text.offset)",
        columns == 1
          ? "expected a number, or an array of one" : "expected an array of \(columns) numbers")
    }
    text.skipSpace()
    var count = 0
    if text.accepts(UInt8(ascii: "[")) {
      repeat {
        text.skipSpace()
        if count == 0, text.accepts(UInt8(ascii: "]")) {
          throw malformed("no numbers; expected \(columns)", in: [])
        }
        guard let number = text.number() else { throw wrong() }
        if count < columns { row[count] = number }
        count += 1
        text.skipSpace()
      } while text.accepts(UInt8(ascii: ","))
      guard text.accepts(UInt8(ascii: "]")) else { throw wrong() }
    } else {
      if text.accepts("null") {
        text.skipSpace()
        guard text.isAtEnd else { throw wrong() }
        return false
      }
      guard columns == 1, let number = text.number() else { throw wrong() }
      (row[0], count) = (number, 1)
    }
    text.skipSpace()
    guard text.isAtEnd else { throw wrong() }
    guard count == columns else {
      throw malformed("\(count) numbers; expected \(columns)", in: [])
    }
    return true
  }
}
