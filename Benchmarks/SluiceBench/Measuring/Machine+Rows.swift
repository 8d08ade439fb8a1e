import Sluice
import SluiceBlob
import _SluiceMeasuring

extension Machine {
  /// Measures one row.
  ///
  /// - Throws: ``Absence`` where Sluice cannot run it, or runs it without doing the work.
  func measure(_ row: Row, _ effort: Effort, seed: UInt64) throws -> Measurement {
    let blob = try row.blob(seed: seed)
    let pages = Pages(blob, huge: huge)
    let model: Model
    do throws(ModelError) {
      model = unsafe try Model(
        bytes: pages.bytes(blob.count), options: .init(instructionSet: instructionSet))
    } catch {
      throw Absence(description: error.description)
    }
    var measurement: Measurement
    switch row.mode {
    case .fixedSize: measurement = try measureFixedSteps(row, model, effort, seed: seed)
    case .block(let steps):
      var subject = try Blocks(model, steps: steps, seed: seed)
      measurement = try timer.measure(&subject, effort)
    case .streams(let count):
      var subject = try ManyStreams(model, count: count, seed: seed)
      measurement = try timer.measure(&subject, effort)
    case .array:
      var subject = try Elements(model, seed: seed)
      measurement = try timer.measure(&subject, effort)
    default: measurement = try measureSteps(row, model, effort, seed: seed)
    }
    if row.gates > 0 { addLimit(of: row, model, effort, to: &measurement) }
    return measurement
  }

  /// Measures single steps.
  private func measureSteps(
    _ row: Row, _ model: borrowing Model, _ effort: Effort, seed: UInt64
  ) throws -> Measurement {
    let pages = Pages(count: (ModelStream.byteCount(of: model) ?? 0) + 4096, huge: false)
    return try withExtendedLifetime(pages) {
      try atEveryPlace(effort) { place, effort in
        let memory = unsafe UnsafeMutableRawBufferPointer(rebasing: pages.memory[place...])
        var subject = unsafe try Steps(model, seed: seed, in: memory)
        return try timer.measure(&subject, effort, underWords: row.isSmall)
      }
    }
  }

  /// Measures single steps of a cell whose sizes stand in its type.
  private func measureFixedSteps(
    _ row: Row, _ model: borrowing Model, _ effort: Effort, seed: UInt64
  ) throws -> Measurement {
    try atEveryPlace(effort) { _, effort in try measureFixed(row, model, effort, seed: seed) }
  }

  /// Measures at eight places in turn, of the stream within a page (`place` bytes into it) and of the
  /// stack, all samples together.
  ///
  /// A read waits for an earlier write whose address ends in the same twelve bits. Whether a kernel's
  /// reads meet its writes so is by where stream, blob, arrays and stack lie, which differs from program
  /// to program: at one place in about ten a small layer takes up to half as long again.
  private func atEveryPlace(
    _ effort: Effort, _ body: (_ place: Int, _ effort: Effort) throws -> Measurement
  ) rethrows -> Measurement {
    let places = 8
    var parts: [Measurement] = []
    for place in 0..<places {
      parts.append(
        try onStack(lower: place) { try body(place * 4096 / places, effort.part(of: places)) })
    }
    return Measurement(parts)
  }

  /// Runs `body` with the stack so many times 528 bytes lower.
  @inline(never)
  private func onStack<Result>(lower times: Int, _ body: () throws -> Result) rethrows -> Result {
    guard times > 0 else { return try body() }
    return try unsafe withUnsafeTemporaryAllocation(byteCount: 528, alignment: 16) { memory in
      defer { unsafe sluice_keep(memory.baseAddress!) }
      return try onStack(lower: times - 1, body)
    }
  }

  /// Reads the layer's own weights, where they lie, for the limit of its speed.
  ///
  /// A step must read every byte of them. A block must read the hidden state's part at every step,
  /// since each waits for the one before; the inputs' part is then arithmetic.
  private func addLimit(
    of row: Row, _ model: borrowing Model, _ effort: Effort, to measurement: inout Measurement
  ) {
    let record = model.blob.record(at: 0)
    let weights = unsafe model.blob.weights(of: record)
    var count = weights.count
    var arithmetic = 0.0
    // The peak is that of f32: integers have reading alone for a limit, streams of them none.
    let peak = record.storage.isInteger ? Double.infinity : peak
    if case .block = row.mode {
      count = count / (row.inputs + row.hidden) * row.hidden
      arithmetic = Double(2 * row.gates * row.hidden * row.inputs) / peak
    }
    if case .streams = row.mode {
      // Every weight is read once for all streams, if it must be: the arithmetic is the limit.
      measurement.workingSet = count
      if peak.isFinite {
        measurement.limit =
          Double(2 * row.gates * row.hidden * (row.inputs + row.hidden)) / peak
      }
      return
    }
    let part = unsafe UnsafeRawBufferPointer(rebasing: weights[..<count])
    let forwards = unsafe bandwidth(of: part, alternating: false, effort)
    let alternating = unsafe bandwidth(of: part, alternating: true, effort)
    measurement.workingSet = count
    measurement.bandwidth = (forwards, alternating)
    measurement.limit = Double(count) / max(forwards, alternating) + arithmetic
    // The arithmetic of the bytes that are read takes its time even where reading is faster.
    let products = Double(2 * row.gates * row.hidden * (row.inputs + row.hidden))
    measurement.limit = max(measurement.limit ?? 0, products / peak)
  }
}
