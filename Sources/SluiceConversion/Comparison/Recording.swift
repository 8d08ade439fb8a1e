import Sluice
import SluiceBlob
import SluiceImport
import SluiceNetwork

/// What a model did over an array: its outputs at every step and its last states.
package struct Recording {
  /// Steps of each sequence.
  let steps: Int
  /// Steps that each sequence has.
  private var counts: [Int] = []
  /// y, `[batch][step][outputSize]`.
  private(set) var outputs: [[[Float]]] = []
  /// h after the last step, `[batch][layer][hiddenSize]`; empty for a layer without.
  private(set) var hidden: [[[Float]]] = []
  /// C after the last step, `[batch][layer][hiddenSize]`; empty for a layer without.
  private(set) var cell: [[[Float]]] = []
  /// Whether a block of steps gave the bits that the steps one by one gave.
  private(set) var blockMatches = true

  /// Runs every sequence from its initial state, a step at a time and as a block; as a block alone
  /// where a layer reads backwards.
  ///
  /// - Parameter asRun: what `run` gives of the array, with which the steps are compared; nil for a
  ///   block of each sequence, as where sequences have lengths or states of their own.
  init(
    _ blob: OpenBlob, _ array: SequenceArray, layers: Int, _ interface: ModelInterface,
    asRun: Tensor?
  ) {
    steps = array.steps
    let (size, yieldsLast) = (blob.model.outputSize, blob.model.output == .last)
    for (index, sequence) in array.sequences.enumerated() {
      let count = interface.lengths?[index] ?? steps
      let sequence = sequence.prefix(count)
      counts.append(count)
      var rows: [[Float]] = []
      var block: [Float] = []
      blob.begin(interface.initialStates, of: index)
      if let asRun, blob.model.isStreamable {
        let length = asRun.count / array.sequences.count
        block = Array(asRun.floats[index * length..<(index + 1) * length])
      } else if count > 0 {
        block = blob.stream.goOn(sequence, of: blob.model, steps: count)
      }
      if blob.model.isStreamable {
        blob.begin(interface.initialStates, of: index)
        rows = (0..<count).map { blob.step(sequence, $0) }
        let expected = yieldsLast ? rows.last ?? [] : rows.flatMap(\.self)
        blockMatches =
          blockMatches && block.map(\.bitPattern) == expected.map(\.bitPattern)
      } else if yieldsLast {
        if count > 0 { rows = Array(repeating: [], count: count - 1) + [block] }
      } else {
        rows = (0..<count).map { Array(block[$0 * size..<($0 + 1) * size]) }
      }
      let padding = [Float](repeating: 0, count: size)
      outputs.append(rows + Array(repeating: padding, count: steps - count))
      hidden.append(
        (0..<layers).map { layer in
          var h: [Float] = []
          blob.stream.copyHidden(ofLayer: layer, into: &h)
          // A sequence without steps has no state to end in.
          return count > 0 ? h : h.map { _ in 0 }
        })
      cell.append(
        (0..<layers).map { layer in
          var c: [Float] = []
          blob.stream.copyCell(ofLayer: layer, into: &c)
          return count > 0 ? c : c.map { _ in 0 }
        })
    }
  }

  /// Compares one output of the source with what it should be.
  func compare(
    _ output: ModelInterface.Output, with expected: Tensor, _ settings: ConformanceSettings,
    into outcome: inout ConformanceData.Outcome
  ) {
    if case .state(let parts) = output.role {
      return compare(parts, of: output, with: expected, settings, into: &outcome)
    }
    let rank = expected.shape.count + (output.merged.map { $0.reduce(0) { $0 + $1 - 1 } } ?? 0)
    var (axes, rows) = rows(of: output, rank: rank)
    // Which parts of a row several axes of features are, only the source's array tells.
    func shape(_ axes: [ModelInterface.Axis]) -> [Int] {
      let isSplit = axes.count { $0 == .feature } > 1 && axes.count == expected.shape.count
      return axes.enumerated().map { index, axis in
        switch axis {
        case .feature where isSplit: expected.shape[index]
        case .time: rows[0].count
        case .batch: rows.count
        case .layer: rows[0][0].count
        case .feature: rows[0][0][0].count
        case .one: 1
        }
      }
    }
    // Rows of steps, of a source whose arrays have axes of one element besides, or no axis of steps.
    if case .sequence = output.role, output.merged == nil, rows.count == 1,
      expected.shape.count == 2, !axes.contains(.layer), shape(axes) != expected.shape,
      axes.count != 2 || !axes.contains(.time)
    {
      axes = [.time, .feature]
    }
    let shape = shape(axes)
    if case .last([.feature]) = output.role, rows.count == 1,
      Self.isReshape(shape, of: expected.shape)
    {
      // The features of one step, on whatever axes: a source without a graph does not tell them.
      for (index, (value, wanted)) in zip(rows[0][0][0], expected.doubles).enumerated() {
        outcome.note(Double(value), wanted, at: index, of: output.name, settings)
      }
      return
    }
    let isMerged = axes.count == rank
    let found = isMerged ? output.merged.map { Self.merging(shape, $0) } ?? shape : shape
    guard found == expected.shape, let layout = AxisLayout(axes: axes, shape: shape),
      layout.size(of: .feature) == rows[0][0][0].count,
      axes.contains(.batch) || rows.count == 1
    else {
      outcome.message =
        outcome.message
        ?? "output '\(quotable(output.name))' has the shape \(found); expected \(expected.shape)"
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

  /// Whether a row of features is as many numbers as there are in other axes.
  package static func isReshape(_ shape: [Int], of expected: [Int]) -> Bool {
    let count = expected.reduce(1, *)
    return shape != expected && shape.reduce(1, *) == count && shape.last == count
  }

  /// Sizes multiplied by groups of as many as `counts` says.
  private static func merging(_ shape: [Int], _ counts: [Int]) -> [Int] {
    var rest = shape[...]
    return counts.map { count in
      defer { rest = rest.dropFirst(count) }
      return rest.prefix(count).reduce(1, *)
    }
  }

  /// Compares what is left behind after the last step of a single sequence.
  private func compare(
    _ parts: [ModelInterface.Output.StatePart], of output: ModelInterface.Output,
    with expected: Tensor, _ settings: ConformanceSettings,
    into outcome: inout ConformanceData.Outcome
  ) {
    guard !parts.isEmpty else {
      outcome.message =
        outcome.message
        ?? "output '\(quotable(output.name))' keeps past values, which cannot be read"
      return
    }
    let values = parts.flatMap { part in
      let state = part.isCell ? cell[0][part.layer] : hidden[0][part.layer]
      return part.unit.map { [state[$0]] } ?? state
    }
    guard values.count == expected.count, outputs.count == 1 else {
      outcome.message =
        outcome.message
        ?? "output '\(quotable(output.name))' has \(values.count) elements; expected \(expected.count)"
      return
    }
    for (index, wanted) in expected.doubles.enumerated() {
      outcome.note(Double(values[index]), wanted, at: index, of: output.name, settings)
    }
  }

  /// The output's axes, and its numbers as `[batch][time][layer][feature]`.
  private func rows(
    of output: ModelInterface.Output, rank: Int
  ) -> (axes: [ModelInterface.Axis], rows: [[[[Float]]]]) {
    func own(_ row: [Float], _ axes: [ModelInterface.Axis]) -> [[Float]] {
      parts(of: output.features.map { Array(row[$0]) } ?? row, axes, count: output.layerCount)
    }
    return switch output.role {
    case .sequence(let axes): (batched(axes, rank), outputs.map { $0.map { own($0, axes) } })
    case .last(let axes):
      (batched(axes, rank), zip(outputs, counts).map { [own($0[$1 - 1], axes)] })
    case .finalHidden(let layers, let axes):
      (batched(axes, rank), hidden.map { all in [layers.map { all[$0] }] })
    case .finalCell(let layers, let axes):
      (batched(axes, rank), cell.map { all in [layers.map { all[$0] }] })
    case .state: ([], [])
    }
  }

  /// The features of each direction or step, where the source has an axis for these.
  private func parts(
    of features: [Float], _ axes: [ModelInterface.Axis], count: Int
  ) -> [[Float]] {
    guard axes.contains(.layer) else { return [features] }
    let size = features.count / count
    return (0..<count).map { Array(features[$0 * size..<($0 + 1) * size]) }
  }

  /// An axis of sequences may stand before `axes` where they have none, or be left out, as for the inputs.
  private func batched(_ axes: [ModelInterface.Axis], _ rank: Int) -> [ModelInterface.Axis] {
    if rank + 1 == axes.count, outputs.count == 1 { return axes.filter { $0 != .batch } }
    return rank == axes.count + 1 && !axes.contains(.batch) ? [.batch] + axes : axes
  }
}

extension OpenBlob {
  /// Returns to the initial state, that of sequence `index` where sequences have their own.
  fileprivate func begin(_ states: [ModelInterface.InitialState], of index: Int) {
    stream.reset()
    for state in states {
      if state.hidden.count > 1 {
        let hidden = state.hidden[index]
        stream.setHidden(ofLayer: state.layer, to: hidden.span)
      }
      if state.cell.count > 1 {
        let cell = state.cell[index]
        stream.setCell(ofLayer: state.layer, to: cell.span)
      }
    }
  }
}

extension ConformanceData.Outcome {
  /// Takes one number into account.
  mutating func note(
    _ value: Double, _ expected: Double, at index: Int, of output: Name,
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
