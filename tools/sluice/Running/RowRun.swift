import Sluice
import SluiceConversion
import SluiceImport
import SluiceNetwork

/// Rows through a model, each result out as soon as it is known.
struct RowRun {
  private var source: RowSource
  private var missing: MissingValues
  private var row: [Double]
  private var sinks: RowSinks
  /// Rows that were taken.
  private(set) var count = 0
  /// The first output that is no finite number.
  private var wrong: (value: Float, place: String)?
  /// Gates and states of every step; nil where nobody asks for them.
  private(set) var trace: GateTrace?

  init(
    _ source: RowSource, _ missing: [MissingPolicy], _ sinks: RowSinks, trace: GateTrace? = nil
  ) {
    (self.source, self.sinks, self.trace) = (source, sinks, trace)
    self.missing = MissingValues(missing)
    row = [Double](repeating: 0, count: source.reader.columns)
  }

  /// Sequences, where the source counts them.
  var sequences: Int? { source.batch }

  /// What was missing so far.
  var missingCount: MissingCount { missing.count }

  /// Runs all of it.
  ///
  /// - Parameters:
  ///   - path: the model's.
  ///   - writesAll: whether outputs are put in place even where one is no finite number, which is an error after that.
  mutating func run(
    _ model: borrowing Model, _ path: String, writesAll: Bool = true
  ) throws(ToolError) {
    var steps = 0
    if model.isStreamable {
      var stream = try openStream(model, path)
      for sequence in 0..<(source.batch ?? 1) {
        steps = try takeSteps(of: sequence, model, &stream)
      }
    } else {
      // A model that reads backwards takes each sequence as a whole.
      for sequence in 0..<(source.batch ?? 1) { steps = try takeWhole(sequence, model, path) }
    }
    // Behind the last sequence nothing may follow.
    if source.batch != nil { _ = try next() }
    var shape = source.batch.map { [$0] } ?? []
    if model.output == .sequence { shape.append(steps) }
    if writesAll || wrong == nil {
      try sinks.finish(shape: shape + [model.outputSize], missing: missing.count)
    }
    if let wrong {
      throw ToolError(
        .failed, "\(source.reader.file): the model's output is \(wrong.value) at \(wrong.place)",
        isReported: true)
    }
  }

  /// The next row, mended; false behind the last of the sequence.
  private mutating func next() throws(ToolError) -> Bool {
    do throws(ConversionError) {
      guard try source.reader.next(into: &row) else { return false }
      try missing.mend(&row, of: source.reader)
      count += 1
      return true
    } catch { throw ToolError(error) }
  }

  /// The next row of a sequence that has `count` steps, or as many as come.
  private mutating func next(after count: Int) throws(ToolError) -> Bool {
    if let steps = source.steps, source.batch != nil, count == steps { return false }
    let isThere = try next()
    guard isThere || count > 0 else {
      throw ToolError(.badFile, "\(source.reader.file): has no row; expected at least one")
    }
    return isThere
  }

  private mutating func takeSteps(
    of sequence: Int, _ model: borrowing Model, _ stream: inout ModelStream
  ) throws(ToolError) -> Int {
    var y = [Float](repeating: 0, count: model.outputSize)
    var x = [Float](repeating: 0, count: model.readsTokens ? 0 : model.inputSize)
    stream.reset()
    missing.begin()
    var count = 0
    while try next(after: count) {
      trace?.willStep(stream)
      if model.readsTokens {
        let token = Int(try id(model))
        stream.step(token: token, into: &y)
        trace?.didStep(stream, token: token, output: y)
      } else {
        for index in x.indices { x[index] = Float(row[index]) }
        stream.step(x, into: &y)
        trace?.didStep(stream, x: x, output: y)
      }
      if model.output == .sequence { try put(y, sequence, count) }
      count += 1
    }
    if model.output == .last { try put(y, sequence, nil) }
    return count
  }

  private mutating func takeWhole(
    _ sequence: Int, _ model: borrowing Model, _ path: String
  ) throws(ToolError) -> Int {
    var (values, ids) = ([Float](), [Int32]())
    missing.begin()
    var count = 0
    while try next(after: count) {
      if model.readsTokens { ids.append(try id(model)) } else { values += row.map(Float.init) }
      count += 1
    }
    let input: InputSequence =
      model.readsTokens ? .ids(ids) : .features(values, size: model.inputSize)
    let y: [Float]
    do throws(ModelError) {
      var stream = try ModelStream(model, blockSize: count)
      y = stream.run(input, of: model, steps: count)
    } catch { throw ToolError(error, file: path) }
    let size = model.outputSize
    for step in 0..<y.count / size {
      try put(
        Array(y[step * size..<(step + 1) * size]), sequence, model.output == .last ? nil : step)
    }
    return count
  }

  /// The row as an id that the model has.
  private func id(_ model: borrowing Model) throws(ToolError) -> Int32 {
    guard let id = Int32(exactly: row[0]), id >= 0, Int(id) < model.inputSize else {
      let text = Int(exactly: row[0]).map { "\($0)" } ?? "\(row[0])"
      throw ToolError(
        ConversionError(
          .malformed, file: source.reader.file, place: source.reader.place(column: nil),
          reason: "the id \(text); expected 0 to \(model.inputSize - 1)"))
    }
    return id
  }

  private mutating func put(_ y: [Float], _ sequence: Int, _ step: Int?) throws(ToolError) {
    let isBatch = source.batch != nil
    func index() -> [Int] { (isBatch ? [sequence] : []) + (step.map { [$0] } ?? []) }
    if wrong == nil, let column = y.firstIndex(where: { !$0.isFinite }) {
      wrong = (y[column], "row [\(index().joined)], column \(column)")
    }
    try sinks.row(index(), y)
  }
}
