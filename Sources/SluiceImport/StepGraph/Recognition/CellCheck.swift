import SluiceNetwork

/// Runs a cell that was found beside the small operators that it was found in, both in float64.
struct CellCheck {
  private var reference: ReferenceNetwork<Double>
  private let inputs: [StepInput]
  private let layers: LayerList
  private var random = Random()
  /// Products of one look at every layer, which bounds what a look at a cell costs.
  private let cost: Int

  /// How far both may be apart, in parts of 1 or of a greater value.
  static let tolerance = 1e-5

  init(_ importer: StepImporter) {
    layers = importer.layers
    inputs = importer.inputs
    cost = importer.layers.layers.reduce(1) { $0 + ($1.weightRows?.count ?? $1.outputSize) }
    reference = ReferenceNetwork(
      Network(layers: importer.layers.layers, provenance: importer.provenance))
  }

  /// Whether both compute the same from states drawn at scales of 0.1, 1 and 10.
  ///
  /// - Parameter trials: how many; fewer where the layers are large.
  mutating func confirms(_ cell: FoundCell, trials: Int = 1000) -> Bool {
    for trial in 0..<max(30, min(trials, (1 << 28) / cost)) {
      let scale = [0.1, 1, 10][trial % 3]
      guard agrees(cell, scale: scale) else { return false }
    }
    return true
  }

  private mutating func agrees(_ cell: FoundCell, scale: Double) -> Bool {
    var values: [Int: [Double]] = [:]
    for (index, input) in inputs.enumerated() {
      values[-2 - index] = random.doubles(input.count, scale: scale)
    }
    for source in cell.sources where source.layer >= 0 {
      values[source.layer] = random.doubles(source.size, scale: scale)
    }
    func state(_ elements: [StepElement]) -> [Double] {
      elements.map { values[Int($0.source)]?[Int($0.index)] ?? .nan }
    }
    let x = cell.sources.flatMap { values[$0.layer] ?? [] }
    let (h, c) = (state(cell.hidden), state(cell.cellState))
    let expected = [cell.output, cell.cell].compactMap { $0 }.flatMap { part in
      evaluate(part.layer, &values)[part.start..<part.start + part.count]
    }
    var own = ReferenceNetwork<Double>(
      Network(
        layers: [Network.Layer(name: "cell", operation: .recurrent(cell.layer))],
        provenance: reference.network.provenance))
    own.hidden[0] = h
    if !c.isEmpty { own.cell[0] = c }
    let found = own.step(x) + (c.isEmpty ? [] : own.cell[0])
    guard found.count == expected.count else { return false }
    return zip(found, expected).allSatisfy { a, b in
      (a - b).magnitude <= Self.tolerance * max(1, b.magnitude)
    }
  }

  /// Whether both of each pair compute the same of what is drawn for the first input, all others zero.
  mutating func agree(_ pairs: [(StepView, StepView)], scale: Double) -> Bool {
    var values: [Int: [Double]] = [:]
    for (index, input) in inputs.enumerated() {
      values[-2 - index] =
        index == 0
        ? random.doubles(input.count, scale: scale) : Array(repeating: 0, count: input.count)
    }
    for (a, b) in pairs {
      guard a.count == b.count,
        (a.elements + b.elements).allSatisfy({
          $0.input != nil || $0.cellLayer == nil && $0.source >= 0
        })
      else { return false }
      for (left, right) in zip(a.elements, b.elements) {
        let x = evaluate(Int(left.source), &values)[Int(left.index)]
        let y = evaluate(Int(right.source), &values)[Int(right.index)]
        guard (x - y).magnitude <= Self.tolerance * max(1, y.magnitude) else { return false }
      }
    }
    return true
  }

  /// What a layer writes, and all that it needs for it.
  private mutating func evaluate(_ index: Int, _ values: inout [Int: [Double]]) -> [Double] {
    if let value = values[index] { return value }
    var order: [Int] = []
    var rest = [index]
    var seen: Set<Int> = []
    while let next = rest.popLast() {
      guard values[next] == nil, seen.insert(next).inserted else { continue }
      order.append(next)
      rest += layers.inputs(of: next)
    }
    for layer in order.sorted() {
      values[layer] = reference.evaluate(
        layer, layers.inputs(of: layer).map { values[$0] ?? [] })
    }
    return values[index] ?? []
  }

  /// The same numbers at every conversion.
  private struct Random {
    private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

    mutating func doubles(_ count: Int, scale: Double) -> [Double] {
      (0..<count).map { _ in
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return (Double(state >> 11) * 0x1p-53 * 2 - 1) * scale
      }
    }
  }
}
