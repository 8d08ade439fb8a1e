import SluiceBlob
import SluiceImport
import SluiceNetwork

/// The types that were found for a bound, one a layer.
package struct TypeMix: Sendable, Hashable {
  /// Of the layers, in their order.
  package let types: [StorageType]
  /// Bytes of all layers' arrays.
  package let byteCount: Int
  /// The same with int8 in every layer that has it and is no slower with it.
  package let int8ByteCount: Int
  /// The output's error with int8 throughout.
  package let int8Error: Double
  package let bound: Double
  /// Mixes that were measured.
  package let measured: Int
  /// The layers that stay f32 because their steps would take longer with any smaller type.
  package var slower: [String] = []

  /// Why the mix is not smaller than int8 throughout; nil where it is.
  package var reason: String? {
    guard byteCount >= int8ByteCount else { return nil }
    if types.allSatisfy({ $0 == .f32 }), byteCount == int8ByteCount {
      return slower.isEmpty
        ? "no layer has a smaller type than f32"
        : "no layer has a smaller type than f32 that is no slower"
    }
    if int8Error <= bound { return "no smaller mix that was measured is under the bound" }
    return "with int8 throughout the error is above the bound"
  }
}
