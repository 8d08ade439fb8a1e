import SluiceNetwork

extension GraphImporter {
  /// Gives the graph's inputs their values and returns the sequence's.
  mutating func bindInputs() throws(ConversionError) -> ONNXModel.Value {
    var sequence: ONNXModel.Value?
    for input in model.inputs where liveNames.contains(input.name) {
      let place = "input \"\(quotable(input.name))\""
      if roles.all.contains(input.name) {
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
      sequenceShape = shape
      let axes = shape.enumerated().map { [FeatureValue.Atom.input($0, size: $1)] }
      let content: FeatureValue.Content = [6, 7].contains(input.type) ? .ids : .sequence
      values[input.name] = .features(FeatureValue(content: content, axes: axes, layer: -1))
    }
    guard let sequence else {
      throw .unsupported(model.source.file, "inputs", "no output depends on a sequence")
    }
    try checkUnread()
    freeNames = model.dependents(of: freeInputs)
    return sequence
  }

  /// Refuses an input of a state's shape that no output depends on: whoever calls the graph keeps a
  /// state for it, while a stream would carry one that the graph does not.
  private func checkUnread() throws(ConversionError) {
    let sizes = Set(
      model.nodes.filter(\.isRecurrent).flatMap { node in
        node.attributes.compactMap { attribute -> Int? in
          guard attribute.name == "hidden_size", case .integer(let size) = attribute.value else {
            return nil
          }
          return Int(size)
        }
      })
    for input in model.inputs where !liveNames.contains(input.name) && input.isFloatingPoint {
      guard let shape = input.shape, (2...4).contains(shape.count), let units = shape.last,
        units.map(sizes.contains) ?? (shape.count == 3 && !sizes.isEmpty)
      else { continue }
      throw .unsupported(
        model.source.file, "input \"\(quotable(input.name))\"",
        "no output depends on it, yet it has a state's shape: every step would start from zero, or "
          + "from a constant; if the graph needs no state, leave the input out of the export")
    }
  }

  /// What an input of lengths or initial states stands for without a value: sequences as long as
  /// they are, and zero, of which the caller may make another state. Nil for a weight.
  private func freeValue(of input: ONNXModel.Value) -> GraphValue? {
    if roles.lengths.contains(input.name) {
      return .constant(ConstantValue(shape: [0], .integers([])))
    }
    guard roles.states.contains(input.name), !roles.weights.contains(input.name),
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
