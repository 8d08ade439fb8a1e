import SluiceConversion
import SluiceNetwork

extension MissingCount {
  /// For people; nil where nothing was missing.
  var note: String? {
    values == 0 ? nil : "\(values) numbers in \(rows) rows were missing and were replaced"
  }

  /// For programs.
  var json: JSON { .object([("values", .integer(values)), ("rows", .integer(rows))]) }
}
