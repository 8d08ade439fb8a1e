import SluiceConversion
import SluiceImport
import SluiceNetwork

/// Runs a converted model over whole arrays, as its interface says, in Double.
struct ModelRunner {
  let model: ConvertedModel
  private var sizes: [ModelInterface.Axis: Int] = [.one: 1, .time: 1, .batch: 1, .feature: 1]

  init(_ model: ConvertedModel) { self.model = model }

  /// The outputs for `input`, shaped as the source shapes them.
  mutating func run(_ input: Tensor) -> [(shape: [Int], values: [Double])] {
    var axes = model.interface.inputs.compactMap { input -> [ModelInterface.Axis]? in
      if case .sequence(let axes) = input.role { axes } else { nil }
    }[0]
    // Several sequences stand along an axis before those of one.
    let isStacked = axes.count + 1 == input.shape.count && !axes.contains(.batch)
    if isStacked { axes.insert(.batch, at: 0) }
    func stacked(_ axes: [ModelInterface.Axis]) -> [ModelInterface.Axis] {
      !axes.contains(.batch) && (isStacked || axes == [.feature]) ? [.batch] + axes : axes
    }
    precondition(axes.count == input.shape.count, "as many axes as the interface says")
    for (axis, size) in zip(axes, input.shape) { sizes[axis] = size }
    let values = input.doubles
    var position: [ModelInterface.Axis: Int] = [:]
    func element(_ feature: Int) -> Double {
      position[.feature] = feature
      return values[zip(axes, input.shape).reduce(0) { $0 * $1.1 + (position[$1.0] ?? 0) }]
    }
    /// [batch][time][feature], and final states as [batch][layer][unit].
    var steps: [[[Double]]] = []
    var hidden: [[[Double]]] = []
    var cell: [[[Double]]] = []
    var network = ReferenceNetwork<Double>(model.network)
    for batch in 0..<sizes[.batch]! {
      network.reset()
      for state in model.interface.initialStates {
        if state.hidden.count > 1 {
          network.hidden[state.layer] = state.hidden[batch].map { Double($0) }
        }
        if state.cell.count > 1 {
          network.cell[state.layer] = state.cell[batch].map { Double($0) }
        }
      }
      position[.batch] = batch
      let count = model.interface.lengths?[batch] ?? sizes[.time]!
      let rows = (0..<count).map { time in
        position[.time] = time
        return (0..<(model.network.readsIDs ? 1 : sizes[.feature]!)).map(element)
      }
      let written =
        model.network.readsIDs
        ? network.process(ids: rows.map { Int($0[0]) }) : network.process(rows)
      let padding = [Double](repeating: 0, count: model.network.outputSize)
      steps.append(
        written[written.count - 1] + Array(repeating: padding, count: sizes[.time]! - count))
      hidden.append(count > 0 ? network.hidden : network.hidden.map { $0.map { _ in 0 } })
      cell.append(count > 0 ? network.cell : network.cell.map { $0.map { _ in 0 } })
    }
    return model.interface.outputs.compactMap { output in
      let own = output.features ?? 0..<model.network.outputSize
      let result: (shape: [Int], values: [Double])? =
        switch output.role {
        case .sequence(let axes) where axes.contains(.layer):
          // Two directions, side by side.
          assemble(axes, layers: output.layerCount, features: own.count / output.layerCount) {
            let first = own.lowerBound + $0[.layer]! * own.count / output.layerCount
            return steps[$0[.batch]!][$0[.time]!][first + $0[.feature]!]
          }
        case .sequence(let axes):
          assemble(stacked(axes), layers: 1, features: own.count) {
            steps[$0[.batch]!][$0[.time]!][own.lowerBound + $0[.feature]!]
          }
        case .last(let axes) where axes.contains(.layer):
          // Steps, or two directions, side by side.
          assemble(
            axes, layers: output.layerCount, time: 1, features: own.count / output.layerCount
          ) {
            let first = own.lowerBound + $0[.layer]! * own.count / output.layerCount
            return steps[$0[.batch]!].last![first + $0[.feature]!]
          }
        case .last(let axes):
          assemble(stacked(axes), layers: 1, time: 1, features: own.count) {
            steps[$0[.batch]!].last![own.lowerBound + $0[.feature]!]
          }
        case .finalHidden(let layers, let axes):
          assemble(axes, layers: layers.count, features: hidden[0][layers[0]].count) {
            hidden[$0[.batch]!][layers[$0[.layer]!]][$0[.feature]!]
          }
        case .state: nil
        case .finalCell(let layers, let axes):
          assemble(axes, layers: layers.count, features: cell[0][layers[0]].count) {
            cell[$0[.batch]!][layers[$0[.layer]!]][$0[.feature]!]
          }
        }
      guard let result, let counts = output.merged else { return result }
      var rest = result.shape[...]
      let shape = counts.map { count in
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count).reduce(1, *)
      }
      return (shape, result.values)
    }
  }

  private func assemble(
    _ axes: [ModelInterface.Axis], layers: Int, time: Int? = nil, features: Int,
    _ element: ([ModelInterface.Axis: Int]) -> Double
  ) -> (shape: [Int], values: [Double]) {
    var sizes = sizes
    sizes[.layer] = layers
    sizes[.feature] = features
    if let time { sizes[.time] = time }
    let shape = axes.map { sizes[$0]! }
    let values = (0..<shape.reduce(1, *)).map { index in
      var position: [ModelInterface.Axis: Int] = [
        .batch: 0, .time: 0, .feature: 0, .layer: 0, .one: 0,
      ]
      var rest = index
      for (axis, size) in zip(axes, shape).reversed() {
        position[axis] = rest % size
        rest /= size
      }
      return element(position)
    }
    return (shape, values)
  }
}
