import SluiceNetwork

extension SafetensorsFile {
  /// The tensor's numbers as float32.
  ///
  /// - Throws: `ConversionError` for a type that holds no floating-point numbers, and for a
  ///   number that is not finite, naming its index.
  package func floats(_ name: String, _ entry: Entry) throws(ConversionError) -> [Float] {
    let place = "tensor \(quotable(name))"
    let values: [Float]
    switch entry.type {
    case "F32": values = source.map(entry.range, as: UInt32.self, Float.init(bitPattern:))
    case "F64":
      values = source.map(entry.range, as: UInt64.self) { Float(Double(bitPattern: $0)) }
    case "F16": values = source.map(entry.range, as: UInt16.self, float(half:))
    case "BF16":
      values = source.map(entry.range, as: UInt16.self, float(brain:))
    default:
      throw .unsupported(
        source.file, place,
        "weights of type \(entry.type); expected F32, F64, F16 or BF16; convert the float model that "
          + "quantised weights were made from")
    }
    try requireFinite(values, file: source.file, place: place)
    return values
  }

  /// The tensor's integers.
  package func integers(_ name: String, _ entry: Entry) throws(ConversionError) -> [Int64] {
    switch entry.type {
    case "I64": source.map(entry.range, as: Int64.self) { $0 }
    case "I32": source.map(entry.range, as: Int32.self, Int64.init)
    default:
      throw .unsupported(
        source.file, "tensor \(quotable(name))", "integers of type \(entry.type)")
    }
  }
}

/// The number whose IEEE 754 binary16 bits are `half`.
package func float(half: UInt16) -> Float { Float(Float16(bitPattern: half)) }

/// The number whose bfloat16 bits, the upper half of a binary32, are `brain`.
func float(brain: UInt16) -> Float { Float(bitPattern: UInt32(brain) << 16) }
