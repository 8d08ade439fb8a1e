import Sluice

/// A cell whose sizes stand in its type.
protocol FixedSizeCell: ~Copyable {
  associatedtype Features
  associatedtype State
  mutating func step(_ input: Features) -> State
  mutating func reset()
}

extension LSTM: FixedSizeCell {}
extension GRU: FixedSizeCell {}

/// Single steps of a cell of fixed size. Four inputs take turns, so that the state never comes to
/// rest.
struct FixedSteps<let inputs: Int, let units: Int, Cell: FixedSizeCell & ~Copyable>: Subject,
  ~Copyable
where Cell.State == InlineArray<units, Float>, Cell.Features == InlineArray<inputs, Float> {
  private var cell: Cell
  private var rows: InlineArray<4, InlineArray<inputs, Float>>
  private var output = InlineArray<units, Float>(repeating: 0)

  init(_ cell: consuming Cell, seed: UInt64) {
    self.cell = cell
    var random = Random(state: seed)
    rows = InlineArray(repeating: InlineArray(repeating: 0))
    for row in 0..<4 {
      let floats = random.floats(inputs)
      rows[row] = InlineArray { floats[$0] }
    }
  }

  let unitsPerCall = 1
  let callsAtLeast = 4
  var checksum: UInt64 {
    var values: [Float] = []
    for unit in 0..<units { values.append(output[unit]) }
    return values.checksum
  }

  @inline(never)
  mutating func run(_ calls: Int) {
    let (a, b, c, d) = (rows[0], rows[1], rows[2], rows[3])
    var left = calls
    while left >= 4 {
      output = cell.step(a)
      output = cell.step(b)
      output = cell.step(c)
      output = cell.step(d)
      left &-= 4
    }
    while left > 0 {
      output = cell.step(a)
      left &-= 1
    }
  }

  mutating func restart(changed: Bool) {
    cell.reset()
    rows[0][0] = changed ? 0.125 : 0.5
  }
}

extension Machine {
  /// Measures a cell of fixed size; a type cannot be made from a row's numbers, so that every size
  /// stands here.
  func measureFixed(
    _ row: Row, _ model: borrowing Model, _ effort: Effort, seed: UInt64
  ) throws -> Measurement {
    let (blob, set) = (model.blob, instructionSet)
    switch (row.cell, row.inputs, row.hidden) {
    case (.lstm, 1, 8):
      return try measure(LSTM<1, 8>(blob, instructionSet: set), effort, seed)
    case (.lstm, 1, 16):
      return try measure(LSTM<1, 16>(blob, instructionSet: set), effort, seed)
    case (.lstm, 1, 20):
      return try measure(LSTM<1, 20>(blob, instructionSet: set), effort, seed)
    case (.lstm, 1, 40):
      return try measure(LSTM<1, 40>(blob, instructionSet: set), effort, seed)
    case (.lstm, 8, 32):
      return try measure(LSTM<8, 32>(blob, instructionSet: set), effort, seed)
    case (.gru, 8, 32):
      return try measure(GRU<8, 32>(blob, instructionSet: set), effort, seed)
    default: throw Absence(description: "no type of fixed size stands for \(row.id) here")
    }
  }

  /// A frame of its own for each cell, as a caller would have: in one frame with all others a cell
  /// may lie a multiple of 4 KiB from what the kernel keeps on the stack, and be taken for it.
  @inline(never)
  private func measure<let inputs: Int, let units: Int, Cell: FixedSizeCell & ~Copyable>(
    _ cell: consuming Cell, _ effort: Effort, _ seed: UInt64
  ) throws -> Measurement
  where Cell.State == InlineArray<units, Float>, Cell.Features == InlineArray<inputs, Float> {
    var steps = FixedSteps(cell, seed: seed)
    return try timer.measure(&steps, effort)
  }
}
