import SluiceNetwork

extension GraphImporter {
  /// Gives the graph's inputs their values and returns the sequence's.
  mutating func bindInputs() throws(ConversionError) -> ONNXModel.Value {
    var sequence: ONNXModel.Value?
    for input in model.inputs where liveNames.contains(input.name) {
      let place = "input \"\(quotable(input.name))\""
      if constantInputs.contains(input.name) {
        guard let tensor = constants[input.name] else {
          if let value = freeValue(of: input) {
            values[input.name] = value
            freeInputs.insert(input.name)
            continue
          }
          throw .unsupported(
            model.source.file, place,
            "feeds a weight or a state of a recurrent node; its value must be given")
        }
        values[input.name] = .constant(ConstantValue(tensor))
        continue
      }
      guard sequence == nil else {
        throw .unsupported(model.source.file, place, "a second input; expected one sequence")
      }
      guard [0, 1, 6, 7, 10, 11, 16].contains(input.type) else {
        throw .unsupported(
          model.source.file, place, "the element type \(input.type); expected float or integers")
      }
      guard let shape = input.shape else {
        throw .unsupported(model.source.file, place, "the number of axes is not known")
      }
      sequence = input
      let axes = shape.enumerated().map { [FeatureValue.Atom.input($0, size: $1)] }
      let content: FeatureValue.Content = [6, 7].contains(input.type) ? .ids : .sequence
      values[input.name] = .features(FeatureValue(content: content, axes: axes, layer: -1))
    }
    guard let sequence else {
      throw .unsupported(model.source.file, "inputs", "no output depends on a sequence")
    }
    return sequence
  }

  /// What an input of lengths or initial states stands for without a value: sequences as long as
  /// they are, and zero, of which the caller may make another state. Nil for a weight.
  private func freeValue(of input: ONNXModel.Value) -> GraphValue? {
    if model.inputsOf([4]).contains(input.name) {
      return .constant(ConstantValue(shape: [0], .integers([])))
    }
    guard model.inputsOf([5, 6]).contains(input.name),
      !model.inputsOf([1, 2, 3, 7]).contains(input.name),
      let shape = input.shape
    else { return nil }
    return .constant(
      ConstantValue(
        extents: shape.map { $0.map(Extent.known) ?? .unknown },
        shape: Array(repeating: 1, count: shape.count), elements: .floats([0])))
  }

  /// The value of input `index`, which must be there.
  mutating func value(_ node: ONNXNode, _ index: Int) throws(ConversionError) -> GraphValue {
    guard let name = node.input(index) else { throw node.malformed("input \(index) is missing") }
    if let value = values[name] { return value }
    guard let initializer = model.initializers[name] else {
      throw node.unsupported("the input \"\(quotable(name))\" has no value")
    }
    let value = GraphValue.constant(ConstantValue(try initializer.tensor()))
    values[name] = value
    return value
  }

  mutating func constant(
    _ node: ONNXNode, _ index: Int, _ what: String
  ) throws(ConversionError) -> ConstantValue {
    guard case .constant(let value) = try value(node, index) else {
      throw node.unsupported("the input \(what) depends on the sequence; expected a constant")
    }
    return value
  }

  /// The fully known integers of input `index`.
  mutating func integers(
    _ node: ONNXNode, _ index: Int, _ what: String
  ) throws(ConversionError) -> [Int] {
    guard let values = try constant(node, index, what).integers else {
      throw node.unsupported("the input \(what) is not made of known integers")
    }
    return values
  }

  mutating func features(
    _ node: ONNXNode, _ index: Int
  ) throws(ConversionError) -> FeatureValue {
    guard case .features(let value) = try value(node, index) else {
      throw node.unsupported("input \(index) is a constant; expected the sequence")
    }
    return value
  }
}
