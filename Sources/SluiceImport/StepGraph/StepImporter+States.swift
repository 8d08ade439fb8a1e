import SluiceNetwork

extension StepImporter {
  /// The number of a state input that `element` is the next of; nil where it is none.
  private func successor(_ element: StepElement) -> StepElement? {
    if let layer = element.cellLayer { return cells[layer]?[Int(element.index)] }
    return element.source >= 0 ? hidden[Int(element.source)]?[Int(element.index)] : nil
  }

  /// The input of which `view` is the next, all of it in its order; nil where it is another value.
  func input(continuedBy view: StepView) -> Int? {
    guard let input = view.elements.first.flatMap(successor)?.input,
      inputs[input].count == view.count
    else { return nil }
    for (index, element) in view.elements.enumerated() {
      guard let next = successor(element), next.input == input, next.index == Int32(index) else {
        return nil
      }
    }
    return input
  }

  /// Whether `view` is made of layers' states, though it is no whole state: C of one, or h of several, or
  /// behind the first output all of one.
  func holdsStates(_ view: StepView, isFirst: Bool) -> Bool {
    if view.elements.contains(where: { $0.cellLayer != nil }) { return true }
    guard view.elements.allSatisfy({ successor($0) != nil }) else { return false }
    let sources = Set(view.elements.map(\.source))
    return view.count > 1 && sources.count > 1
      || !isFirst && hidden[Int(view.elements[0].source)]?.count == view.count
  }

  /// The parts of the stream's state that `view` is, with the layers' new indices.
  func parts(
    of view: StepView, _ indices: [Int: Int]
  ) -> [ModelInterface.Output.StatePart] {
    var parts: [ModelInterface.Output.StatePart] = []
    var place = 0
    while place < view.count {
      let element = view.elements[place]
      let isCell = element.cellLayer != nil
      let layer = element.cellLayer ?? Int(element.source)
      let size = (isCell ? cells[layer] : hidden[layer])?.count ?? 1
      guard let index = indices[layer] else { return [] }
      let whole =
        element.index == 0
        && place + size <= view.count
        && (0..<size).allSatisfy {
          view.elements[place + $0]
            == StepElement(source: element.source, index: element.index + Int32($0))
        }
      parts.append(
        .init(layer: index, isCell: isCell, unit: whole ? nil : Int(element.index)))
      place += whole ? size : 1
    }
    return parts
  }

  /// Inputs that nobody has claimed, and the outputs that are the next of them: by their shapes, and in
  /// their order. The first input and the first output are features.
  ///
  /// - Returns: the pairs, and inputs whose shape outputs have, though not as many.
  func pairs() -> (found: [(input: Int, output: Int)], odd: [Int], first: Int?) {
    let claimed = Set(claims.keys.compactMap(\.input))
    let free = inputs.indices.filter { !claimed.contains($0) && !inputs[$0].isIDs }
    var views: [Int: StepView] = [:]
    for (index, output) in model.outputs.enumerated() {
      guard case .view(let view)? = values[output.name], input(continuedBy: view) == nil else {
        continue
      }
      views[index] = view
    }
    let first = views.keys.min()
    // One look over all for each shape.
    guard free.count <= 256 else { return ([], free.count > 1 ? [free[1]] : [], first) }
    var pairs: [(input: Int, output: Int)] = []
    var odd: [Int] = []
    var seen: Set<[Int]> = []
    for input in free where seen.insert(inputs[input].shape).inserted {
      let shape = inputs[input].shape
      var own = free.filter { inputs[$0].shape == shape }
      var outputs = views.keys.sorted().filter { views[$0]?.shape == shape }
      if own.count > outputs.count, own.first == free.first {
        own.removeFirst()
      } else if outputs.count > own.count, outputs.first == first {
        outputs.removeFirst()
      }
      if own.count == outputs.count {
        pairs += zip(own, outputs).map { ($0, $1) }
      } else if !outputs.isEmpty {
        odd += own
      }
    }
    let hasFeatures =
      inputs.contains { $0.isIDs }
      || free.contains { input in !pairs.contains { $0.input == input } }
    let writesFeatures = views.keys.contains { output in !pairs.contains { $0.output == output } }
    if !hasFeatures {
      pairs.removeAll { $0.input == free.first && $0.output == first }
    } else if !writesFeatures {
      pairs.removeAll { $0.output == first }
    }
    return (pairs, odd, first)
  }
}
