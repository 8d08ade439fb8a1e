import SluiceImport
import SluiceNetwork

extension GateTrace {
  /// The bytes of a `.npy` file: a structured array `[steps]`, or `[sequences, steps]`, with a field of float32
  /// for each signal of each layer, named as `lstm.f`, of the shape `[size]`.
  ///
  /// - Precondition: all sequences have as many steps.
  package func npy(sequences: Int? = nil) -> [UInt8] {
    let fields = layers.flatMap { layer in
      layer.signals.map { signal in
        "(\(Self.literal("\(layer.name).\(signal.name)")), '<f4', (\(signal.size),))"
      }
    }
    let shape = sequences.map { [$0, steps / max($0, 1)] } ?? [steps]
    return NPY.bytes(
      type: "[\(fields.joined(separator: ", "))]", shape: shape, NPY.bytes(ofFloats: values))
  }

  /// A string as Python spells it in ASCII.
  private static func literal(_ text: String) -> String {
    var result = "'"
    for scalar in text.unicodeScalars {
      switch scalar {
      case "'", "\\": result += "\\\(scalar)"
      case " "..."~": result.unicodeScalars.append(scalar)
      default:
        let digits = String(scalar.value, radix: 16)
        result += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
      }
    }
    return result + "'"
  }
}
