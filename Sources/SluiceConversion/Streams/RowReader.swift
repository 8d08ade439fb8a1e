import SluiceImport
import SluiceNetwork

/// Rows of numbers as they come: what a model reads step by step.
package protocol RowReader {
  /// The source, as errors call it.
  var file: String { get }
  /// Numbers of a row.
  var columns: Int { get }
  /// Whether the last row was not there at all.
  var isRowMissing: Bool { get }
  /// The next row, NaN where a number is missing; false behind the last.
  mutating func next(into row: inout [Double]) throws(ConversionError) -> Bool
  /// The place of a number of the last row, of all of it for nil.
  func place(column: Int?) -> String
}

extension MissingPolicy {
  /// That of each of `columns`: what was stated, else what a model's metadata say, else refusal.
  package static func each(
    _ stated: MissingPolicy?, _ metadata: ModelMetadata?, columns: Int
  ) -> [MissingPolicy] {
    stated.map { [$0] } ?? metadata?.missingPolicies(count: columns) ?? [.refuse]
  }
}

/// What was missing.
package struct MissingCount: Sendable, Equatable {
  /// Numbers.
  package fileprivate(set) var values = 0
  /// Rows that lacked any.
  package fileprivate(set) var rows = 0

  /// Nothing.
  package init() {}

  package static func += (count: inout MissingCount, more: MissingCount) {
    count.values += more.values
    count.rows += more.rows
  }
}

/// Puts numbers in the place of those that are missing, and counts them.
package struct MissingValues {
  /// That of each column; of one policy, that of all.
  private let policies: [MissingPolicy]
  package private(set) var count = MissingCount()
  private var last: [Double] = []

  /// One policy for all columns, or one for each.
  package init(_ policies: [MissingPolicy]) { self.policies = policies }

  private func policy(_ column: Int) -> MissingPolicy {
    policies[policies.count == 1 ? 0 : column]
  }

  /// Forgets what came before: another sequence begins.
  package mutating func begin() { last = [] }

  /// Replaces what is missing in the last row of `reader`.
  ///
  /// - Throws: where that may not be, and where a number is beyond float32.
  package mutating func mend(
    _ row: inout [Double], of reader: some RowReader
  ) throws(ConversionError) {
    var missing = 0
    for column in row.indices where !Float(row[column]).isFinite {
      guard row[column].isNaN else {
        throw .malformed(
          reader.file, reader.place(column: column),
          "\(Float(row[column])); expected finite numbers of float32")
      }
      missing += 1
      switch policy(column) {
      case .refuse:
        throw .malformed(
          reader.file, reader.place(column: reader.isRowMissing ? nil : column),
          (reader.isRowMissing ? "a missing row" : "nan") + "; expected finite numbers of float32, "
            + "or '--missing hold' or a value for it")
      case .hold:
        guard column < last.count else {
          throw .malformed(
            reader.file, reader.place(column: column),
            "missing, and nothing came before it to hold; give it a number, as by '--missing 0', or leave the row out"
          )
        }
        row[column] = last[column]
      case .value(let value): row[column] = value
      }
    }
    count.values += missing
    count.rows += missing > 0 ? 1 : 0
    if policies.contains(.hold) { last = row }
  }
}
