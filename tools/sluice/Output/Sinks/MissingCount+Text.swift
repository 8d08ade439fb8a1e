import SluiceConversion
import SluiceNetwork

extension MissingCount {
  /// For people; nil where nothing was missing.
  var note: String? {
    guard values > 0 else { return nil }
    let verb = values == 1 ? "was" : "were"
    return "\(values.of("number")) in \(rows.of("row")) \(verb) missing and \(verb) replaced"
  }

  /// For programs.
  var json: JSON { .object([("values", .integer(values)), ("rows", .integer(rows))]) }
}
