import Sluice
import TestSupport

/// What was found out about one function on one instruction set.
struct Verdict {
  private let function: Function
  private let set: InstructionSet
  /// Whether the arguments are every float: a fast value's descent is bounded from one to the next.
  private let isEveryFloat: Bool
  private var count = 0
  private var ulpError = 0.0
  private var worst: Float = 0
  private var error = 0.0
  /// How often a greater argument gave a lesser value, and by how much: floats, else 2^-24.
  private var descents = 0
  private var deepest = 0.0
  private var outside = 0
  private var asymmetric = 0
  private var unsaturated = 0
  private var differing = 0
  private var isCompared = false
  /// Whether every kind of NaN gave a NaN.
  var areNaN = false
  /// The values of the greatest argument so far and of its negation.
  private var last: (Float, Float)?

  init(_ function: Function, _ set: InstructionSet, isEveryFloat: Bool) {
    self.function = function
    self.set = set
    self.isEveryFloat = isEveryFloat
  }

  /// Adds pairs of an argument and its negation, ascending: their values, the exact ones and those
  /// of another instruction set.
  mutating func judge(_ x: [Float], _ y: [Float], _ exact: [Double], sameAs other: [Float]?) {
    count += x.count
    for index in x.indices {
      let distance = abs(Double(y[index]) - exact[index])
      if abs(exact[index]) >= 0x1p-126 {
        let ulp = TestSupport.ulpError(of: y[index], from: exact[index])
        if !(ulp <= ulpError) { (ulpError, worst) = (ulp, x[index]) }
      } else if !(distance <= 0x1.0001p-126) {
        // A step's results below 2^-126 are zero; a sigmoid's end just above it.
        outside += 1
      }
      if !(distance <= error) { error = distance }
      let least: Float = function.isTanh ? -1 : 0
      if !(y[index] >= least && y[index] <= 1) { outside += 1 }
    }
    for index in Swift.stride(from: 0, to: x.count, by: 2) {
      let (up, down) = (y[index], y[index + 1])
      if let last {
        if up < last.0 { descend(from: last.0, to: up) }
        if down > last.1 { descend(from: last.1, to: down) }
      }
      last = (up, down)
      // A cell adds to its candidate, and so has no -0.
      let isOdd = up == -down && (function.isOfCell || up.sign != down.sign)
      if function.isTanh && !isOdd { asymmetric += 1 }
      if x[index] >= function.saturation && up != 1 { unsaturated += 1 }
    }
    if let other {
      isCompared = true
      for index in y.indices where y[index].bitPattern != other[index].bitPattern {
        differing += 1
      }
    }
  }

  private mutating func descend(from a: Float, to b: Float) {
    descents += 1
    let depth =
      function.isRelative ? Double(ulpDistance(a, b)) : Double(abs(a - b)) * 0x1p24
    deepest = max(deepest, depth)
  }

  /// What is out of bounds, a sentence each.
  var complaints: [String] {
    let bounds = function.bounds(set)
    var complaints: [String] = []
    if !(ulpError <= bounds.ulp) { complaints.append("more than \(bounds.ulp) ULP") }
    if !(error <= bounds.absolute) { complaints.append("an error above \(bounds.absolute)") }
    let isBounded = isEveryFloat || !function.isFast
    if isBounded && deepest > function.deepestDescent(set) { complaints.append("descends too far") }
    if outside > 0 { complaints.append("values out of range") }
    if asymmetric > 0 { complaints.append("not odd") }
    if unsaturated > 0 { complaints.append("not 1 from \(function.saturation) on") }
    if !areNaN { complaints.append("NaN gave a number") }
    if differing > 0 { complaints.append("\(differing) values differ from AVX2's") }
    return complaints
  }

  /// A line of the table.
  var line: String {
    let columns: [(String, Int)] = [
      (function.rawValue, 16), (set.rawValue, 10), ("\(count)", 13),
      (function.isRelative ? "\((ulpError * 1000).rounded() / 1000)" : "-", 9),
      (function.isRelative ? "\(worst)" : "-", 15), (error.short, 11), ("\(descents)", 10),
      ("\((deepest * 100).rounded() / 100)", 9), ("\(outside)", 5),
      (function.isTanh ? (asymmetric == 0 ? "yes" : "no") : "-", 5),
      (unsaturated == 0 ? "yes" : "no", 11), (areNaN ? "yes" : "no", 5),
      (isCompared ? (differing == 0 ? "same" : "differ") : "-", 0),
    ]
    return columns.map { $0.padded($1) }.joined()
  }
}
