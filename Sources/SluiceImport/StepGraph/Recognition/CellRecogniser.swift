import SluiceBlob
import SluiceNetwork

/// A cell that was found in small operators: the layer that it is, what it reads, and its states.
struct FoundCell {
  var layer: Network.Recurrent
  /// What it reads, side by side: layers, or inputs of the step.
  let sources: [(layer: Int, size: Int)]
  /// The part that is h after the step, and of an LSTM that which is C.
  let output: LayerPart
  let cell: LayerPart?
  /// Which numbers of the inputs are h and C before the step.
  let hidden: [StepElement]
  let cellState: [StepElement]
}

/// A state and the part of a layer that is the next of it.
struct StatePath {
  let part: LayerPart
  /// The numbers of the input, in the order of the part's.
  let elements: [StepElement]
}

/// Finds LSTM, GRU and Elman cells that are written out in small operators, in any order of gates and
/// operands: sums and products are multiplied out, and what is left decides.
struct CellRecogniser {
  let step: StepLayers
  let sizes: (Int) -> Int
  /// The numbers of inputs that a layer picks, of layers that do nothing else.
  private let picked: [[StepElement]?]

  init(_ importer: StepImporter) {
    let step = StepLayers(importer)
    let counts = importer.inputs.map(\.count)
    let sizes = importer.layers.layers.map(\.outputSize)
    self.init(
      step: step, sizes: { $0 < -1 ? counts[-2 - $0] : $0 >= 0 ? sizes[$0] : 0 },
      picked: sizes.indices.map {
        step.state(LayerPart(layer: $0, start: 0, count: sizes[$0]))
      })
  }

  private init(
    step: StepLayers, sizes: @escaping (Int) -> Int, picked: [[StepElement]?]
  ) {
    self.step = step
    self.sizes = sizes
    self.picked = picked
  }

  /// Which layers depend on a state's numbers.
  private func dependents(of state: [StepElement]) -> [Bool] {
    let own = Set(state)
    let inputs = Set(state.map(\.source))
    var depends: [Bool] = []
    for index in picked.indices {
      if let elements = picked[index] {
        depends.append(!own.isDisjoint(with: elements))
      } else {
        depends.append(
          step.layers.inputs(of: index).contains { input in
            input >= 0 ? depends[input] : inputs.contains(Int32(input))
          })
      }
    }
    return depends
  }

  /// The affine form of a part, of a state's numbers in their order.
  func form(_ part: LayerPart, _ state: [StepElement], product: Combination? = nil) -> AffineForm? {
    AffineReader(
      step: step, state: state, product: product, depends: dependents(of: state), sizes: sizes
    ).form(part)
  }

  /// The affine form of a sum of parts.
  func form(
    _ sum: Combination, _ state: [StepElement], product: Combination? = nil
  ) -> AffineForm? {
    guard var parts = sum.sum ?? sumWithConstant(sum), let count = parts.keys.first?.count else {
      return nil
    }
    var result = AffineForm(count: count)
    if let constant = sum.terms[[]] { result.bias = result.bias.map { $0 + constant } }
    while let (part, factor) = parts.popFirst() {
      guard let form = form(part, state, product: product) else { return nil }
      result = result + form.scaled(by: factor)
    }
    return result
  }

  private func sumWithConstant(_ sum: Combination) -> [LayerPart: Double]? {
    var rest = sum
    if let constant = sum.terms[[]] { rest.add(-constant, []) }
    return rest.sum
  }

  /// The cells of these states, and the states that are none's.
  func cells(_ paths: [StatePath]) -> (found: [FoundCell], missing: [StatePath]) {
    // Each is looked for among all: far more states than a network has are none's.
    guard paths.count <= 64 else { return ([], paths) }
    var step = self.step
    // One name for each state's numbers, whichever layer picks them.
    for path in paths {
      if let part = step.firstPart(of: path.elements, sizes: sizes) {
        step.names.append((part, path.elements))
      }
    }
    let recogniser = CellRecogniser(step: step, sizes: sizes, picked: picked)
    var found: [FoundCell] = []
    var left = paths
    for cell in paths {
      guard let lstm = recogniser.lstm(cell: cell, among: paths) else { continue }
      found.append(lstm.cell)
      left.removeAll { $0.part == cell.part || $0.part == lstm.hidden.part }
    }
    var missing: [StatePath] = []
    for path in left {
      if let cell = recogniser.gru(path) ?? recogniser.elman(path) {
        found.append(cell)
      } else {
        missing.append(path)
      }
    }
    return (found, missing)
  }

