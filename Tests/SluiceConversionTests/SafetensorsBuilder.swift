import SluiceConversion
import SluiceImport
import SluiceNetwork

/// Builds safetensors files in memory.
struct SafetensorsBuilder {
  var tensors: [(name: String, shape: [Int], values: [Float])] = []
  var metadata: [String: String] = [:]

  mutating func add(_ name: String, _ shape: [Int]) {
    tensors.append((name, shape, ramp(shape.reduce(1, *))))
  }

  var source: SourceBytes {
    var entries: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.map { "\"\($0)\":\"\(Self.escaped($1))\"" }.joined(separator: ",")
      entries.append("\"__metadata__\":{\(pairs)}")
    }
    var data: [UInt8] = []
    for tensor in tensors {
      let begin = data.count
      data += littleEndian(tensor.values)
      entries.append(
        "\"\(tensor.name)\":{\"dtype\":\"F32\",\"shape\":\(tensor.shape),"
          + "\"data_offsets\":[\(begin),\(data.count)]}")
    }
    return Self.file("{\(entries.joined(separator: ","))}", data)
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }

  /// A file of this header, whatever it says.
  static func file(_ header: String, _ data: [UInt8] = []) -> SourceBytes {
    SourceBytes(
      file: "model.safetensors", littleEndian(UInt64(header.utf8.count)) + header.utf8 + data)
  }

  /// An LSTM of 2 features and 3 units under "rnn.", and a dense layer to 1 under "fc.".
  static var lstmDense: SafetensorsBuilder {
    var builder = SafetensorsBuilder()
    builder.add("rnn.weight_ih_l0", [12, 2])
    builder.add("rnn.weight_hh_l0", [12, 3])
    builder.add("rnn.bias_ih_l0", [12])
    builder.add("rnn.bias_hh_l0", [12])
    builder.add("fc.weight", [1, 3])
    builder.add("fc.bias", [1])
    return builder
  }
}

/// Runs `body`, which must throw an error whose text contains all of `texts`.
func refuses(
  _ kind: ConversionError.Kind, _ texts: String..., body: () throws -> Void
) -> Bool {
  do {
    try body()
    print("nothing was thrown, expected \(texts)")
  } catch let error as ConversionError {
    let missing = texts.filter { !error.description.contains($0) }
    if error.kind == kind && missing.isEmpty && !error.file.isEmpty { return true }
    print("\(error.kind): \(error)\n  expected \(kind) with \(missing)")
  } catch {
    print("another error: \(error)")
  }
  return false
}
