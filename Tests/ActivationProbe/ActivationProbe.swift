import Glibc
import Sluice
import TestSupport

/// Verifies tanh, sigmoid and a gate's sigmoid over all floats, on every instruction set at hand.
///
///     ActivationProbe [STRIDE]   every STRIDE-th float, all if nothing is said
///
/// Prints a line for each function and instruction set; the exit status is 1 if one is out of its
/// bounds.
@main
struct ActivationProbe {
  static func main() throws {
    let stride = CommandLine.arguments.count > 1 ? UInt32(CommandLine.arguments[1]) : 1
    guard let stride, stride > 0, CommandLine.arguments.count < 3 else {
      print("usage: ActivationProbe [STRIDE]")
      exit(2)
    }
    print(
      "function  isa       floats       max ULP  at             max error  descents  deepest  out  "
        + "odd  saturates  NaN  bits")
    var isWithin = true
    for function in Function.allCases {
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
    let sets = InstructionSet.runnable
    let evaluators = try sets.map { try Evaluator(function, $0) }
    var verdicts = sets.map { Verdict(function, $0) }
    let fused = sets.firstIndex { $0 != .baseline }
    let infinity = Float.infinity.bitPattern
    var (x, exact) = ([Float](), [Double]())
    var first: UInt32 = 0
    while first <= infinity {
      let last = min(UInt64(first) + UInt64(stride) * 2047, UInt64(infinity))
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
