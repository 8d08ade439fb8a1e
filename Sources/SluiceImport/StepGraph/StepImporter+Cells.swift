import SluiceNetwork

extension StepImporter {
  /// Finds the cells of states that no recurrent node has claimed, and refuses states that are none's.
  mutating func recogniseCells() throws(ConversionError) {
    let (pairs, odd, first) = pairs()
    if let input = odd.first {
      throw .unsupported(
        model.source.file, "input \"\(quotable(inputs[input].name))\"",
        "a second input that seems a state, since outputs have its shape \(inputs[input].shape), though "
          + "not as many as inputs: which is the next of which is not certain")
    }
    let views = pairs.compactMap { pair -> (input: Int, view: StepView)? in
      guard case .view(let view)? = values[model.outputs[pair.output].name] else { return nil }
      return (pair.input, view)
    }
    var unknown = try recogniseCells(views)
    // Beside other states, what has the shape of the first output may be features, such as the previous
    // action of a policy: where its name is not like the output's.
    if let own = pairs.first(where: { $0.output == first })?.input, unknown[own] != nil,
      !claims.isEmpty,
      let first
    {
      let (name, output) = (inputs[own].name, model.outputs[first].name)
      if 2 * StatePair.likeness(output, name) < name.text.utf8.count { unknown[own] = nil }
    }
    unknown = findCaches(pairs, unknown)
    guard let input = unknown.keys.min(), let reason = unknown[input] else { return }
    let others = unknown.keys.sorted().dropFirst().map { inputs[$0].name }
    let output = pairs.first { $0.input == input }.map { model.outputs[$0.output].name } ?? ""
    throw .unsupported(
      model.source.file, "input \"\(quotable(inputs[input].name))\"",
      "a second input that seems a state, of which \"\(quotable(output))\" is the next, and \(reason)"
        + (others.isEmpty ? "" : "; likewise \(quotable(others))")
        + "; features are read from inputs whose shape no output has")
  }

  /// Finds the cells of states, and makes each a recurrent layer in the place of what computes h.
  ///
  /// - Parameter states: inputs, and what is the next of each.
  /// - Returns: why a state is no cell's, by its input.
  mutating func recogniseCells(
    _ states: [(input: Int, view: StepView)]
  ) throws(ConversionError) -> [Int: String] {
    var paths: [StatePath] = []
    var unknown: [Int: String] = [:]
    for (input, view) in states {
      guard let own = self.paths(of: view, from: input) else {
        unknown[input] = "comes out as parts of other values"
        continue
      }
      paths += own
    }
    let (found, missing) = CellRecogniser(self).cells(paths)
    for path in missing {
      if let input = path.elements.first?.input {
        unknown[input] = "is that of no LSTM, GRU or Elman cell which is written out"
      }
    }
    var check = CellCheck(self)
    var confirmed: [FoundCell] = []
    for cell in found {
      guard cell.output.start == 0, cell.output.count == layers[cell.output.layer].outputSize,
        check.confirms(cell)
      else {
        if let input = cell.hidden.first?.input {
          unknown[input] = "that of what looks like a cell, and computes something else"
        }
        continue
      }
      confirmed.append(cell)
    }
    for cell in confirmed { try place(cell, named: layers[cell.output.layer].name) }
    return unknown
  }

  /// The parts of layers that a state's output is put together of; nil where one is no layer's.
  private func paths(of view: StepView, from input: Int) -> [StatePath]? {
    var units: [Int32: [(unit: Int32, element: StepElement)]] = [:]
    for (index, element) in view.elements.enumerated() {
      guard element.source >= 0, element.cellLayer == nil else { return nil }
      units[element.source, default: []].append(
        (
          element.index,
          StepElement(source: StepElement.source(ofInput: input), index: Int32(index))
        ))
    }
    var paths: [StatePath] = []
    for source in units.keys.sorted() {
      let own = (units[source] ?? []).sorted { $0.unit < $1.unit }
      guard own.enumerated().allSatisfy({ $1.unit == own[0].unit + Int32($0) }) else { return nil }
      paths.append(
        StatePath(
          part: LayerPart(layer: Int(source), start: Int(own[0].unit), count: own.count),
          elements: own.map(\.element)))
    }
    return paths
  }

  /// The nodes between what a cell reads and what writes its state.
  private func origins(of cell: FoundCell) -> [String] {
    var seen = Set(cell.sources.map(\.layer))
    var rest = [cell.output.layer] + (cell.cell.map { [$0.layer] } ?? [])
    var found: Set<Int> = []
    while let index = rest.popLast() {
      guard index >= 0, seen.insert(index).inserted else { continue }
      found.insert(index)
      rest += layers.inputs(of: index)
    }
    return found.sorted().flatMap { layers[$0].origins }
  }

  /// Puts a recurrent layer in the place of the one that writes h.
  private mutating func place(_ cell: FoundCell, named name: String) throws(ConversionError) {
    var layer = cell.layer
    layer.initialHidden = given(cell.hidden)
    layer.initialCell = given(cell.cellState)
    var source = cell.sources[0].layer
    if cell.sources.count > 1 {
      source = try layers.append(
        .concatenate(length: 1, channels: cell.sources.map(\.size)),
        reading: cell.sources.map(\.layer), named: "\(name).inputs", in: model.source.file)
    }
    let index = cell.output.layer
    let origins = origins(of: cell)
    layers[index] = Network.Layer(name: name, operation: .recurrent(layer), inputs: [source])
    layers[index].origins = origins
    hidden[index] = cell.hidden
    for element in cell.hidden { claims[element] = ("h", name) }
    guard let part = cell.cell else { return }
    cells[index] = cell.cellState
    for element in cell.cellState { claims[element] = ("C", name) }
    // What comes out as C is the layer's own now.
    for (name, value) in values {
      guard case .view(var view) = value,
        view.elements.contains(where: { $0.source == Int32(part.layer) })
      else { continue }
      for place in view.elements.indices
      where view.elements[place].source == Int32(part.layer)
        && (part.start..<part.start + part.count).contains(Int(view.elements[place].index))
      {
        view.elements[place] = StepElement(
          source: StepElement.source(ofCell: index),
          index: view.elements[place].index - Int32(part.start))
      }
      values[name] = .view(view)
    }
  }
}
