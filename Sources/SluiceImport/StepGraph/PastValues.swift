import SluiceNetwork

/// What a number of a state is where the state keeps past values.
enum PastValue: Hashable {
  /// What nothing ever writes.
  case zero
  /// What `element` was, so many steps ago.
  case value(StepElement, steps: Int)
}

/// The states that keep past values, and the layers that only move such numbers about.
///
/// What goes in as number j of a state is what came out as it a step before: a layer's number, or another
/// number of a state, which again came out a step before.
struct PastValues {
  /// What each number is, by the input.
  private(set) var values: [Int: [PastValue]] = [:]
  /// Of a layer that moves some of these numbers about, what it holds: numbers of inputs and layers.
  private(set) var moved: [Int: [StepElement]] = [:]

  /// The states among `candidates` that keep past values; others are left out.
  ///
  /// - Parameter candidates: for each input what is the next of it.
  init(_ candidates: [Int: StepView], in importer: StepImporter) {
    var views = candidates
    while !views.isEmpty {
      guard let odd = follow(views, importer) else {
        moved = importer.moved { values[$0] != nil }
        let circular = circular(importer)
        guard !circular.isEmpty else { return }
        for input in circular { views[input] = nil }
        continue
      }
      views[odd] = nil
    }
    values = [:]
    moved = [:]
  }

  /// Finds what each number is; returns an input of which one is something else.
  private mutating func follow(_ views: [Int: StepView], _ importer: StepImporter) -> Int? {
    let claimed = Set(importer.claims.keys.compactMap(\.input))
    var found: [Int: [PastValue?]] = views.mapValues { Array(repeating: nil, count: $0.count) }
    for input in views.keys.sorted() {
      for index in 0..<(views[input]?.count ?? 0) {
        var path: [(input: Int, index: Int)] = []
        var (place, end): ((input: Int, index: Int)?, PastValue) = ((input, index), .zero)
        while let (own, number) = place, let view = views[own] {
          if let known = found[own]?[number] {
            end = known
            break
          }
          // A number that only ever becomes itself stays zero.
          found[own]?[number] = .zero
          path.append((own, number))
          let next = importer.settled(view.elements[number])
          place = next.input.map { ($0, Int(next.index)) }
          if let source = next.input, views[source] != nil { continue }
          guard next.cellLayer == nil, !(next.input.map(claimed.contains) ?? false) else {
            return input
          }
          if next.source != StepElement.zeros { end = .value(next, steps: 0) }
          break
        }
        for (own, number) in path.reversed() {
          if case .value(let element, let steps) = end {
            end = .value(element, steps: steps + 1)
          }
          found[own]?[number] = end
        }
      }
    }
    values = found.mapValues { $0.map { $0 ?? .zero } }
    return nil
  }

  /// The numbers that `source` holds where it moves past values about, or is a state of them.
  func elements(of source: Int, _ importer: StepImporter) -> [StepElement]? {
    if source >= 0 { return moved[source] }
    guard source < -1, let own = values[-2 - source] else { return nil }
    return own.indices.map { StepElement(source: Int32(source), index: Int32($0)) }
  }

  /// What `element` is; nil where it is no past value.
  func value(of element: StepElement) -> PastValue? {
    element.input.flatMap { values[$0]?[Int(element.index)] }
  }

  /// The states that would have to be known before they are computed: sums over time, and cells of other
  /// kinds.
  private func circular(_ importer: StepImporter) -> Set<Int> {
    // What each layer waits for, and through which states.
    typealias Wait = (layers: Set<Int>, states: Set<Int>)
    var known: [Int: Wait] = [:]
    let waits = importer.layers.layers.indices.map { layer in
      importer.layers.inputs(of: layer).map { source -> Wait in
        if let wait = known[source] { return wait }
        let wait = self.sources(of: source, importer)
        known[source] = wait
        return wait
      }
    }
    var isDone = waits.map { _ in false }
    var places: [Int: Int] = [:]
    for start in waits.indices where !isDone[start] {
      var path: [(layer: Int, edges: [(target: Int, states: Set<Int>)], next: Int)] = []
      func edges(_ layer: Int) -> [(target: Int, states: Set<Int>)] {
        waits[layer].flatMap { wait in wait.layers.sorted().map { ($0, wait.states) } }
      }
      path.append((start, edges(start), 0))
      places[start] = 0
      while let last = path.last {
        guard last.next < last.edges.count else {
          isDone[last.layer] = true
          places[last.layer] = nil
          path.removeLast()
          continue
        }
        path[path.count - 1].next += 1
        let target = last.edges[last.next].target
        if let first = places[target] {
          return path[first...].reduce(into: []) { $0.formUnion($1.edges[$1.next - 1].states) }
        }
        guard !isDone[target] else { continue }
        places[target] = path.count
        path.append((target, edges(target), 0))
      }
    }
    return []
  }

  /// The layers that have to be known where `source` is read, and the states through which they are.
  private func sources(
    of source: Int, _ importer: StepImporter
  ) -> (layers: Set<Int>, states: Set<Int>) {
    guard let elements = elements(of: source, importer) else {
      return (source >= 0 ? [source] : [], [])
    }
    var result: (layers: Set<Int>, states: Set<Int>) = ([], [])
    for element in elements {
      var own = element
      if let value = value(of: element) {
        guard case .value(let before, _) = value else { continue }
        own = before
        if let input = element.input { result.states.insert(input) }
      }
      if own.source >= 0 { result.layers.insert(Int(own.source)) }
    }
    return result
  }
}

extension StepImporter {
  /// What `element` is behind layers that only pick.
  func settled(_ element: StepElement) -> StepElement {
    var element = element
    while let source = pick(element) { element = source }
    return element
  }

  /// Of the layers that only pick, and some of it from certain inputs, what they hold.
  func moved(from isOfInput: (Int) -> Bool) -> [Int: [StepElement]] {
    var moved: [Int: [StepElement]] = [:]
    for layer in layers.layers.indices {
      switch layers[layer].operation {
      case .slice, .concatenate, .gather: break
      default: continue
      }
      let reads = layers.inputs(of: layer)
      guard
        reads.contains(where: { moved[$0] != nil || $0 < -1 && isOfInput(-2 - $0) })
      else { continue }
      moved[layer] = (0..<layers[layer].outputSize).map { index in
        let element = StepElement(source: Int32(layer), index: Int32(index))
        guard let source = pick(element) else {
          return StepElement(source: StepElement.zeros, index: 0)
        }
        return moved[Int(source.source)]?[Int(source.index)] ?? source
      }
    }
    return moved
  }
}
