import Sluice
import SluiceBlob

/// One line of the tables: what is measured, and what it must reach.
struct Row {
  /// What is computed.
  enum Cell: String {
    case lstm, gru, rnn, dense, tanh, sigmoid, relu
    /// The GRU that resets before the product.
    case gruBefore = "gru-before"
  }

  /// How it is called.
  enum Mode: Equatable {
    /// One step a call.
    case step
    /// As many steps a call.
    case block(Int)
    /// One step of as many independent streams a call.
    case streams(Int)
    /// One step a call of a model whose sizes are known to the compiler.
    case fixedSize
    /// An activation over an array of as many elements.
    case array(Int)
  }

  /// How weights are stored.
  enum Storage: String {
    case f32, f16, bf16, int8, int4

    /// The type by the format's name.
    var type: StorageType {
      switch self {
      case .f32: .f32
      case .f16: .f16
      case .bf16: .bf16
      case .int8: .int8
      case .int4: .int4
      }
    }
  }

  let cell: Cell
  let mode: Mode
  let storage: Storage
  let grade: ActivationGrade
  let inputs: Int
  let hidden: Int
  /// Nanoseconds a unit at ``referenceClock``: what Sluice must reach.
  let targets: [InstructionSet: Double]
  /// Nanoseconds a unit at ``referenceClock``: the fastest other library known.
  let peers: [InstructionSet: Double]

  /// Cycles in a nanosecond of the machine that targets and peers were measured on: one of ``targetFamily``.
  static var referenceClock: Double { 4.2 }
  /// The CPU family of targets in cycles: Zen 5. On others only ratios hold.
  static var targetFamily: Int { 26 }

  /// Whether the layer is so small that what stands around its kernel shows: its steps are measured under
  /// several control words.
  var isSmall: Bool { mode == .step && gates > 0 && hidden <= 40 }

  /// How many times the limit that is measured beside it a step may take, on any machine; nil for rows whose
  /// weights the nearest cache holds, which are judged by cycles.
  var limitRatio: Double? {
    guard mode == .step, cell == .lstm || cell == .gru, grade == .exact else { return nil }
    switch (storage, hidden) {
    case (.f32, 64...256): return 1.2
    case (.f32, 512...): return 1.08
    case (.int8, 128..<256): return 1.35
    case (.int8, 256..<512): return 1.2
    case (.int8, 512...): return 1.15
    default: return nil
    }
  }

  /// The name by which filters and other programs know it.
  var id: String {
    let grade = grade == .fast ? "/fast" : ""
    return "\(cell.rawValue)/\(mode.name)/\(size)/\(storage.rawValue)\(grade)"
  }

  /// The file of its model, which rows of other modes share.
  var blobName: String {
    "\(cell.rawValue)-\(size)-\(storage.rawValue)\(grade == .fast ? "-fast" : "").sluice"
  }

  /// Inputs and units, as in the tables.
  var size: String {
    if case .array(let count) = mode { "\(count)" } else { "\(inputs)x\(hidden)" }
  }

  /// Gates of the cell, 0 where there are no weights.
  var gates: Int {
    switch cell {
    case .lstm: 4
    case .gru, .gruBefore: 3
    case .rnn, .dense: 1
    case .tanh, .sigmoid, .relu: 0
    }
  }

  /// What one time is the time of.
  var unit: String {
    switch mode {
    case .step, .block, .fixedSize: "step"
    case .streams: "stream-step"
    case .array: "element"
    }
  }
}

extension Row.Mode {
  /// As it stands in a row's name.
  var name: String {
    switch self {
    case .step: "step"
    case .block(let steps): "block\(steps)"
    case .streams(let count): "streams\(count)"
    case .fixedSize: "fixed"
    case .array: "array"
    }
  }
}
