@testable import SluiceConversion

/// Runs a converted model over whole arrays, as its interface says, in Double.
struct ModelRunner {
  let model: ConvertedModel
  private var sizes: [ModelInterface.Axis: Int] = [.one: 1, .time: 1, .batch: 1, .feature: 1]

  init(_ model: ConvertedModel) { self.model = model }

  /// The outputs for `input`, shaped as the source shapes them.
  mutating func run(_ input: Tensor) -> [(shape: [Int], values: [Double])] {
    let axes = model.interface.inputs.compactMap { input -> [ModelInterface.Axis]? in
      if case .sequence(let axes) = input.role { axes } else { nil }
    }[0]
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
      position[.batch] = batch
      steps.append(
        (0..<sizes[.time]!).map { time in
          position[.time] = time
          if model.network.readsIDs { return network.step(id: Int(element(0))) }
          return network.step((0..<sizes[.feature]!).map(element))
        })
      hidden.append(network.hidden)
      cell.append(network.cell)
    }
    return model.interface.outputs.compactMap { output in
      switch output.role {
      case .sequence(let axes):
        assemble(axes, layers: 1) { steps[$0[.batch]!][$0[.time]!][$0[.feature]!] }
      case .last(let axes):
        assemble(axes, layers: 1, time: 1) { steps[$0[.batch]!].last![$0[.feature]!] }
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
    }
  }

  private func assemble(
    _ axes: [ModelInterface.Axis], layers: Int, time: Int? = nil, features: Int? = nil,
    _ element: ([ModelInterface.Axis: Int]) -> Double
  ) -> (shape: [Int], values: [Double]) {
    var sizes = sizes
    sizes[.layer] = layers
    sizes[.feature] = features ?? model.network.outputSize
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
