import SluiceConversion
import SluiceImport
import SluiceNetwork

extension GraphBuilder {
  /// A graph of lines, or of parts between semicolons:
  ///
  ///     input x n,n,2
  ///     Y, Y_h, Y_c = LSTM(x, f:1x12x2, f:1x12x3, f:1x24) hidden_size=3
  ///     out = Clip(Y, _, f:0.5)
  ///     -> out, Y_h
  ///
  /// `_` is an input left out, `f:` and `i:` are constants of floats or integers: a number, a row in
  /// brackets, or a shape that small numbers fill. Without an input there is that LSTM; without outputs
  /// there is `out`. `opset 11` sets the version.
  init(_ text: String) {
    self = text.contains("input ") ? GraphBuilder() : .lstm()
    var constants: Set<String> = []
    var hasOutputs = false
    for line in text.split(whereSeparator: { $0 == "\n" || $0 == ";" }) {
      let line = line.trimmed
      let words = line.split(separator: " ").map(String.init)
      switch words.first {
      case nil: continue
      case "input":
        let type = words.count > 3 ? Int(words[3]) ?? 1 : 1
        let shape = words[2] == "-" ? [] : words[2].split(separator: ",").map { Int($0) }
        input(words[1], shape, type: type)
      case "opset": opset = Int(words[1]) ?? 0
      case "->":
        hasOutputs = true
        for name in line.dropFirst(2).split(separator: ",") { output(name.trimmed) }
      default: addNode(line, &constants)
      }
    }
    if !hasOutputs { output("out") }
  }

  private mutating func addNode(_ line: String, _ constants: inout Set<String>) {
    let parts = line.split(separator: " = ", maxSplits: 1)
    let open = parts[1].firstIndex(of: "(")!
    let close = parts[1].lastIndex(of: ")")!
    let inputs = Self.arguments(parts[1][parts[1].index(after: open)..<close])
    for name in inputs where name.hasPrefix("f:") || name.hasPrefix("i:") {
      if constants.insert(name).inserted { addConstant(name) }
    }
    let attributes = parts[1][parts[1].index(after: close)...].split(separator: " ").map { pair in
      let sides = pair.split(separator: "=", maxSplits: 1)
      return (String(sides[0]), Self.attribute(String(sides[1])))
    }
    node(
      String(parts[1][..<open]), inputs, parts[0].split(separator: ",").map(\.trimmed), attributes)
  }

  private mutating func addConstant(_ name: String) {
    let value = String(name.dropFirst(2))
    let isRow = value.hasPrefix("[")
    let numbers = isRow ? Self.row(value) : [value]
    if !isRow, value.contains("x") {
      let shape = value.split(separator: "x").compactMap { Int($0) }
      let count = shape.reduce(1, *)
      if name.hasPrefix("f:") {
        initializer(name, shape, ramp(count))
      } else {
        initializer(name, shape, integers: Array(0..<count))
      }
    } else if name.hasPrefix("f:") {
      initializer(name, isRow ? [numbers.count] : [], numbers.compactMap { Float($0) })
    } else {
      initializer(name, isRow ? [numbers.count] : [], integers: numbers.compactMap { Int($0) })
    }
  }

  private static func attribute(_ text: String) -> Attribute {
    if text.hasPrefix("[") {
      let numbers = row(text)
      let integers = numbers.compactMap { Int($0) }
      if integers.count == numbers.count { return .integers(integers) }
      let floats = numbers.compactMap { Float($0) }
      return floats.count == numbers.count ? .floats(floats) : .strings(numbers)
    }
    if let integer = Int(text) { return .integer(integer) }
    if text.hasPrefix("f:") {
      let values = row("[\(text.dropFirst(2))]").compactMap { Float($0) }
      return .tensor(tensor("", values.count == 1 ? [] : [values.count], values))
    }
    if text.hasPrefix("i:") {
      let values = row("[\(text.dropFirst(2))]").compactMap { Int($0) }
      return .tensor(tensor("", [values.count], integers: values))
    }
    return Float(text).map { .float($0) } ?? .string(text)
  }

  private static func row(_ text: String) -> [String] {
    text.dropFirst().dropLast().split(separator: ",").map(\.trimmed)
  }

  /// The parts between commas that no bracket holds; `_` becomes an empty name.
  private static func arguments(_ text: Substring) -> [String] {
    var names = [""]
    var depth = 0
    for character in text {
      if character == "[" { depth += 1 }
      if character == "]" { depth -= 1 }
      if character == ",", depth == 0 {
        names.append("")
      } else {
        names[names.count - 1].append(character)
      }
    }
    names = names.map { Substring($0).trimmed }
    return names == [""] ? [] : names.map { $0 == "_" ? "" : $0 }
  }
}

extension Substring {
  fileprivate var trimmed: String {
    var text = self
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
