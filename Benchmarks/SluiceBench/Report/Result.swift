import Sluice
import SluiceNetwork

/// A row and what came of it.
struct RowResult {
  /// How a row ended.
  enum Verdict: String {
    case pass, miss, absent
    /// Measured for information.
    case untargeted
  }

  let table: String
  let row: Row
  let measurement: Measurement?
  /// Why there is no measurement.
  let absence: String?
  let instructionSet: InstructionSet
  /// Of the CPU.
  let family: Int?

  /// Nanoseconds of the target: so many times the limit, or cycles at the clock of this measurement where the
  /// CPU is of their family.
  var target: Double? {
    if let ratio = row.limitRatio { return measurement?.limit.map { ratio * $0 } }
    return family == Row.targetFamily ? scaled(row.targets[instructionSet]) : nil
  }

  /// Nanoseconds that a caller's control word may cost.
  private static var wordTolerance: Double { 3 }
  /// Nanoseconds of the best peer on record at the clock of this measurement.
  var peer: Double? { scaled(row.peers[instructionSet]) }

  private func scaled(_ nanoseconds: Double?) -> Double? {
    guard let nanoseconds, let clock = measurement?.clock else { return nil }
    return nanoseconds * Row.referenceClock / clock
  }

  /// The median of rows of calls against the target, and what the caller's control word costs.
  var verdict: Verdict {
    guard let measurement else { return .absent }
    if let spread = measurement.wordSpread, spread > Self.wordTolerance { return .miss }
    guard let target else { return .untargeted }
    return measurement.rows.median <= target ? .pass : .miss
  }

  /// Whether the median says little.
  var isDisturbed: Bool {
    guard let measurement else { return false }
    if case .block(let steps) = row.mode { return measurement.isDisturbed(unitsPerCall: steps) }
    return measurement.isDisturbed(unitsPerCall: 1)
  }

  /// The verdict as a table shows it: a miss whose least time passes was perhaps the neighbours'.
  var mark: String {
    guard let measurement else { return "absent" }
    let note = isDisturbed ? " (disturbed)" : ""
    switch verdict {
    case .untargeted: return note.isEmpty ? "" : "disturbed"
    case .miss: return (measurement.rows.min <= target ?? 0 ? "miss, min passes" : "miss") + note
    default: return verdict.rawValue + note
    }
  }

  var json: JSON {
    var members: [JSON.Member] = [
      ("id", .string(row.id)), ("table", .string(table)), ("cell", .string(row.cell.rawValue)),
      ("mode", .string(row.mode.name)), ("inputs", .integer(row.inputs)),
      ("hidden", .integer(row.hidden)), ("storage", .string(row.storage.rawValue)),
      ("grade", .string("\(row.grade)")), ("unit", .string(row.unit)),
      ("verdict", .string(verdict.rawValue)),
    ]
    guard let measurement else {
      return .object(members + [("absence", .string(absence ?? ""))])
    }
    let target = row.limitRatio == nil ? row.targets[instructionSet] : nil
    members += [
      ("disturbed", .bool(isDisturbed)), ("clock_ghz", .double(measurement.clock)),
      ("core_taken_share", .double(measurement.taken)),
      ("target_cycles", .optional(target.map { $0 * Row.referenceClock })),
      ("median_cycles", .double(measurement.rows.median * measurement.clock)),
      ("min_cycles", .double(measurement.rows.min * measurement.clock)),
      ("target_ns", .optional(self.target)), ("target_of_limit", .optional(row.limitRatio)),
      ("peer_on_record_ns", .optional(peer)),
      ("word_spread_ns", .optional(measurement.wordSpread)),
      (
        "words_ns",
        .array(
          measurement.words.map {
            .array([.string(String($0.word, radix: 16)), .double($0.median)])
          })
      ),
      ("rows_ns", measurement.rows.json), ("singles_ns", measurement.singles.json),
      ("limit_ns", .optional(measurement.limit)),
      ("working_set_bytes", .integer(measurement.workingSet)),
      ("read_gb_s", .optional(measurement.bandwidth?.forwards)),
      ("read_alternating_gb_s", .optional(measurement.bandwidth?.alternating)),
      ("checksum", .string(String(measurement.checksum, radix: 16))),
      (
        "histogram",
        .array(
          measurement.singles.histogram.map { .array([.double($0.from), .integer($0.count)]) })
      ),
    ]
    return .object(members)
  }
}
