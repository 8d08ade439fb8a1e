import SluiceNetwork

/// What a `Loop` or `Scan` does with each of the values that it carries from turn to turn.
struct Carried {
  /// The name within the body, and that of what comes out of a turn.
  let name: Name
  let next: Name
  /// Its place among the node's outputs.
  let output: Int
}

/// What a `Loop` or `Scan` reads, carries and writes.
struct LoopParts {
  /// The sequence that the body reads step by step, and the names of a step of it.
  var source: FeatureValue?
  var elements: Set<Name> = []
  var states: [Carried] = []
  /// What the states start from, by their names within the body.
  var initial: [Name: Name] = [:]
  /// What the body writes at each step.
  var written: [Carried] = []
}

extension GraphImporter {
  mutating func scanParts(
    _ node: ONNXNode, _ body: ONNXSubgraph, _ attributes: inout AttributeReader
  ) throws(ConversionError) -> LoopParts {
    let count = try attributes.integer("num_scan_inputs") ?? 0
    let axes = [
      try attributes.integers("scan_input_axes") ?? [],
      try attributes.integers("scan_output_axes") ?? [],
    ]
    let directions = [
      try attributes.integers("scan_input_directions") ?? [],
      try attributes.integers("scan_output_directions") ?? [],
    ]
    guard model.opset >= 9, count == 1, (axes + directions).joined().allSatisfy({ $0 == 0 }),
      body.inputs.count == node.inputs.count, body.outputs.count >= node.outputs.count,
      node.inputs.count > count
    else { throw node.unsupported("other than one sequence, read forwards along its first axis") }
    var parts = LoopParts()
    let states = node.inputs.count - 1
    for index in 0..<states {
      parts.states.append(
        Carried(name: body.inputs[index], next: body.outputs[index], output: index))
      parts.initial[body.inputs[index]] = node.inputs[index]
    }
    guard case .features(let source)? = computed(node, states) else {
      throw node.unsupported("reads a constant step by step")
    }
    parts.source = source
    parts.elements = [body.inputs[states]]
    for index in states..<body.outputs.count
    where node.output(index).map(folder.liveNames.contains) == true {
      parts.written.append(Carried(name: "", next: body.outputs[index], output: index))
    }
    return parts
  }

  mutating func loopParts(
    _ node: ONNXNode, _ body: ONNXSubgraph
  ) throws(ConversionError) -> LoopParts {
    let carried = node.inputs.count - 2
    guard carried >= 0, body.inputs.count == carried + 2, body.outputs.count > carried else {
      throw node.malformed(
        "a body of \(body.inputs.count) inputs and \(body.outputs.count) outputs")
    }
    var parts = LoopParts()
    var counters: Set<Name> = [body.inputs[0]]
    var sequences: [Name: FeatureValue] = [:]
    var constants: [Name: Name] = [:]
    for index in 0..<carried {
      let (inner, next) = (body.inputs[index + 2], body.outputs[index + 1])
      let own = Carried(name: inner, next: next, output: index)
      if case .features(let value)? = computed(node, index + 2) {
        guard body.origin(of: next) == inner else {
          throw node.unsupported("changes the sequence \(quotable(inner)) that it reads")
        }
        sequences[inner] = value
        continue
      }
      let constant = try folder.constant(node, index + 2, "\(index)")
      if body.origin(of: next) == inner {
        constants[inner] = node.inputs[index + 2]
      } else if constant.floats != nil {
        parts.states.append(own)
        parts.initial[inner] = node.inputs[index + 2]
      } else if constant.integers == [0], body.increments(inner, to: next, in: folder) {
        counters.insert(inner)
      } else {
        throw node.unsupported("carries integers from turn to turn that do not count them")
      }
    }
    for name in body.captured {
      if case .features(let value)? = values[name] { sequences[name] = value }
    }
    // The step that a counter names.
    for inner in body.nodes where inner.operation == "Gather" {
      guard let data = inner.input(0), let source = sequences[body.origin(of: data)],
        let index = inner.input(1), counters.contains(body.origin(of: index)),
        let output = inner.output(0)
      else { continue }
      var attributes = AttributeReader(inner)
      guard try attributes.integer("axis") ?? 0 == 0,
        parts.source.map({ $0.layer == source.layer && $0.axes == source.axes }) ?? true
      else { throw node.unsupported("reads several sequences, or not along the first axis") }
      parts.source = source
      parts.elements.insert(output)
    }
    for (inner, outer) in constants {
      folder.bind(inner, to: try folder.named(outer, node))
    }
    for index in carried + 1..<body.outputs.count
    where node.output(index - 1).map(folder.liveNames.contains) == true {
      parts.written.append(
        Carried(name: "", next: body.outputs[index], output: index - 1))
    }
    guard let source = parts.source else { return parts }
    let turns = try turns(node, body, counters)
    guard turns.contains(source.extent(0)) else {
      throw node.unsupported(
        "takes \(turns.map { $0.text(time: timeAxis) }.joined(separator: " or ")) turns over "
          + "\(source.extent(0).text(time: timeAxis)) steps")
    }
    return parts
  }

  /// How many turns a loop takes at most: those that it is given, and those that its condition allows.
  private mutating func turns(
    _ node: ONNXNode, _ body: ONNXSubgraph, _ counters: Set<Name>
  ) throws(ConversionError) -> [Extent] {
    var bounds: [Extent] = []
    if node.input(0) != nil, case .integers(let trips) = try folder.constant(node, 0, "M").elements,
      trips.count == 1
    {
      bounds.append(trips[0])
    }
    var rest = [body.outputs[0]]
    while let name = rest.popLast() {
      let origin = body.origin(of: name)
      guard let inner = body.nodes.first(where: { $0.outputs.contains(origin) }) else { continue }
      switch inner.operation {
      case "And": rest += inner.inputs
      case "Less":
        // The counter behind this turn.
        guard
          body.nodes.contains(where: { add in
            add.operation == "Add" && add.outputs == [body.origin(of: inner.inputs[0])]
              && add.inputs.contains { counters.contains(body.origin(of: $0)) }
          })
        else { throw node.unsupported("a condition that is not on the number of turns") }
        let limit = body.origin(of: inner.inputs[1])
        let outer = try folder.named(limit, node)
        guard case .integers(let sizes) = outer.elements, sizes.count == 1 else {
          throw node.unsupported("a condition that is not on the number of turns")
        }
        bounds.append(sizes[0])
      default: throw node.unsupported("a condition that is not on the number of turns")
      }
    }
    // What is far beyond any sequence is no bound.
    let near = Set(bounds.filter { $0.known ?? 0 < Int(Int32.max) })
    let sizes = near.compactMap(\.known)
    return sizes.isEmpty ? Array(near) : sizes.count == near.count ? [.known(sizes.min() ?? 0)] : []
  }
}
