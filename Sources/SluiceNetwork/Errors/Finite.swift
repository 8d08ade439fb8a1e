/// Refuses the first of `values` that is NaN or infinite, by its index.
///
/// - Parameter what: what must be finite, with its verb.
package func requireFinite(
  _ values: [Float], file: String, place: String, _ what: String = "weights are"
) throws(ConversionError) {
  guard let index = values.firstIndex(where: { !$0.isFinite }) else { return }
  throw .malformed(
    file, place, "element \(index) is \(values[index]); \(what) finite numbers of float32")
}
