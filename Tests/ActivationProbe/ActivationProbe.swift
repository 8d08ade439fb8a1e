import Glibc
import Sluice
import TestSupport

/// Verifies tanh, sigmoid and a gate's sigmoid, exact and fast, over all floats, on every instruction
/// set at hand.
///
///     ActivationProbe [STRIDE [FUNCTION...]]   every STRIDE-th float, and all functions, if nothing is said
///
/// Prints a line for each function and instruction set; the exit status is 1 if one is out of its
/// bounds.
@main
struct ActivationProbe {
  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst()
    let functions = arguments.dropFirst().map { Function(rawValue: $0) }
    guard let stride = UInt32(arguments.first ?? "1"), stride > 0, !functions.contains(nil) else {
      let names = Function.allCases.map { $0.rawValue }.joined(separator: "|")
      print("usage: ActivationProbe [STRIDE [\(names)...]]")
      exit(2)
    }
    print(
      "function        isa       floats       max ULP  at             max error  descents  deepest  "
        + "out  odd  saturates  NaN  bits")
    var isWithin = true
    for function in functions.isEmpty ? Function.allCases : functions.compactMap(\.self) {
      for verdict in try verify(function, stride: stride) {
        print(verdict.line)
        fflush(nil)
        for complaint in verdict.complaints {
          isWithin = false
          print("  \(complaint)")
        }
      }
    }
    exit(isWithin ? 0 : 1)
  }

  /// Magnitudes ascending, each with its negation; the exact value is computed once for all
  /// instruction sets.
  private static func verify(_ function: Function, stride: UInt32) throws -> [Verdict] {
    // The baseline computes exactly whatever the grade.
    let sets = InstructionSet.runnable.filter { $0 != .baseline || !function.isFast }
    let evaluators = try sets.map { try Evaluator(function, $0) }
    var verdicts = sets.map { Verdict(function, $0, isEveryFloat: stride == 1) }
    let fused = sets.firstIndex { $0 != .baseline }
    let end = (function.isOfCell ? Float.greatestFiniteMagnitude : .infinity).bitPattern
    var (x, exact) = ([Float](), [Double]())
    var first: UInt32 = 0
    while first <= end {
      let last = min(UInt64(first) + UInt64(stride) * 2047, UInt64(end))
      x.removeAll(keepingCapacity: true)
      for bits in Swift.stride(from: first, through: UInt32(last), by: Int(stride)) {
        x.append(Float(bitPattern: bits))
        x.append(-Float(bitPattern: bits))
      }
      exact.removeAll(keepingCapacity: true)
      for value in x { exact.append(function.exact(Double(value))) }
      for index in sets.indices {
        let y = evaluators[index].values(of: x)
        let reference = index == fused ? nil : fused.map { evaluators[$0].latest }
        verdicts[index].judge(
          x, y, exact, sameAs: sets[index] == .baseline || index == fused ? nil : reference)
      }
      guard let next = UInt32(exactly: last + UInt64(stride)) else { break }
      first = next
    }
    for index in sets.indices {
      let nan = FloatSweep.specials.filter { $0.isNaN }
      verdicts[index].areNaN = evaluators[index].values(of: nan).allSatisfy { $0.isNaN }
    }
    return verdicts
  }
}
