import SluiceNetwork

/// States that keep past values, as the caches of convolutions over frames do: what was computed so many steps
/// ago, by layers that delay.
extension StepImporter {
  /// Finds the states that keep past values among those that are no cell's.
  ///
  /// One number that follows another shows that a state is meant, or a name like that of its next: any output
  /// may have the shape of an input by chance.
  mutating func findCaches(
    _ pairs: [(input: Int, output: Int)], _ unknown: [Int: String]
  ) -> [Int: String] {
    var candidates: [Int: StepView] = [:]
    for (input, output) in pairs where unknown[input] != nil {
      guard case .view(let view)? = values[model.outputs[output].name],
        folder.given[inputs[input].name]?.floats.allSatisfy({ $0 == 0 }) ?? true
      else { continue }
      let name = inputs[input].name
      let isLike =
        2 * StatePair.likeness(model.outputs[output].name, name) >= name.text.utf8.count
      guard isLike || view.elements.contains(where: { settled($0).input == input }) else {
        continue
      }
      candidates[input] = view
    }
    // Each that is none makes all be looked at again.
    guard candidates.count <= 64 else { return unknown }
    past = PastValues(candidates, in: self)
    for (input, output) in pairs where past?.values[input] != nil { caches[input] = output }
    return unknown.filter { past?.values[$0.key] == nil }
  }

  /// The input of which output `index` is the next, where that keeps past values.
  func cache(continuedBy index: Int) -> Int? { caches.first { $0.value == index }?.key }

  /// Puts layers that delay in the place of the states that keep past values.
  ///
  /// - Returns: the layers that write the features.
  mutating func placeDelays(_ written: [Int]) throws(ConversionError) -> [Int] {
    guard let past, !past.values.isEmpty else { return written }
    let needs = PastNeeds(written, past, self)
    let delays = try delays(needs)
    var replaced: [[Int]: Int] = [:]
    func replacement(
      _ source: Int, _ channels: Int?, _ importer: inout StepImporter, _ node: ONNXNode
    ) throws(ConversionError) -> Int {
      guard let elements = past.elements(of: source, importer) else { return source }
      let channels = channels ?? elements.count
      if let layer = replaced[[source, channels]] { return layer }
      let layer = try importer.realised(
        elements.map { element in
          switch past.value(of: element) {
          case nil: element
          case .zero: StepElement(source: StepElement.zeros, index: 0)
          case .value(let own, let steps): delays.element(own, steps)
          }
        }, channels: channels, node)
      replaced[[source, channels]] = layer
      return layer
    }
    for layer in needs.readers {
      guard let node = authors[layer] else { continue }
      let channels = layers[layer].operation.channelsRead
      var sources: [Int] = []
      for source in layers.inputs(of: layer) {
        sources.append(try replacement(source, channels, &self, node))
      }
      layers[layer].inputs = sources
    }
    var result: [Int] = []
    for layer in written {
      guard let node = authors[layer] else {
        result.append(layer)
        continue
      }
      result.append(try replacement(layer, nil, &self, node))
    }
    return result
  }

  /// The layers that delay what is needed, each of what the one before has delayed.
  private mutating func delays(_ needs: PastNeeds) throws(ConversionError) -> PastDelays {
    var delays = PastDelays()
    for source in needs.indices.keys.sorted() {
      guard let indices = needs.indices[source], let node = needs.nodes[source] else { continue }
      let size = size(of: source)
      // Nearly all of a layer is delayed as it is.
      let kept = 2 * indices.count > size ? Array(0..<Int32(size)) : indices.sorted()
      var layer = try realised(
        kept.map { StepElement(source: source, index: $0) }, channels: kept.count, node)
      var before = 0
      for steps in (needs.steps[source] ?? []).sorted() {
        layer = try append(
          .delay(Network.Delay(size: kept.count, count: steps - before)), reading: [layer], node)
        delays.layers[PastDelays.Key(source: source, steps: steps)] = layer
        before = steps
      }
      for (place, index) in kept.enumerated() {
        delays.places[StepElement(source: source, index: index)] = Int32(place)
      }
    }
    return delays
  }
}

/// Which past values are read, and by what.
private struct PastNeeds {
  /// Which numbers of a layer, or of an input.
  private(set) var indices: [Int32: Set<Int32>] = [:]
  /// Before how many steps.
  private(set) var steps: [Int32: Set<Int>] = [:]
  /// A node that reads them.
  private(set) var nodes: [Int32: ONNXNode] = [:]
  /// The layers that read past values, and do not only move them about.
  private(set) var readers: [Int] = []

  init(_ written: [Int], _ past: PastValues, _ importer: StepImporter) {
    var (seen, noted) = (Set<Int>(), Set<Int>())
    var rest = written
    while let layer = rest.popLast() {
      guard layer >= 0, seen.insert(layer).inserted, let node = importer.authors[layer] else {
        continue
      }
      if let elements = past.elements(of: layer, importer) {
        if noted.insert(layer).inserted { rest += note(elements, past, node) }
        continue
      }
      var isReader = false
      for source in importer.layers.inputs(of: layer) {
        guard let elements = past.elements(of: source, importer) else {
          rest.append(source)
          continue
        }
        isReader = true
        if noted.insert(source).inserted { rest += note(elements, past, node) }
      }
      if isReader { readers.append(layer) }
    }
    readers.sort()
  }

  /// The layers of which these numbers are.
  private mutating func note(
    _ elements: [StepElement], _ past: PastValues, _ node: ONNXNode
  ) -> Set<Int> {
    var sources: Set<Int> = []
    for element in elements {
      switch past.value(of: element) {
      case nil: sources.insert(Int(element.source))
      case .zero: break
      case .value(let own, let count):
        indices[own.source, default: []].insert(own.index)
        steps[own.source, default: []].insert(count)
        nodes[own.source] = node
        sources.insert(Int(own.source))
      }
    }
    return sources
  }
}

/// The layers that delay, and where in them a number lies.
private struct PastDelays {
  struct Key: Hashable {
    let source: Int32
    let steps: Int
  }
  var layers: [Key: Int] = [:]
  var places: [StepElement: Int32] = [:]

  func element(_ element: StepElement, _ steps: Int) -> StepElement {
    guard let layer = layers[Key(source: element.source, steps: steps)],
      let place = places[element]
    else { return StepElement(source: StepElement.zeros, index: 0) }
    return StepElement(source: Int32(layer), index: place)
  }
}

extension Network.Operation {
  /// Channels of a column that is read; nil where all is one.
  fileprivate var channelsRead: Int? {
    switch self {
    case .convolution(let layer): layer.inputChannels
    case .recurrent(let layer): layer.inputSize
    case .scale(let layer): layer.scale.count
    case .layerNorm(let layer): layer.scale.count
    case .prelu(let layer): layer.slopes.count
    case .maxPool(let layer): layer.channels
    default: nil
    }
  }
}
