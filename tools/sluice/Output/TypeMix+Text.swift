import SluiceConversion
import SluiceNetwork

extension TypeMix {
  /// What was chosen, against int8 throughout, in a line.
  var text: String {
    "auto: \(byteCount.grouped) bytes of layers, \(int8ByteCount.grouped) with int8 throughout "
      + "(error \(int8Error.scientific)); \(measured.grouped) mixes measured"
      + (reason.map { "; not smaller: \($0)" } ?? "")
      + (slower.isEmpty
        ? ""
        : "; f32, as smaller types take longer at this size: "
          + slower.map(\.printable).joined(separator: ", "))
  }

  var json: JSON {
    .object([
      ("bytes", .integer(byteCount)), ("int8Bytes", .integer(int8ByteCount)),
      ("int8MaxError", .double(int8Error)), ("measured", .integer(measured)),
      ("slowerThanF32", .strings(slower)),
      ("notSmallerBecause", reason.map { .string($0) } ?? .null),
    ])
  }
}
