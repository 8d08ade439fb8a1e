import SluiceBlob
import SluiceNetwork

extension StepImporter {
  /// Gives the graph's inputs their places.
  mutating func bindInputs(_ states: Set<Name>) throws(ConversionError) {
    let frame = SileroModel.frame(in: model)
    for input in model.inputs where folder.liveNames.contains(input.name) {
      let place = "input \"\(quotable(input.name))\""
      if let tensor = model.fixed[input.name] {
        folder.bind(input.name, to: ConstantValue(tensor))
        continue
      }
      if let value = valueThatKeepsStates(input) {
        folder.bind(input.name, to: value)
        resets.insert(input.name)
        continue
      }
      let isIDs = [2, 3, 5, 6, 7].contains(input.type)
      guard input.type <= 1 || isIDs else {
        throw .unsupported(
          model.source.file, place,
          "is of the element type \(input.type) (ONNX's data_type); expected floats, or token ids")
      }
      guard let shape = input.shape else {
        throw .unsupported(
          model.source.file, place,
          "its number of axes is not known; export with an example input, so that the shape stands in "
            + "the file, or say --input-shape \(input.name)=1,N")
      }
      let sizes = sizes(shape, frame)
      guard let count = elementCount(of: sizes), count > 0, count <= BlobLimits.windowFloats else {
        throw .unsupported(model.source.file, place, "the shape \(sizes)")
      }
      var view = StepView(StepElement.source(ofInput: inputs.count), shape: sizes)
      if isOverTime { view.time = try stepAxis(of: input, shape) }
      values[input.name] = isIDs ? .ids(view) : .view(view)
      inputs.append(StepInput(name: input.name, shape: sizes, isIDs: isIDs, time: view.time))
    }
    guard !inputs.isEmpty else {
      throw .unsupported(model.source.file, "inputs", "no output depends on an input")
    }
    for input in model.inputs
    where input.isFloatingPoint && !folder.liveNames.contains(input.name) && isLost(input) {
      throw .unsupported(
        model.source.file, "input \"\(quotable(input.name))\"",
        "no output depends on it: a state that was lost on the way? The inputs that are read are "
          + "\(quotable(inputs.map(\.name).sorted())); leave the input out of the export where it is none"
      )
    }
  }

  /// Whether an input that nothing depends on looks like a state: by the shape of an output, or by that of another
  /// input that may be one, the first aside, since its shape comes out again. Covariates that a graph only
  /// declares, as Darts' do, are features among others.
  private func isLost(_ input: ONNXModel.Value) -> Bool {
    guard let shape = input.shape?.map({ $0 ?? 1 }) else { return true }
    return comesOut(shape)
      || inputs.dropFirst().contains {
        ($0.shape == shape || $0.shape.last == shape.last)
          && (comesOut($0.shape) || model.outputs.contains { $0.shape == nil })
      }
  }

  /// Whether an output has this shape.
  private func comesOut(_ shape: [Int]) -> Bool {
    model.outputs.contains { output in
      output.shape.map { $0.map { $0 ?? 1 } == shape } ?? false
    }
  }

  /// The sizes of an input's axes: one where the file leaves one open, or what a model is known for.
  private func sizes(_ shape: [Int?], _ frame: Int?) -> [Int] {
    var sizes = shape.map { $0 ?? 1 }
    if shape.count == 2, shape[1] == nil, let frame { sizes[1] = frame }
    return sizes
  }

  /// The value with which an input leaves the state as it is, where all that it does is to empty it: d in
  /// h * (1 - d), or m in h * m. Nil where it does more.
  private func valueThatKeepsStates(_ input: ONNXModel.Value) -> ConstantValue? {
    guard let shape = input.shape, shape.allSatisfy({ $0 ?? 1 == 1 }), model.inputs.count <= 64
    else { return nil }
    var inverted: [Name: Bool] = [input.name: false]
    var keeps: Bool?
    for node in model.allNodes where node.inputs.contains(where: { inverted[$0] != nil }) {
      let own = node.inputs.indices.filter { inverted[node.inputs[$0]] != nil }
      guard own.count == 1, let isInverted = inverted[node.inputs[own[0]]] else { return nil }
      switch node.operation {
      case "Reshape", "Unsqueeze", "Squeeze", "Expand", "Identity", "Transpose", "Flatten", "Cast":
        guard own == [0], let output = node.output(0) else { return nil }
        inverted[output] = isInverted
      case "Sub":
        guard own == [1], let one = folder.number(node.inputs[0]), one == 1,
          let output = node.output(0)
        else { return nil }
        inverted[output] = !isInverted
      case "Mul":
        guard keeps ?? isInverted == isInverted,
          model.isRawInput(node.inputs[1 - own[0]], other: input.name),
          let output = node.output(0), model.feedsStates(output)
        else { return nil }
        keeps = isInverted
      default: return nil
      }
      for name in node.outputs where outputNames.contains(name) { return nil }
    }
    guard let keeps else { return nil }
    let one = elementCount(of: shape.map { $0 ?? 1 }) ?? 1
    return ConstantValue(
      shape: shape.map { $0 ?? 1 }, .floats(Array(repeating: keeps ? 0 : 1, count: one)))
  }
}

extension ConstantFolder {
  /// The one float of an initializer or `Constant`; nil where it is none.
  func number(_ name: Name) -> Float? {
    if let value = values[name]?.floats { return value.count == 1 ? value[0] : nil }
    if let tensor = try? model.initializers[name]?.tensor(), tensor.count == 1 {
      return tensor.floats[0]
    }
    guard let node = model.nodes.first(where: { $0.outputs.contains(name) }),
      node.operation == "Constant"
    else { return nil }
    for attribute in node.attributes {
      switch attribute.value {
      case .float(let value): return value
      case .tensor(let tensor):
        if let tensor = try? tensor.tensor(), tensor.count == 1 { return tensor.floats[0] }
      default: break
      }
    }
    return nil
  }
}

extension ONNXModel {
  /// Whether `name` is an input of the graph, moved about at most, and not `other`.
  func isRawInput(_ name: Name, other: Name) -> Bool {
    var name = name
    let moves: Set<String> = [
      "Reshape", "Unsqueeze", "Squeeze", "Identity", "Transpose", "Slice", "Gather", "Split",
    ]
    for node in nodes.reversed() where node.outputs.contains(name) {
      guard moves.contains(node.operation), let first = node.input(0) else { return false }
      name = first
    }
    return name != other && inputs.contains { $0.name == name }
  }

  /// Whether all that reads `name`, moved about at most, are recurrent nodes that begin with it.
  func feedsStates(_ name: Name) -> Bool {
    var names: Set<Name> = [name]
    var isRead = false
    let moves: Set<String> = [
      "Reshape", "Unsqueeze", "Squeeze", "Identity", "Transpose", "Slice", "Gather", "Split",
    ]
    for node in allNodes {
      for (index, input) in node.inputs.enumerated() where names.contains(input) {
        if node.isRecurrent, index == 5 || index == 6 {
          isRead = true
        } else if moves.contains(node.operation), index == 0 {
          names.formUnion(node.outputs)
        } else {
          return false
        }
      }
    }
    return isRead && outputs.allSatisfy { !names.contains($0.name) }
  }
}
