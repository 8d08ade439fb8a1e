import SluiceBlob
import SluiceNetwork

extension GraphImporter {
  /// LSTM, GRU and RNN: one layer, or one for each direction and their outputs side by side; with
  /// its sequence and final states as outputs.
  mutating func recurrent(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let form = try RecurrentForm(node, &attributes)
    var sides = try folder.weights(node, form)
    let (inputSize, size) = (sides[0].inputSize, sides[0].hiddenSize)
    let x = try resolved(features(node, 0), node)
    guard x.content == .sequence || x.content == .reversed, x.axes.count == 3 else {
      throw node.unsupported("X is not a sequence of three axes")
    }
    let (time, batch) = form.isBatchFirst ? (x.axes[1], x.axes[0]) : (x.axes[0], x.axes[1])
    try bindTime(time, batch, node)
    try bindFeatures(of: x, axis: 2, size: inputSize, node)
    try bindLengths(node)
    if x.content == .reversed {
      guard lengths.flatMap({ $0 }) == nil else {
        throw node.unsupported("reads steps backwards beside the input sequence_lens")
      }
      for index in sides.indices { sides[index].form.isReverse.toggle() }
    }
    let hidden = try initialStates(node, 5, "initial_h", form, size)
    let cell =
      node.operation == "LSTM"
      ? try initialStates(node, 6, "initial_c", form, size)
      : [[[Float]]](repeating: [], count: sides.count)
    var indices: [Int] = []
    for index in sides.indices {
      if hidden[index].count == 1 { sides[index].initialHidden = hidden[index][0] }
      if cell[index].count == 1 { sides[index].initialCell = cell[index][0] }
      indices.append(try append(.recurrent(sides[index]), reading: [x.layer], node))
      if hidden[index].count > 1 || cell[index].count > 1 {
        initialStates.append(
          ModelInterface.InitialState(
            layer: layers.count - 1, hidden: hidden[index], cell: cell[index]))
      }
    }
    var layer = indices[0]
    if sides.count > 1 {
      layer = try append(
        .concatenate(length: 1, channels: sides.map(\.outputSize)), reading: indices, node)
    }

    let features: FeatureValue.Axis = [.features(size)]
    let directions: FeatureValue.Axis = sides.count > 1 ? [.layers(sides.count)] : []
    let sequenceAxes =
      form.isBatchFirst
      ? [batch, time, directions, features] : [time, directions, batch, features]
    let stateAxes =
      form.isBatchFirst ? [batch, directions, features] : [directions, batch, features]
    let outputs: [(FeatureValue.Content, [FeatureValue.Axis])] = [
      (x.content, sequenceAxes), (.finalHidden(indices), stateAxes),
      (.finalCell(indices), stateAxes),
    ]
    for (index, (content, axes)) in outputs.enumerated() {
      try define(
        node, .features(FeatureValue(content: content, axes: axes, layer: layer)),
        output: index)
    }
  }

  /// Notes the lengths of the sequences, on which all recurrent nodes must agree.
  private mutating func bindLengths(_ node: ONNXNode) throws(ConversionError) {
    var given: [Int]?
    if let name = node.input(4), !freeNames.contains(name), try !isWhole(node) {
      let wayOn =
        "a model takes every sequence to its end; export without it, or with the lengths as an input of the graph"
      guard let values = try folder.constant(node, 4, "sequence_lens").integers else {
        throw node.unsupported("the input sequence_lens is not made of known integers: \(wayOn)")
      }
      guard values.allSatisfy({ $0 >= 0 }) else {
        throw node.malformed("sequence_lens has a negative length")
      }
      guard givenNames.contains(name) else {
        throw node.unsupported("the input sequence_lens is the constant \(values): \(wayOn)")
      }
      given = values
    }
    guard lengths == nil || lengths == .some(given) else {
      throw node.unsupported("the input sequence_lens is not that of every recurrent node")
    }
    lengths = .some(given)
  }

  /// Whether the lengths in the graph are all that of the sequence itself.
  private mutating func isWhole(_ node: ONNXNode) throws(ConversionError) -> Bool {
    guard let name = node.input(4), !givenNames.contains(name), let timeAxis,
      case .integers(let lengths) = try folder.constant(node, 4, "sequence_lens").elements
    else { return false }
    let steps = sequenceShape[timeAxis]
    return lengths.allSatisfy { $0 == .axis(timeAxis) || (steps != nil && $0.known == steps) }
  }

  /// Notes which axes of the input count steps and sequences; every layer must agree.
  mutating func bindTime(
    _ time: FeatureValue.Axis, _ batch: FeatureValue.Axis, _ node: ONNXNode
  ) throws(ConversionError) {
    let steps = FeatureValue.significant(time)
    guard steps.count == 1, case .input(let timeIndex, _) = steps[0],
      timeAxis == nil || timeAxis == timeIndex
    else { throw node.unsupported("the first axis of X does not count the steps of the input") }
    timeAxis = timeIndex
    let sequences = FeatureValue.significant(batch)
    guard let atom = sequences.first else { return }
    guard sequences.count == 1, case .input(let batchIndex, _) = atom,
      batchIndex != timeIndex, batchAxis == nil || batchAxis == batchIndex
    else { throw node.unsupported("the batch axis of X does not count the sequences of the input") }
    batchAxis = batchIndex
  }
}
