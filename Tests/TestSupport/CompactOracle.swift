import Foundation
import SluiceBlob

/// A matrix as the format stores it, times vectors as the format quantises them: every integer exact,
/// every other step in Double.
///
/// It shares nothing with the packing and the runtime: `Format.md` is its only source.
public struct CompactMatrix: Sendable {
  private let storage: StorageType
  private let columns: Int
  /// Integers, or the rounded weights themselves, `[rows][columns]`.
  private let values: [[Double]]
  /// For each row the scale of each group of columns; int8 has one group.
  private let scales: [[Double]]

  /// `weights` `[rows, columns]`, row-major, rounded to `storage`.
  public init(_ weights: [Float], columns: Int, as storage: StorageType) {
    self.storage = storage
    self.columns = columns
    let rows = stride(from: 0, to: weights.count, by: columns).map {
      Array(weights[$0..<$0 + columns])
    }
    let limit: Float = storage == .int8 ? 127 : 7
    let width = storage == .int8 ? columns : 32
    var values: [[Double]] = []
    var scales: [[Double]] = []
    for row in rows {
      guard storage.isInteger else {
        values.append(row.map { storage.rounded($0) })
        scales.append([])
        continue
      }
      let groups = stride(from: 0, to: columns, by: width).map { start -> Float in
        let greatest = row[start..<min(start + width, columns)].map(\.magnitude).max() ?? 0
        if greatest == 0 { return 1 }
        if storage == .int8 { return max(greatest / limit, .leastNormalMagnitude) }
        return Float(max(Float16(greatest / limit), .leastNormalMagnitude))
      }
      values.append(
        row.indices.map { column in
          let quotient = row[column] / groups[column / width]
          return Double(max(-limit, min(limit, quotient)).rounded(.toNearestOrEven))
        })
      scales.append(groups.map { Double($0) })
    }
    (self.values, self.scales) = (values, scales)
  }

  /// W x, `[rows]`; of integers with x in steps of `step`, or of its own where that is 0 or no |x|
  /// reaches `quiet`.
  public func times(_ x: [Float], step: Float, quiet: Float = 0) -> [Double] {
    guard storage.isInteger else {
      return values.map { row in zip(row, x).reduce(0) { $0 + $1.0 * Double($1.1) } }
    }
    let greatest = x.map(\.magnitude).max() ?? 0
    let own: (Float, Float) = greatest >= 0x1p-100 ? (greatest / 127, 127 / greatest) : (0, 0)
    let (unit, factor) = step > 0 && greatest >= quiet ? (step, 1 / step) : own
    let integers = x.map {
      Double(max(-127, min(127, $0 * factor)).rounded(.toNearestOrEven))
    }
    let width = storage == .int8 ? columns : 32
    return values.indices.map { row in
      var total = 0.0
      for (group, scale) in scales[row].enumerated() {
        var sum = 0.0
        for column in group * width..<min((group + 1) * width, columns) {
          sum += values[row][column] * integers[column]
        }
        total += scale * sum
      }
      return Double(unit) * total
    }
  }
}

extension StorageType {
  /// A weight rounded to a floating-point type, ties to even.
  fileprivate func rounded(_ weight: Float) -> Double {
    guard self == .bf16 else { return Double(Float16(weight)) }
    let bits = weight.bitPattern
    let upper = (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000
    return Double(Float(bitPattern: upper))
  }
}

/// One step of a compact recurrent layer from a given state.
///
/// A step alone: where h is quantised, one rounding the other way would make all later steps differ
/// by more than any bound says.
public struct CompactOracle: Sendable {
  private let tensors: RecurrentTensors
  private let input: CompactMatrix
  private let hidden: CompactMatrix
  private let inputStep: Float
  private let hiddenStep: Float
  private let quiet: Float

  /// The layer, its steps as the record has them.
  public init(
    _ tensors: RecurrentTensors, as storage: StorageType, inputStep: Float, hiddenStep: Float,
    rounding: HiddenRounding = .fixed
  ) {
    self.tensors = tensors
    input = CompactMatrix(tensors.weightInput, columns: tensors.inputSize, as: storage)
    hidden = CompactMatrix(tensors.weightHidden, columns: tensors.hiddenSize, as: storage)
    self.inputStep = inputStep
    self.hiddenStep = hiddenStep
    quiet = rounding == .finer ? 32 * hiddenStep : 0
  }

  /// h(t), and C(t) of an LSTM, from x(t), h(t-1) and C(t-1).
  ///
  /// `reset` r * h(t-1) of a GRU that resets before, as the runtime rounds it, is computed in Float:
  /// what is quantised must be the same number.
  public func step(
    _ x: [Float], hidden h: [Float], cell c: [Float]
  ) -> (hidden: [Double], cell: [Double]) {
    let size = tensors.hiddenSize
    let a = zip(input.times(x, step: inputStep), tensors.biasInput).map { $0 + Double($1) }
    func recurrent(_ h: [Float]) -> [Double] {
      zip(hidden.times(h, step: hiddenStep, quiet: quiet), tensors.biasHidden).map {
        $0 + Double($1)
      }
    }
    let u = recurrent(h)
    var next = [Double](repeating: 0, count: size)
    var cell = c.map { Double($0) }
    switch tensors.cell {
    case .lstm:
      for j in 0..<size {
        let i = sigmoid(a[j] + u[j])
        let f = sigmoid(a[size + j] + u[size + j])
        let g = tanh(a[2 * size + j] + u[2 * size + j])
        let o = sigmoid(a[3 * size + j] + u[3 * size + j])
        cell[j] = f * cell[j] + i * g
        next[j] = o * tanh(cell[j])
      }
    case .gruResetAfter:
      for j in 0..<size {
        let r = sigmoid(a[j] + u[j])
        let z = sigmoid(a[size + j] + u[size + j])
        let n = tanh(a[2 * size + j] + r * u[2 * size + j])
        next[j] = (1 - z) * n + z * Double(h[j])
      }
    case .gruResetBefore:
      let reset = (0..<size).map { Float(sigmoid(a[$0] + u[$0]) * Double(h[$0])) }
      let v = recurrent(reset)
      for j in 0..<size {
        let z = sigmoid(a[size + j] + u[size + j])
        let n = tanh(a[2 * size + j] + v[2 * size + j])
        next[j] = (1 - z) * n + z * Double(h[j])
      }
    case .rnnTanh:
      for j in 0..<size { next[j] = tanh(a[j] + u[j]) }
    case .rnnRelu:
      for j in 0..<size { next[j] = max(a[j] + u[j], 0) }
    }
    return (next, cell)
  }
}
