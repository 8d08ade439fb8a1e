import Sluice
import SluiceBlob

/// What a model did over an array: its outputs at every step and its last states.
struct Recording {
  /// Steps of each sequence.
  let steps: Int
  /// y, `[batch][step][outputSize]`.
  private(set) var outputs: [[[Float]]] = []
  /// h after the last step, `[batch][layer][hiddenSize]`; empty for a layer without.
  private(set) var hidden: [[[Float]]] = []
  /// C after the last step, `[batch][layer][hiddenSize]`; empty for a layer without.
  private(set) var cell: [[[Float]]] = []
  /// Whether a block of steps gave the bits that the steps one by one gave.
  private(set) var blockMatches = true

  /// Runs every sequence from the initial state, a step at a time and as a block.
  init(_ blob: OpenBlob, _ array: SequenceArray, layers: Int) {
    steps = array.steps
    for sequence in array.sequences {
      blob.stream.reset()
      let rows = (0..<steps).map { blob.step(sequence, $0) }
      outputs.append(rows)
      hidden.append(
        (0..<layers).map { layer in
          var h: [Float] = []
          blob.stream.copyHidden(ofLayer: layer, into: &h)
          return h
        })
      cell.append(
        (0..<layers).map { layer in
          var c: [Float] = []
          blob.stream.copyCell(ofLayer: layer, into: &c)
          return c
        })
      let block = blob.stream.run(sequence, of: blob.model, steps: steps)
      let expected = blob.model.output == .last ? rows[steps - 1] : rows.flatMap(\.self)
      blockMatches =
        blockMatches && block.map(\.bitPattern) == expected.map(\.bitPattern)
    }
  }

  /// Compares one output of the source with what it should be.
  func compare(
    _ output: ModelInterface.Output, with expected: Tensor, _ settings: ConformanceSettings,
    into outcome: inout ConformanceData.Outcome
  ) {
    let (axes, rows) = rows(of: output.role, rank: expected.shape.count)
    let shape = axes.map { axis in
      switch axis {
      case .time: rows[0].count
      case .batch: rows.count
      case .layer: rows[0][0].count
      case .feature: rows[0][0][0].count
      case .one: 1
      }
    }
    guard shape == expected.shape, let layout = AxisLayout(axes: axes, shape: shape),
      axes.contains(.batch) || rows.count == 1
    else {
      outcome.message =
        outcome.message
        ?? "output '\(quotable(output.name))' has the shape \(shape); expected \(expected.shape)"
      return
    }
    let wanted = expected.doubles
    for (batch, steps) in rows.enumerated() {
      for (time, layers) in steps.enumerated() {
        for (layer, features) in layers.enumerated() {
          for (feature, value) in features.enumerated() {
            let at = layout.offset(time: time, batch: batch, layer: layer, feature: feature)
            outcome.note(Double(value), wanted[at], at: at, of: output.name, settings)
          }
        }
      }
    }
  }

  /// The output's axes, and its numbers as `[batch][time][layer][feature]`.
  private func rows(
    of role: ModelInterface.Output.Role, rank: Int
  ) -> (axes: [ModelInterface.Axis], rows: [[[[Float]]]]) {
    switch role {
    case .sequence(let axes): (batched(axes, rank), outputs.map { $0.map { [$0] } })
    case .last(let axes): (batched(axes, rank), outputs.map { [[$0[steps - 1]]] })
    case .finalHidden(let layers, let axes):
      (batched(axes, rank), hidden.map { all in [layers.map { all[$0] }] })
    case .finalCell(let layers, let axes):
      (batched(axes, rank), cell.map { all in [layers.map { all[$0] }] })
    case .state: ([], [])
    }
  }

  /// An axis of sequences may stand before `axes` where they have none, as for the inputs.
  private func batched(_ axes: [ModelInterface.Axis], _ rank: Int) -> [ModelInterface.Axis] {
    rank == axes.count + 1 && !axes.contains(.batch) ? [.batch] + axes : axes
  }
}

extension ConformanceData.Outcome {
  /// Takes one number into account.
  mutating func note(
    _ value: Double, _ expected: Double, at index: Int, of output: String,
    _ settings: ConformanceSettings
  ) {
    if value == expected || (value.isNaN && expected.isNaN) { return }
    let error = (value - expected).magnitude
    worst = max(worst, error.isNaN ? .infinity : error)
    let allowed =
      settings.absoluteTolerance + settings.relativeTolerance * expected.magnitude
    guard !(error <= allowed), message == nil else { return }
    message =
      "output '\(quotable(output))', element \(index): \(Float(value)) for the expected \(Float(expected))"
  }
}
