import Sluice
import SluiceBlob
import TestSupport
import Testing

/// softmax against the oracle, and at its edges.
@Suite struct SoftmaxTests {
  static let sizes = [1, 2, 3, 7, 8, 9, 15, 16, 17, 33, 100, 1000, 4096]

  private static func softmax(
    _ x: [Float], size: Int, _ set: InstructionSet
  ) throws -> [Float] {
    try OpenedNetwork(TestNetwork([.activation(.softmax, size: size)]), set).stepped(x)
  }

  @Test("equals the oracle and sums to one", arguments: InstructionSet.runnable)
  func sums(_ set: InstructionSet) throws {
    var random = SeededRandom(seed: 31)
    var (worst, worstSum) = (0.0, 0.0)
    for size in Self.sizes {
      for bound in [0.01, 1, 20, 80, 1000, 1e38] as [Float] {
        let x = random.floats(size, bound: bound)
        let y = try Self.softmax(x, size: size, set)
        let exact = TestSupport.softmax(x.map { Double($0) })
        let distance = maxDistance(y, exact)
        let sum = abs(y.reduce(0.0) { $0 + Double($1) } - 1)
        (worst, worstSum) = (max(worst, distance), max(worstSum, sum))
        #expect(distance <= 5e-7, "\(size) within \(bound)")
        #expect(sum <= 1e-6, "the sum of \(size) within \(bound)")
        #expect(y.allSatisfy { $0 >= 0 && $0 <= 1 })
      }
    }
    print("softmax \(set): \(worst.short) from the oracle, sums within \(worstSum.short) of 1")
  }

  @Test("extreme inputs", arguments: InstructionSet.runnable)
  func extremes(_ set: InstructionSet) throws {
    for size in Self.sizes {
      let values: [Float] = [
        0, 1e38, -1e38, .greatestFiniteMagnitude, -100, .leastNonzeroMagnitude,
      ]
      for value in values {
        // All equal, however great: one part each.
        let y = try Self.softmax([Float](repeating: value, count: size), size: size, set)
        #expect(maxDistance(y, [Double](repeating: 1 / Double(size), count: size)) <= 1e-7)
      }
      for place in Set([0, size / 2, size - 1]) {
        var x = [Float](repeating: -1e38, count: size)
        x[place] = 1e38
        var y = try Self.softmax(x, size: size, set)
        #expect(y[place] == 1, "one far above the others, \(place) of \(size)")
        #expect(y.enumerated().allSatisfy { $0.offset == place || $0.element <= 2e-38 })

        x = [Float](repeating: -.infinity, count: size)
        x[place] = 0
        y = try Self.softmax(x, size: size, set)
        #expect(y[place] == 1, "the others -infinity, \(place) of \(size)")
        #expect(y.enumerated().allSatisfy { $0.offset == place || $0.element <= 2e-38 })

        x = [Float](repeating: 0.5, count: size)
        x[place] = .nan
        #expect(try Self.softmax(x, size: size, set).allSatisfy { $0.isNaN }, "NaN at \(place)")
        // exp(inf - inf): as in PyTorch.
        x[place] = .infinity
        #expect(try Self.softmax(x, size: size, set)[place].isNaN, "infinity at \(place)")
      }
      let none = [Float](repeating: -.infinity, count: size)
      #expect(try Self.softmax(none, size: size, set).allSatisfy { $0.isNaN }, "all -infinity")
    }
  }
}
