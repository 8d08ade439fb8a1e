import SluiceNetwork

extension GraphImporter {
  /// Gives the graph's inputs their values and returns the sequence's.
  mutating func bindInputs() throws(ConversionError) -> ONNXModel.Value {
    var sequence: ONNXModel.Value?
    for input in model.inputs where folder.liveNames.contains(input.name) {
      let place = "input \"\(quotable(input.name))\""
      if let tensor = model.fixed[input.name] {
        folder.bind(input.name, to: ConstantValue(tensor))
        continue
      }
      if roles.all.contains(input.name) {
        guard let tensor = folder.given[input.name] else {
          if let value = freeValue(of: input) {
            folder.bind(input.name, to: value)
            freeInputs.insert(input.name)
            continue
          }
          throw .unsupported(
            model.source.file, place,
            "feeds a weight or a state of a recurrent node; its value must be given")
        }
        folder.bind(input.name, to: ConstantValue(tensor))
        continue
      }
      guard sequence == nil else {
        throw .unsupported(model.source.file, place, "a second input; expected one sequence")
      }
      let isInteger = Self.integerTypes.contains(input.type)
      guard isInteger || [0, 1, 10, 11, 16].contains(input.type) else {
        throw .unsupported(
          model.source.file, place, "the element type \(input.type); expected float or integers")
      }
      guard let shape = input.shape else {
        throw .unsupported(model.source.file, place, "the number of axes is not known")
      }
      sequence = input
      sequenceShape = shape
      let axes = shape.enumerated().map { [FeatureValue.Atom.input($0, size: $1)] }
      let content: FeatureValue.Content = isInteger ? .ids : .sequence
      values[input.name] = .features(FeatureValue(content: content, axes: axes, layer: -1))
    }
    guard let sequence else {
      throw .unsupported(model.source.file, "inputs", "no output depends on a sequence")
    }
    try checkUnread()
    freeNames = model.dependents(of: freeInputs)
    return sequence
  }

  /// The element types of ids: integers of 8 to 64 bits, with a sign or without.
  private static let integerTypes: Set<Int64> = [2, 3, 4, 5, 6, 7, 12, 13]

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
    for input in model.inputs where !folder.liveNames.contains(input.name) && input.isFloatingPoint
    {
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
  private func freeValue(of input: ONNXModel.Value) -> ConstantValue? {
    if roles.lengths.contains(input.name) {
      return ConstantValue(shape: [0], .integers([]))
    }
    guard roles.states.contains(input.name), !roles.weights.contains(input.name),
      let shape = input.shape
    else { return nil }
    return ConstantValue(
      extents: shape.map { $0.map(Extent.known) ?? .unknown },
      shape: Array(repeating: 1, count: shape.count), elements: .floats([0]))
  }

  /// What is computed of the sequence and goes in as input `index`; nil for a constant.
  func computed(_ node: ONNXNode, _ index: Int) -> GraphValue? {
    node.input(index).flatMap { values[$0] }
  }

  /// What is computed of the sequence and goes in as input `index`, which must be that.
  func value(_ node: ONNXNode, _ index: Int) throws(ConversionError) -> GraphValue {
    if let value = computed(node, index) { return value }
    guard node.input(index) != nil else { throw node.malformed("input \(index) is missing") }
    throw node.unsupported("input \(index) is a constant; expected the sequence")
  }

  /// The features that go in as input `index`.
  func features(_ node: ONNXNode, _ index: Int) throws(ConversionError) -> FeatureValue {
    switch try value(node, index) {
    case .features(let value): return value
    case .norm: throw node.besideNorm
    case .isAbove: throw node.unsupported("reads a comparison, which only Where does")
    }
  }
}

extension ONNXNode {
  /// That the node reads a part of a layer norm which is spelled out, and is none.
  var besideNorm: ConversionError {
    unsupported("the operator is not supported beside a layer norm")
  }
}
