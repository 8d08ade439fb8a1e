import SluiceConversion
import SluiceImport
import SluiceNetwork

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
