import SluiceConversion
import SluiceNetwork

/// One signal of a layer over the steps of a sequence: a row for some steps, a column for some units.
struct GateMap {
  let layer: GateTrace.Layer
  let signal: GateTrace.Signal
  /// What each row stands for.
  let labels: [String]
  /// The mean over the units and steps of each place, `[rows][columns]`; NaN where there is none.
  let cells: [[Double]]
  /// The least and the greatest of the cells; 0 where there are none.
  let range: (least: Double, greatest: Double)
  /// The mean over all units of each row.
  let means: [Double]
  /// The share of each row in the layer's last state; nil where a layer has no such shares.
  let shares: [Double]?
  /// The model's answer behind each row; nil where it has several.
  let answers: [Double]?
  /// Units of a column, the last one's excepted, and steps of a row.
  let unitsOfColumn: Int
  let stepsOfRow: Int

  /// The map of `signal`; of a signal that may be negative, of its magnitude.
  ///
  /// - Parameters:
  ///   - labels: one a step.
  ///   - rows: at most so many; steps share rows where there are more.
  ///   - columns: at most so many; units share columns where there are more.
  init(
    _ signal: GateTrace.Signal, of layer: GateTrace.Layer, in trace: GateTrace,
    labels: [String], answers: [Double]?, rows: Int, columns: Int
  ) {
    (self.layer, self.signal) = (layer, signal)
    unitsOfColumn = (signal.size + columns - 1) / columns
    stepsOfRow = max((trace.steps + rows - 1) / rows, 1)
    let (width, height) = (unitsOfColumn, stepsOfRow)
    let groups = stride(from: 0, to: trace.steps, by: height).map {
      $0..<min($0 + height, trace.steps)
    }
    let units = stride(from: 0, to: signal.size, by: width).map {
      $0..<min($0 + width, signal.size)
    }
    let values = groups.map { steps in
      (0..<signal.size).map { unit in
        Self.mean(
          steps.map { step in
            let values = trace.values(of: signal, at: step)
            return Double(values[values.startIndex + unit].magnitude)
          })
      }
    }
    cells = values.map { row in units.map { Self.mean(Array(row[$0])) } }
    let found = cells.flatMap(\.self).filter(\.isFinite)
    range = (found.min() ?? 0, found.max() ?? 0)
    means = values.map(Self.mean)
    let all = trace.shares(of: layer)
    shares = all.map { all in groups.map { all[$0].reduce(0, +) } }
    self.answers = answers.map { answers in groups.map { answers[$0.upperBound - 1] } }
    self.labels = groups.map { steps in
      steps.count == 1 ? labels[steps.lowerBound] : "\(labels[steps.lowerBound]) on"
    }
  }

  /// The mean of those that are numbers.
  private static func mean(_ values: [Double]) -> Double {
    let values = values.filter { !$0.isNaN }
    return values.isEmpty ? .nan : values.reduce(0, +) / Double(values.count)
  }

  /// Where a value lies in the range, from 0 to 1.
  func level(_ value: Double) -> Double {
    let (least, greatest) = range
    return greatest > least ? min(max((value - least) / (greatest - least), 0), 1) : 1
  }

  /// "lstm: LSTM, 24 -> 64".
  var heading: String {
    let record = layer.record
    return "\(layer.name.printable): \(record.title), \(record.inputShape) -> \(record.outputShape)"
  }

  /// The titles of a row's numbers.
  var titles: [String] {
    ["mean"] + (shares == nil ? [] : ["in \(layer.signal("C") == nil ? "h" : "C")"])
      + (answers == nil ? [] : ["answer"])
  }

  /// A row's numbers.
  func numbers(_ row: Int) -> [String] {
    [means[row].isNaN ? "-" : means[row].fixed(3)]
      + (shares.map { ["\(($0[row] * 100).fixed(1)) %"] } ?? [])
      + (answers.map { [$0[row].fixed(3)] } ?? [])
  }

  /// What the signal is called, and what a place of the map holds.
  var caption: String {
    let name = layer.fullName(of: signal)
    let units =
      unitsOfColumn == 1 ? "a column for each unit" : "a column for \(unitsOfColumn) units"
    let steps = stepsOfRow == 1 ? "" : ", a row for \(stepsOfRow) steps"
    return "\(name), \(units)\(steps)"
  }
}

extension GateTrace.Layer {
  /// What the field calls a signal.
  func fullName(of signal: GateTrace.Signal) -> String {
    switch signal.name {
    case "i": "input gate i"
    case "f": "forget gate f"
    case "g": "candidate |g|"
    case "o": "output gate o"
    case "r": "reset gate r"
    case "z": "update gate z"
    case "n": "candidate |n|"
    case "C": "cell state |C|"
    default: "hidden state |h|"
    }
  }

  /// The cell's equations, as the field writes them.
  var equations: [String] {
    switch record.kind {
    case .lstm:
      [
        "f, i, o = sigmoid(W [h(t-1), x(t)] + b), g = tanh(W [h(t-1), x(t)] + b)",
        "C(t) = f * C(t-1) + i * g, h(t) = o * tanh(C(t))",
      ]
    case .gru:
      [
        "r, z = sigmoid(W [h(t-1), x(t)] + b), "
          + (record.variant == .resetBefore
            ? "n = tanh(W x(t) + U (r * h(t-1)) + b)"
            : "n = tanh(W x(t) + b + r * (U h(t-1) + c))"),
        "h(t) = (1 - z) * n + z * h(t-1)",
      ]
    default: ["h(t) = f(W [h(t-1), x(t)] + b), f = \(record.candidateActivation)"]
    }
  }
}
