extension Bomb {
  /// A field of a message: its number, and bytes.
  private static func field(_ number: UInt64, _ bytes: [UInt8]) -> [UInt8] {
    varint(number << 3 | 2) + varint(UInt64(bytes.count)) + bytes
  }

  private static func field(_ number: UInt64, _ text: String) -> [UInt8] {
    field(number, Array(text.utf8))
  }

  private static func field(_ number: UInt64, _ value: Int) -> [UInt8] {
    varint(number << 3) + varint(UInt64(bitPattern: Int64(value)))
  }

  private static func varint(_ value: UInt64) -> [UInt8] {
    var (bytes, rest): ([UInt8], UInt64) = ([], value)
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  private static func node(_ operation: String, _ inputs: [String], _ output: String) -> [UInt8] {
    field(1, inputs.flatMap { field(1, $0) } + field(2, output) + field(4, operation))
  }

  private static func floats(_ name: String, _ count: Int) -> [UInt8] {
    let raw = [UInt8](repeating: 0, count: 4 * count)
    return field(5, field(1, count) + field(2, 1) + field(8, name) + field(9, raw))
  }

  /// A model: what is in its graph, then the outputs.
  private static func model(_ name: String, _ graph: [UInt8], output: String = "y") -> Bomb {
    let whole = field(1, 8) + field(8, field(2, 17)) + field(7, graph + field(12, field(1, output)))
    return Bomb("\(name).onnx", whole)
  }

  /// Parts made of their index until `room` bytes are reached.
  private static func many(_ room: Int = size, _ part: (Int) -> [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    var index = 0
    while bytes.count < room {
      bytes += part(index)
      index += 1
    }
    return bytes
  }

  static var onnx: [Bomb] {
    let input = field(11, field(1, "x"))
    var nested: [UInt8] = []
    while nested.count < size { nested = field(5, field(1, "b") + field(6, field(1, nested))) }
    let big = floats("w", size / 8)
    func chain(_ operation: String, from name: String) -> [UInt8] {
      many(size / 2) { node(operation, [$0 == 0 ? name : "\($0 - 1)"], "\($0)") }
    }
    let number = field(1, 1) + field(2, 1) + field(4, [0, 0, 0, 0])
    let relu = field(2, "y") + field(4, "Relu")
    let zeros = [UInt8](repeating: 0, count: size - 1)
    let doubled = (0..<24).flatMap { index in
      let name = index == 0 ? "w" : "c\(index - 1)"
      return node("Concat", [name, name], "c\(index)")
    }
    return [
      model("nodes", many { node("Relu", ["x"], "\($0)") }),
      model("known-nodes", input + chain("Identity", from: "x") + chain("Identity", from: "x")),
      model("initializers", many { field(5, number + field(8, "\($0)")) }),
      model("inputs", many { field(11, field(1, "\($0)")) }),
      model("outputs", many { field(12, field(1, "\($0)")) }),
      model("node-inputs", field(1, many { field(1, "\($0)") } + relu)),
      model("attributes", field(1, relu + many { field(5, field(1, "\($0)")) })),
      model("integers", field(1, relu + field(5, field(1, "a") + field(8, zeros)))),
      model("dims", field(5, field(1, zeros) + field(2, 1) + field(8, "w"))),
      model("bools", field(5, field(1, size) + field(2, 9) + field(8, "w") + field(5, zeros))),
      model("nested", nested),
      model("empty-fields", many { _ in field(13, "") }),
      model(
        "constant-copied", big + many(size / 2) { node("Identity", ["w"], "\($0)") }, output: "0"),
      model("constant-chain", big + chain("Identity", from: "w"), output: "9999"),
      model("constant-negated", big + chain("Neg", from: "w"), output: "9999"),
      model("constant-transposed", big + chain("Transpose", from: "w"), output: "9999"),
      model("constant-doubled", big + doubled, output: "c23"),
      Bomb("zeros.onnx", [UInt8](repeating: 0, count: size)),
      Bomb("long-varint.onnx", [UInt8](repeating: 0x80, count: size)),
    ]
  }
}
