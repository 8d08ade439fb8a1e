import Sluice
import SluiceBlob
import SluiceNetwork

/// Gates, C and h of the recurrent layers of a running stream, step by step.
///
/// h and C are read from the stream. The gates are those of a cell in float64 on the blob's own weights, which at
/// each step is fed with what the stream held: the layer's x, h(t-1) and C(t-1). What that cell makes of them is
/// compared with the h and C that the stream holds then.
package struct GateTrace: Sendable {
  /// Numbers of a layer that are recorded at each step.
  package struct Signal: Sendable {
    /// The field's letter: i, f, g and o, r, z and n, C, h.
    package let name: String
    /// Numbers at a step.
    package let size: Int
    /// Where they begin in a step's row.
    let start: Int
  }

  /// One recurrent layer.
  package struct Layer: Sendable {
    package let name: String
    /// Its index among the blob's records.
    package let index: Int
    package let record: LayerRecord
    /// The gates, then of an LSTM C, then h.
    package let signals: [Signal]
    /// The stream's h(t) against that of the cell in float64.
    package fileprivate(set) var hidden = ErrorStatistics()
    /// The same of C(t).
    package fileprivate(set) var cell = ErrorStatistics()
    fileprivate let recurrent: Network.Recurrent
    fileprivate let source: Int
    /// h(t-1) and C(t-1) as the stream held them.
    fileprivate var before: (hidden: [Double], cell: [Double]) = ([], [])
  }

  /// The layers that are recorded.
  package private(set) var layers: [Layer] = []
  /// Recurrent layers over the columns of a step, which have many states or none: not recorded.
  package private(set) var others: [String] = []
  /// Steps so far.
  package private(set) var steps = 0
  /// What the model wrote at each step, `[steps][outputSize]`.
  package private(set) var outputs: [[Float]] = []
  /// `[steps, row]`, a row all signals of all layers.
  private(set) var values: [Float] = []
  private var row = 0
  /// Of an embedding that the model begins with.
  private let table: (weights: [Float], size: Int)?

  /// A trace without a step.
  ///
  /// - Parameter file: the blob's name, for errors.
  /// - Throws: `ConversionError` where a layer reads backwards, and where no layer carries a state.
  package init(_ contents: BlobContents, file: String) throws(ConversionError) {
    let first = contents.layers.first
    table = first.flatMap { first in
      first.record.kind == .embedding ? (first.matrices.input, first.record.outputSize) : nil
    }
    for (index, layer) in contents.layers.enumerated() {
      guard let recurrent = layer.recurrent else { continue }
      guard layer.record.direction == .forward else {
        throw .unsupported(
          file, "layer \(quotable(layer.name))",
          "reads the whole sequence, which leaves no state to read between its steps; expected a model "
            + "whose layers all read forwards")
      }
      guard !layer.record.isOverColumns else {
        others.append(layer.name)
        continue
      }
      append(recurrent, layer, index)
    }
    guard !layers.isEmpty else {
      throw .unsupported(
        file, "",
        "no recurrent layer carries one state from step to step; expected a model with an LSTM, GRU or RNN"
      )
    }
  }

  private mutating func append(
    _ recurrent: Network.Recurrent, _ layer: BlobContents.Layer, _ index: Int
  ) {
    var signals: [Signal] = []
    func add(_ name: String, _ size: Int) {
      signals.append(Signal(name: name, size: size, start: row))
      row += size
    }
    for name in recurrent.cell.gateNames { add(name, recurrent.hiddenSize) }
    if recurrent.cell == .lstm { add("C", recurrent.hiddenSize) }
    add("h", recurrent.outputSize)
    let record = layer.record
    layers.append(
      Layer(
        name: layer.name, index: index, record: record, signals: signals, recurrent: recurrent,
        source: record.inputs.count == 0 ? index - 1 : record.inputs[0]))
  }

  /// Notes the states of `stream` before a step.
  package mutating func willStep(_ stream: borrowing ModelStream) {
    for index in layers.indices { layers[index].before = layers[index].state(of: stream) }
  }

  /// Records the step that `stream` took from x, `[inputSize]`, and in which the model wrote `output`.
  package mutating func didStep(
    _ stream: borrowing ModelStream, x: [Float], output: [Float]
  ) {
    for index in layers.indices {
      let source = layers[index].source
      let read: [Float]
      if source < 0 {
        read = x
      } else if source == 0, table != nil {
        read = x
      } else {
        read = Self.output(ofLayer: source, stream)
      }
      record(index, read.map(Double.init), stream)
    }
    outputs.append(output)
    steps += 1
  }

  /// The same of a step from a token that the model has.
  package mutating func didStep(
    _ stream: borrowing ModelStream, token: Int, output: [Float]
  ) {
    guard let table else { preconditionFailure("the model reads features") }
    didStep(
      stream, x: Array(table.weights[token * table.size..<(token + 1) * table.size]),
      output: output)
  }

  private static func output(ofLayer layer: Int, _ stream: borrowing ModelStream) -> [Float] {
    var output: [Float] = []
    guard stream.copyOutput(ofLayer: layer, into: &output) else {
      preconditionFailure("a layer that another one reads keeps what it wrote")
    }
    return output
  }

  private mutating func record(
    _ index: Int, _ x: [Double], _ stream: borrowing ModelStream
  ) {
    let layer = layers[index]
    let step = ReferenceNetwork<Double>.step(
      of: layer.recurrent, x, hidden: layer.before.hidden, cell: layer.before.cell)
    let held = layer.state(of: stream)
    let gates =
      step.gates.isEmpty
      ? Array(
        repeating: Float.nan,
        count: layer.recurrent.cell.gateNames.count * layer.recurrent.hiddenSize)
      : step.gates.flatMap { $0.map(Float.init) }
    values += gates
    values += held.cell.map(Float.init)
    values += held.hidden.map(Float.init)
    for (value, wanted) in zip(held.hidden, step.hidden) {
      layers[index].hidden.note(value, wanted, step: steps)
    }
    for (value, wanted) in zip(held.cell, step.cell) {
      layers[index].cell.note(value, wanted, step: steps)
    }
  }

  /// A signal at a step, `[size]`.
  package func values(of signal: Signal, at step: Int) -> ArraySlice<Float> {
    values[step * row + signal.start..<step * row + signal.start + signal.size]
  }
}

extension GateTrace.Layer {
  /// h and C as the stream holds them.
  fileprivate func state(of stream: borrowing ModelStream) -> (hidden: [Double], cell: [Double]) {
    var (hidden, cell): ([Float], [Float]) = ([], [])
    stream.copyHidden(ofLayer: index, into: &hidden)
    stream.copyCell(ofLayer: index, into: &cell)
    return (hidden.map(Double.init), cell.map(Double.init))
  }

  /// The signal of that name; nil where the layer has none.
  package func signal(_ name: String) -> GateTrace.Signal? { signals.first { $0.name == name } }

  /// The gate that keeps what was there: f of an LSTM, z of a GRU; nil of an Elman network.
  package var keeping: GateTrace.Signal? {
    switch recurrent.cell {
    case .lstm: signal("f")
    case .gru: signal("z")
    case .rnn: nil
    }
  }
}
