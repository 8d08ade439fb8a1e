import SluiceNetwork

extension ONNXModel {
  /// What is meant by inputs of these names where nothing else is said: the rate of Silero VAD's graphs, which
  /// hold a network for each of two.
  private static let usualValues: [Name: Double] = ["sr": 16000]

  /// Fixes the shapes and the numbers that inputs are said to have.
  mutating func fix(_ options: SourceOptions) throws(ConversionError) {
    for (name, shape) in options.shapes.sorted(by: { $0.key < $1.key }) {
      let index = try place(of: name)
      let place = "input \"\(quotable(name))\""
      if let own = inputs[index].shape {
        guard own.count == shape.count, zip(own, shape).allSatisfy({ $0 ?? $1 == $1 }) else {
          throw .unsupported(
            source.file, place,
            "the shape \(shape); the file says [\(own.map { $0.map { "\($0)" } ?? "?" }.joined(separator: ", "))]"
          )
        }
      }
      guard let count = elementCount(of: shape), count > 0 else {
        throw .unsupported(source.file, place, "the shape \(shape)")
      }
      inputs[index].shape = shape
    }
    for (name, value) in Self.usualValues {
      guard options.fixed[name] == nil, let index = inputs.firstIndex(where: { $0.name == name }),
        [6, 7].contains(inputs[index].type),
        inputs[index].shape?.allSatisfy({ $0 ?? 1 == 1 }) == true
      else { continue }
      try fix(index, at: value)
    }
    for (name, value) in options.fixed.sorted(by: { $0.key < $1.key }) {
      try fix(place(of: name), at: value)
    }
  }

  private func place(of name: Name) throws(ConversionError) -> Int {
    guard let index = inputs.firstIndex(where: { $0.name == name }) else {
      throw .unsupported(
        source.file, "input \"\(quotable(name))\"",
        "no such input; there are \(quotable(inputs.map(\.name)))")
    }
    return index
  }

  private mutating func fix(_ index: Int, at value: Double) throws(ConversionError) {
    let place = "input \"\(quotable(inputs[index].name))\""
    let shape = inputs[index].shape?.map { $0 ?? 1 } ?? []
    guard let count = elementCount(of: shape), (1...1 << 16).contains(count) else {
      throw .unsupported(source.file, place, "the shape \(shape) for one number")
    }
    if inputs[index].isFloatingPoint {
      fixed[inputs[index].name] = Tensor(
        shape: shape, Array(repeating: Float(value), count: count))
      return
    }
    guard let integer = Int64(exactly: value) else {
      throw .unsupported(source.file, place, "reads integers, and \(value) is none")
    }
    fixed[inputs[index].name] = Tensor(
      shape: shape, elements: .int64(Array(repeating: integer, count: count)))
  }
}
