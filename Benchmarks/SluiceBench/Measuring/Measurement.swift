import _SluiceMeasuring

/// What was measured of a row.
struct Measurement {
  /// Calls in a row, timed together: what a step takes when one follows the other.
  let rows: Samples
  /// Calls timed one by one, for the tail. A call waits for the one before to end altogether.
  let singles: Samples
  /// Cycles in a nanosecond, before or after, whichever was more.
  let clock: Double
  /// Share of the rows' time in which others had the core.
  let taken: Double
  /// Of the outputs of the first calls.
  let checksum: UInt64
  /// Bytes of weights and biases that a step reads.
  var workingSet = 0
  /// Bytes a nanosecond at exactly that working set: each pass forwards, and alternating.
  var bandwidth: (forwards: Double, alternating: Double)?
  /// What the machine takes at least for the same bytes or arithmetic, nanoseconds a unit.
  var limit: Double?
  /// Medians of a small layer's steps by the caller's word of floats.
  var words: [(word: UInt32, median: Double)] = []

  /// Nanoseconds between the slowest word and the fastest; nil where they were not measured.
  var wordSpread: Double? {
    guard let least = words.map(\.median).min(), let most = words.map(\.median).max() else {
      return nil
    }
    return most - least
  }
}

extension Measurement {
  /// What was measured in several parts.
  init(_ parts: [Measurement]) {
    rows = Samples(parts.map(\.rows))
    singles = Samples(parts.map(\.singles))
    clock = parts.map(\.clock).max() ?? 0
    taken = parts.map(\.taken).reduce(0, +) / Double(parts.count)
    checksum = parts.first?.checksum ?? 0
    words = (parts.first?.words ?? []).indices.map { index in
      (parts[0].words[index].word, Samples(parts.map { $0.words[index].median }).median)
    }
  }

  /// Whether the median says little, because others had the core: it is far above the least, or
  /// the samples are longer than a time slice, so that even the least may hold one.
  func isDisturbed(unitsPerCall: Int) -> Bool {
    rows.median > 1.15 * rows.min
      || taken > 0.03 && rows.median * Double(unitsPerCall) > 5e5
  }
}

/// How long to measure.
struct Effort {
  /// Nanoseconds for the rows, and as many for the single calls.
  let budget: Double
  let rowsAtLeast: Int
  let singlesAtLeast: Int

  /// A part of the time.
  func part(of parts: Int) -> Effort {
    Effort(
      budget: budget / Double(parts), rowsAtLeast: max(rowsAtLeast / parts, 1),
      singlesAtLeast: singlesAtLeast / parts)
  }

  static let full = Effort(budget: 3e8, rowsAtLeast: 5, singlesAtLeast: 1000)
  static let quick = Effort(budget: 3e7, rowsAtLeast: 3, singlesAtLeast: 100)
}

extension Timer {
  /// Measures a subject: warm-up, rows of calls, single calls.
  ///
  /// - Throws: ``Absence`` where its outputs do not follow from its inputs.
  func measure<S: Subject & ~Copyable>(
    _ subject: inout S, _ effort: Effort, underWords: Bool = false
  ) throws(Absence) -> Measurement {
    // Every row begins as a fresh thread does, whatever the one before has left.
    let caller = sluice_set_float_word(Timer.freshWord)
    defer { _ = sluice_set_float_word(caller) }
    let checksum = try checkedChecksum(of: &subject)
    let units = Double(subject.unitsPerCall)
    let least = subject.callsAtLeast
    // Warm-up: caches, branch predictors, and the clock of the core.
    let start = sluice_time_stamp()
    var calls = 0
    repeat {
      subject.run(least)
      calls += least
    } while nanoseconds(start, sluice_time_stamp()) < effort.budget / 5
    let cost = nanoseconds(start, sluice_time_stamp()) / Double(calls)
    let before = clock(runs: 100)

    // 20 microseconds: long beside the timer's cost, short beside a time slice.
    let perRow = max(Int(2e4 / cost) / least * least, least)
    let rowCount = max(Int(effort.budget / cost) / perRow, effort.rowsAtLeast)
    var rows = [Double](repeating: 0, count: rowCount)
    let (wall, processor) = (Timer.nanoseconds, Timer.threadNanoseconds)
    for index in 0..<rowCount {
      let start = sluice_time_stamp()
      subject.run(perRow)
      rows[index] = nanoseconds(start, sluice_time_stamp()) / (Double(perRow) * units)
    }
    let taken = 1 - (Timer.threadNanoseconds - processor) / (Timer.nanoseconds - wall)
    let rowSamples = Samples(rows)

    var singleSamples = rowSamples
    if perRow > 1 {
      let wanted = max(Int(effort.budget / cost), effort.singlesAtLeast)
      var singles = [Double](repeating: 0, count: min(wanted, 200_000))
      for index in singles.indices {
        let start = sluice_time_stamp()
        subject.run(1)
        singles[index] = nanoseconds(start, sluice_time_stamp()) / units
      }
      singleSamples = Samples(singles)
    }
    var measurement = Measurement(
      rows: rowSamples, singles: singleSamples, clock: max(before, clock(runs: 100)),
      taken: max(taken, 0), checksum: checksum)
    if underWords {
      measurement.words = words(&subject, calls: perRow, turns: max(rowCount / 8, 9))
    }
    return measurement
  }

  /// What a thread begins with: all exceptions masked, no flag set.
  private static var freshWord: UInt32 { 0x1F80 }

  /// The callers' words: of a fresh thread, with the inexact flag, with all flags, of an audio program that
  /// flushes what is tiny.
  private static var callers: [UInt32] { [freshWord, 0x1FA0, 0x1FBF, 0x9FC0] }

  /// Medians of as many rows of calls under each caller's word, by turns.
  private func words<S: Subject & ~Copyable>(
    _ subject: inout S, calls: Int, turns: Int
  ) -> [(word: UInt32, median: Double)] {
    let units = Double(calls * subject.unitsPerCall)
    var times = Timer.callers.map { _ in [Double]() }
    for _ in 0..<turns {
      for (index, word) in Timer.callers.enumerated() {
        _ = sluice_set_float_word(word)
        let start = sluice_time_stamp()
        subject.run(calls)
        let end = sluice_time_stamp()
        _ = sluice_set_float_word(Timer.freshWord)
        times[index].append(nanoseconds(start, end) / units)
      }
    }
    return zip(Timer.callers, times).map { ($0, Samples($1).median) }
  }

  /// Proves that the work is done: the same inputs give the same outputs, others do not.
  private func checkedChecksum<S: Subject & ~Copyable>(
    of subject: inout S
  ) throws(Absence) -> UInt64 {
    var sums: [UInt64] = []
    for changed in [false, true, false] {
      subject.restart(changed: changed)
      subject.run(1)
      sums.append(subject.checksum)
    }
    guard sums[0] == sums[2], sums[0] != sums[1] else {
      throw Absence(description: "the outputs do not follow from the inputs")
    }
    return sums[0]
  }
}
