import SluiceBlob
import SluiceNetwork

extension StepImporter {
  /// The network of the layers on which what is written depends, and the roles of inputs and outputs.
  mutating func network(
    _ written: [Int], _ outputs: [ModelInterface.Output], _ states: [Int: StepView]
  ) throws(ConversionError) -> ConvertedModel {
    let written = try placeDelays(written)
    let (live, order) = try ordered(written)
    let features = inputs.indices.filter { input in
      live.contains(-2 - input)
    }
    let row = try row(features)
    var indices: [Int: Int] = [:]
    var list = row.layers
    for layer in order {
      var copy = layers[layer]
      copy.inputs = layers.inputs(of: layer).map { indices[$0] ?? row.places[$0] ?? $0 }
      if copy.inputs == [list.count - 1] { copy.inputs = [] }
      indices[layer] = list.count
      list.append(copy)
    }
    var network = Network(layers: list, output: .sequence, provenance: provenance)
    let targets = written.map { indices[$0] ?? row.places[$0] ?? 0 }
    var unique: [Int] = []
    for target in targets where !unique.contains(target) { unique.append(target) }
    let (kept, isJoined) = network.prune(toWrite: unique, keeping: [])
    for index in hidden.keys.sorted() where indices[index].flatMap({ kept[$0] }) == nil {
      throw .unsupported(
        model.source.file, "outputs",
        "no features depend on \(quotable(layers[index].name)), of which only the state comes out")
    }
    let sizes = unique.map { list[$0].outputSize }
    let (simple, merged) = network.simplified()
    let final = indices.compactMapValues { kept[$0].map { merged[$0] } }
    var outputs = outputs
    var next = 0
    for (index, output) in outputs.enumerated() {
      if let view = states[index] {
        outputs[index] = .init(name: output.name, role: .state(parts(of: view, final)))
      } else if cache(continuedBy: index) == nil {
        let place = unique.firstIndex(of: targets[next]) ?? 0
        let start = sizes[..<place].reduce(0, +)
        if isJoined { outputs[index].features = start..<start + sizes[place] }
        next += 1
      }
    }
    return ConvertedModel(
      network: simple,
      interface: ModelInterface(inputs: interfaceInputs(features), outputs: outputs))
  }

  /// The layers on which `written` depend, each behind what it reads, and all that they read.
  func ordered(_ written: [Int]) throws(ConversionError) -> (live: Set<Int>, order: [Int]) {
    var live: Set<Int> = []
    var rest = written
    while let layer = rest.popLast() {
      guard live.insert(layer).inserted, layer >= 0 else { continue }
      rest += layers.inputs(of: layer)
    }
    let claimed = Set(claims.keys.compactMap(\.input))
    for layer in live.sorted() where layer >= 0 {
      for input in layers.inputs(of: layer) where input < -1 && claimed.contains(-2 - input) {
        throw .unsupported(
          model.source.file, "layer \(quotable(layers[layer].name))",
          "reads a state, which only a recurrent node of this layer does")
      }
    }
    // What was put in the place of several layers may read a later one.
    var order: [Int] = []
    var placed: Set<Int> = []
    var waiting = live.filter { $0 >= 0 }.sorted()
    while !waiting.isEmpty {
      let ready = waiting.firstIndex { layer in
        layers.inputs(of: layer).allSatisfy { $0 < 0 || placed.contains($0) }
      }
      guard let ready else {
        throw .unsupported(model.source.file, "outputs", "layers that read one another")
      }
      let layer = waiting.remove(at: ready)
      order.append(layer)
      placed.insert(layer)
    }
    if let first = order.first(where: { layers[$0].readsIDs }) {
      order.removeAll { $0 == first }
      order.insert(first, at: 0)
    }
    return (live, order)
  }

  /// The step's row: the inputs of features side by side, each a part where there are several.
  private func row(
    _ features: [Int]
  ) throws(ConversionError) -> (layers: [Network.Layer], places: [Int: Int]) {
    guard features.count > 1 else {
      return ([], Dictionary(uniqueKeysWithValues: features.map { (-2 - $0, -1) }))
    }
    if let ids = features.first(where: { inputs[$0].isIDs }) {
      throw .unsupported(
        model.source.file, "input \"\(quotable(inputs[ids].name))\"",
        "token ids beside features; a blob's step reads either")
    }
    let total = features.reduce(0) { $0 + inputs[$1].count }
    guard total <= Int(BlobLimits.size) else {
      throw .unsupported(
        model.source.file, "inputs", "\(total) features; a blob holds up to \(BlobLimits.size)")
    }
    let used = Set(layers.layers.map { Name($0.name) })
    var list: [Network.Layer] = []
    var places: [Int: Int] = [:]
    var start = 0
    for input in features {
      var name = quotable(inputs[input].name)
      while used.contains(Name(name)) { name += "#" }
      list.append(
        Network.Layer(
          name: name,
          operation: .slice(
            Network.Slice(channels: total, start: start, count: inputs[input].count)),
          inputs: [-1]))
      places[-2 - input] = list.count - 1
      start += inputs[input].count
    }
    return (list, places)
  }

  /// What the graph's inputs are.
  private func interfaceInputs(_ features: [Int]) -> [ModelInterface.Input] {
    let states = stateInputs()
    var isFirst = true
    return model.inputs.map { input in
      let own = inputs.firstIndex { $0.name == input.name }
      if let own, features.contains(own) {
        // All of a row's features stand in the first.
        defer { isFirst = false }
        let axes =
          features.count > 1
          ? [.time, .feature]
          : inputs[own].isIDs
            ? Self.idAxes(inputs[own].shape)
            : Self.axes(of: inputs[own].shape, time: inputs[own].time)
        return .init(name: input.name, role: isFirst ? .sequence(axes) : .features)
      }
      if states.contains(input.name) { return .init(name: input.name, role: .state) }
      if resets.contains(input.name) { return .init(name: input.name, role: .reset) }
      if model.fixed[input.name] != nil { return .init(name: input.name, role: .constant) }
      return .init(name: input.name, role: .unused)
    }
  }

  private static func idAxes(_ shape: [Int]) -> [ModelInterface.Axis] {
    var axes = shape.map { _ in ModelInterface.Axis.one }
    if !axes.isEmpty { axes[axes.count - 1] = .time }
    return axes
  }
}