  /// The part that a state's numbers are called by.
  func name(_ elements: [StepElement]) -> LayerPart? {
    step.names.first { $0.elements == elements }?.part
  }

  /// h = f(W x + U h + b)
  private func elman(_ path: StatePath) -> FoundCell? {
    guard let (function, argument) = step.activation(path.part), allowed(function),
      let form = form(argument, path.elements), form.matrices[.state] != nil
    else { return nil }
    return assembled(.rnn(function), [form], Network.CellForm(), path, nil)
  }

  /// Whether a cell may have the function.
  func allowed(_ function: Network.Function) -> Bool {
    ActivationSet.ofCells.contains(function.kind)
  }

  /// The layer of gates in PyTorch's order; nil where they do not fit together.
  ///
  /// - Parameter candidate: of a GRU that resets after, the candidate's sum of h, whose bias stays apart.
  func assembled(
    _ cell: Network.Cell, _ gates: [AffineForm], _ cellForm: Network.CellForm, _ path: StatePath,
    _ cellPath: StatePath?, candidate: AffineForm? = nil
  ) -> FoundCell? {
    let size = path.elements.count
    var sources: [(layer: Int, size: Int)] = []
    for form in gates + (candidate.map { [$0] } ?? []) {
      for case .layer(let layer, let count) in form.matrices.keys
      where !sources.contains(where: { $0.layer == layer }) {
        sources.append((layer, count))
      }
    }
    sources.sort { $0.layer < $1.layer }
    guard !sources.isEmpty, candidate.map({ $0.matrices.keys.allSatisfy { $0 == .state } }) ?? true
    else { return nil }
    var (input, hidden): ([Float], [Float]) = ([], [])
    var (inputBias, hiddenBias): ([Float], [Float]) = ([], [])
    for (index, form) in gates.enumerated() {
      guard form.bias.count == size else { return nil }
      let isLast = index == gates.count - 1
      let own = isLast ? candidate ?? form : form
      let recurrent = own.matrices[.state] ?? own.matrices[.product]
      for row in 0..<size {
        for source in sources {
          let matrix = form.matrices[.layer(source.layer, size: source.size)]
          input += (0..<source.size).map { column in
            Float(matrix?[row * source.size + column] ?? 0)
          }
        }
        hidden += (0..<size).map { Float(recurrent?[row * size + $0] ?? 0) }
      }
      inputBias += form.bias.map { Float($0) }
      hiddenBias +=
        isLast && candidate != nil ? own.bias.map { Float($0) } : form.bias.map { _ in 0 }
    }
    guard (input + hidden + inputBias + hiddenBias).allSatisfy(\.isFinite) else { return nil }
    let layer = Network.Recurrent(
      cell: cell, inputSize: sources.reduce(0) { $0 + $1.size }, hiddenSize: size,
      inputWeights: input, hiddenWeights: hidden, inputBias: inputBias, hiddenBias: hiddenBias,
      form: cellForm)
    return FoundCell(
      layer: layer, sources: sources, output: path.part, cell: cellPath?.part,
      hidden: path.elements, cellState: cellPath?.elements ?? [])
  }
}

extension StepLayers {
  /// Some layer's part that holds just these numbers of an input; nil where there is none.
  func firstPart(of elements: [StepElement], sizes: (Int) -> Int) -> LayerPart? {
    guard let first = elements.first else { return nil }
    if elements.enumerated().allSatisfy({
      $1.source == first.source && $1.index == first.index + Int32($0)
    }) {
      return LayerPart(
        layer: Int(first.source), start: Int(first.index), count: elements.count)
    }
    for index in 0..<layers.count where layers[index].outputSize == elements.count {
      let part = LayerPart(layer: index, start: 0, count: elements.count)
      if state(part) == elements { return part }
    }
    return nil
  }
}
