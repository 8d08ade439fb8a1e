import Foundation
import Sluice
import SluiceBlob
import TestSupport
import Testing

/// tanh, sigmoid and relu over a sample of all floats, as an activation layer computes them.
///
/// `tools/verify-activations` takes every float.
@Suite struct ActivationTests {
  static let width = 4096
  static let sweep = FloatSweep.ascending()

  /// f of every argument, through an activation layer of 4096 values.
  static func values(
    _ activation: Activation, _ arguments: [Float], _ set: InstructionSet,
    grade: ActivationGrade = .exact
  ) throws -> [Float] {
    var network = TestNetwork([.activation(activation, size: width)])
    network.grade = grade
    let opened = try OpenedNetwork(network, set)
    let padding = (width - arguments.count % width) % width
    let input = arguments + [Float](repeating: 0, count: padding)
    return Array(try opened.processed(input, chunk: 64).prefix(arguments.count))
  }

  @Test(
    "tanh: 1.5 ULP, baseline 3, odd, within [-1, 1], ascending",
    arguments: InstructionSet.runnable)
  func tanh(_ set: InstructionSet) throws {
    let values = try Self.values(.tanh, Self.sweep, set)
    let findings = SweepFindings(Self.sweep, values, range: -1...1, exact: { Foundation.tanh($0) })
    print("tanh \(set): \(findings.summary(Self.sweep.count))")
    #expect(findings.ulpError <= (set == .baseline ? 3 : 1.5), "at \(findings.worst)")
    #expect(findings.smallError <= 0x1p-126, "where the true value is less than 2^-126")
    #expect(findings.outside.isEmpty, "\(findings.outside.prefix(5))")
    #expect(findings.asymmetric.isEmpty, "\(findings.asymmetric.prefix(5))")
    // No finer than the error: neighbours may be off by different amounts.
    #expect(
      findings.deepestDescent <= (set == .baseline ? 2 : 1),
      "floats downwards while the argument went up")
  }

  @Test("sigmoid: 2 ULP, baseline 3, within [0, 1], ascending", arguments: InstructionSet.runnable)
  func sigmoid(_ set: InstructionSet) throws {
    let values = try Self.values(.sigmoid, Self.sweep, set)
    let findings = SweepFindings(
      Self.sweep, values, range: 0...1, exact: { TestSupport.sigmoid($0) })
    print("sigmoid \(set): \(findings.summary(Self.sweep.count))")
    #expect(findings.ulpError <= (set == .baseline ? 3 : 2), "at \(findings.worst)")
    #expect(findings.smallError <= 2e-38, "where the true value is less than 2^-126")
    #expect(findings.outside.isEmpty, "\(findings.outside.prefix(5))")
    #expect(findings.deepestDescent <= 1, "floats downwards while the argument went up")
  }

  @Test("fast: 1e-5, tanh odd, within the range", arguments: InstructionSet.runnable)
  func fast(_ set: InstructionSet) throws {
    for (activation, range) in [(Activation.tanh, Float(-1)...1), (.sigmoid, 0...1)] {
      let values = try Self.values(activation, Self.sweep, set, grade: .fast)
      let exact = Self.sweep.map {
        activation == .tanh ? Foundation.tanh(Double($0)) : TestSupport.sigmoid(Double($0))
      }
      #expect(maxDistance(values, exact) <= 1e-5)
      #expect(values.allSatisfy { range.contains($0) })
      let mirrored = values.reversed().map { -$0 }
      #expect(activation == .sigmoid || firstDifference(values, mirrored) == nil)
      let bad = try Self.values(activation, [.nan, -.nan], set, grade: .fast)
      #expect(bad.allSatisfy { $0.isNaN })
    }
  }

  @Test("relu keeps what is above zero, to the bit", arguments: InstructionSet.runnable)
  func relu(_ set: InstructionSet) throws {
    let values = try Self.values(.relu, Self.sweep, set)
    for (x, y) in zip(Self.sweep, values) where x > 0 ? y.bitPattern != x.bitPattern : y != 0 {
      Issue.record("relu(\(x)) = \(y)")
      return
    }
  }

  @Test("identity keeps every bit, NaN's too", arguments: InstructionSet.runnable)
  func identity(_ set: InstructionSet) throws {
    let arguments = Self.sweep + FloatSweep.specials
    #expect(firstDifference(try Self.values(.identity, arguments, set), arguments) == nil)
  }

  @Test(
    "exp, log, sqrt and 1 / x: 1 ULP and less, their edges exact",
    arguments: InstructionSet.runnable)
  func elementary(_ set: InstructionSet) throws {
    for (activation, bound, exact) in [
      (.exponential, 1.5, { Foundation.exp($0) }), (.logarithm, 2, { Foundation.log($0) }),
      (.squareRoot, 0.5, { $0.squareRoot() }), (.reciprocal, 0.5, { 1 / $0 }),
    ] as [(Activation, Double, (Double) -> Double)] {
      let values = try Self.values(activation, Self.sweep, set)
      var worst = 0.0
      for (x, y) in zip(Self.sweep, values) where abs(x) >= 0x1p-126 {
        let wanted = exact(Double(x))
        if activation == .exponential, abs(Double(x)) > 87.3 {
          #expect(y == (x > 0 ? .infinity : 0) || abs(x) < 87.34, "exp(\(x)) = \(y)")
        } else if wanted.isNaN {
          #expect(y.isNaN, "\(activation)(\(x)) = \(y)")
        } else if set == .baseline, activation == .exponential, wanted < 0x1p-102 {
          // Without a fused multiply-add what is less than 2^-126 is lost on the way.
          #expect(abs(Double(y) - wanted) < 0x1p-125, "exp(\(x)) = \(y)")
        } else if abs(wanted) >= 0x1p-126, abs(wanted) < 0x1p128 {
          worst = max(worst, ulpError(of: y, from: wanted))
        }
      }
      print("\(activation) \(set): \(worst) ULP")
      #expect(worst <= (set == .baseline ? 2 * bound : bound), "\(activation) \(set)")
      let edges = try Self.values(activation, [0, -0.0, .infinity, -.infinity, .nan, 1], set)
      let expected: [Float] =
        switch activation {
        case .exponential: [1, 1, .infinity, 0, .nan, Float(Foundation.exp(1.0))]
        case .logarithm: [-.infinity, -.infinity, .infinity, .nan, .nan, 0]
        case .squareRoot: [0, 0, .infinity, .nan, .nan, 1]
        default: [.infinity, -.infinity, 0, 0, .nan, 1]
        }
      for (y, wanted) in zip(edges, expected) {
        #expect(y == wanted || y.isNaN && wanted.isNaN, "\(activation): \(edges)")
      }
    }
  }

  @Test("saturation and zero are exact", arguments: InstructionSet.runnable)
  func saturation(_ set: InstructionSet) throws {
    let great: [Float] = [9.1, 10, 100, 1e10, 1e38, .greatestFiniteMagnitude, .infinity]
    #expect(try Self.values(.tanh, great, set).allSatisfy { $0 == 1 })
    #expect(try Self.values(.tanh, great.map { -$0 }, set).allSatisfy { $0 == -1 })
    #expect(try Self.values(.sigmoid, great.map { $0 + 8 }, set).allSatisfy { $0 == 1 })
    #expect(try Self.values(.sigmoid, great.map { -$0 - 80 }, set).allSatisfy { $0 <= 2e-38 })
    #expect(try Self.values(.sigmoid, [0, -0], set) == [0.5, 0.5])
    let zeros = try Self.values(.tanh, [0, -0.0], set)
    #expect(zeros[0].bitPattern == 0 && zeros[1].bitPattern == 0x8000_0000)
  }

  @Test("NaN in, NaN out, and no other lane", arguments: InstructionSet.runnable)
  func notANumber(_ set: InstructionSet) throws {
    let bad = FloatSweep.specials.filter { $0.isNaN }
    for activation in [Activation.tanh, .sigmoid, .relu] {
      // Each NaN in each of a pair of panels' lanes.
      for lane in 0..<16 {
        var arguments = [Float](repeating: 0.25, count: 16 * bad.count)
        for (index, value) in bad.enumerated() { arguments[16 * index + lane] = value }
        let values = try Self.values(activation, arguments, set)
        for (index, y) in values.enumerated() {
          #expect(y.isNaN == (index % 16 == lane), "\(activation) lane \(index % 16)")
        }
      }
    }
  }

  @Test("AVX2 and AVX-512 give the same bits everywhere", arguments: Activation.allCases)
  func sameBits(_ activation: Activation) throws {
    // Not NaN's: whose payload survives is up to the processor.
    let arguments = Self.sweep + FloatSweep.specials.filter { !$0.isNaN }
    let all = try InstructionSet.runnableFused.map {
      try Self.values(activation, arguments, $0)
    }
    for values in all.dropFirst() { #expect(firstDifference(values, all[0]) == nil) }
    guard [.tanh, .sigmoid].contains(activation) else { return }
    let fast = try InstructionSet.runnableFused.map {
      try Self.values(activation, arguments, $0, grade: .fast)
    }
    for values in fast.dropFirst() { #expect(firstDifference(values, fast[0]) == nil) }
  }

  @Test("an activation of a dense layer is that of an activation layer")
  func sameInDense() throws {
    // A dense layer of identity weights: 1 * x + 0 * others is x.
    let size = 19
    var identity = [Float](repeating: 0, count: size * size)
    for index in 0..<size { identity[index * size + index] = 1 }
    var random = SeededRandom(seed: 41)
    let input = random.floats(size * 20, bound: 12)
    for activation in Activation.allCases {
      for set in InstructionSet.runnable {
        let dense = TestNetwork([
          .dense(
            weights: identity, biases: [Float](repeating: 0, count: size), inputSize: size,
            activation: activation)
        ])
        let alone = TestNetwork([.activation(activation, size: size)])
        let a = try OpenedNetwork(dense, set).stepped(input)
        let b = try OpenedNetwork(alone, set).stepped(input)
        #expect(firstDifference(a, b) == nil, "\(activation) \(set)")
      }
    }
  }
}

extension SweepFindings {
  func summary(_ count: Int) -> String {
    "\(String(format: "%.3f", ulpError)) ULP at \(worst) (\(worst.bitPattern)) over \(count) floats,"
      + " \(descents) descents of at most \(deepestDescent) ULP,"
      + " \(smallError.short) below 2^-126"
  }
}
