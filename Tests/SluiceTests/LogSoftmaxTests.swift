import Foundation
import Sluice
import SluiceBlob
import TestSupport
import Testing

/// The logarithm of softmax against the oracle, and at its edges.
@Suite struct LogSoftmaxTests {
  private static func logSoftmax(_ x: [Float], _ set: InstructionSet) throws -> [Float] {
    try OpenedNetwork(TestNetwork([.activation(.logSoftmax, size: x.count)]), set).stepped(x)
  }

  @Test("equals the oracle", arguments: InstructionSet.runnable)
  func near(_ set: InstructionSet) throws {
    var random = SeededRandom(seed: 37)
    var worst = 0.0
    for size in SoftmaxTests.sizes {
      for bound in [0.01, 1, 20, 80, 1000, 1e37] as [Float] {
        let x = random.floats(size, bound: bound)
        let exact = TestSupport.logSoftmax(x.map { Double($0) })
        for (value, wanted) in zip(try Self.logSoftmax(x, set), exact) {
          let off = abs(Double(value) - wanted) / max(1, abs(wanted))
          worst = max(worst, off)
          #expect(off <= 5e-7, "\(size) within \(bound)")
          #expect(value <= 1e-6)
        }
      }
    }
    print("log softmax \(set): \(worst.short) of max(1, |y|) from the oracle")
  }

  @Test("extreme inputs", arguments: InstructionSet.runnable)
  func extremes(_ set: InstructionSet) throws {
    for size in [1, 2, 15, 16, 17, 33] {
      let even = try Self.logSoftmax([Float](repeating: 1e38, count: size), set)
      #expect(even.allSatisfy { abs(Double($0) + log(Double(size))) < 1e-6 })
      for place in Set([0, size / 2, size - 1]) {
        var x = [Float](repeating: -.infinity, count: size)
        x[place] = 3
        let y = try Self.logSoftmax(x, set)
        #expect(y[place] == 0)
        #expect(y.enumerated().allSatisfy { $0.offset == place || $0.element == -.infinity })
        x = [Float](repeating: 0.5, count: size)
        x[place] = .nan
        #expect(try Self.logSoftmax(x, set).allSatisfy { $0.isNaN })
        x[place] = .infinity
        #expect(try Self.logSoftmax(x, set).allSatisfy { $0.isNaN })
      }
      let none = try Self.logSoftmax([Float](repeating: -.infinity, count: size), set)
      #expect(none.allSatisfy { $0.isNaN })
    }
  }

  @Test("the head of a layer of every type of weights", arguments: InstructionSet.runnable)
  func heads(_ set: InstructionSet) throws {
    var random = SeededRandom(seed: 41)
    let head = TestLayer.dense(19, from: 7, .logSoftmax, &random)
    let x = random.floats(5 * 7)
    for type in StorageType.allCases {
      let network = try OpenedNetwork(TestNetwork([head]).stored(as: type), set)
      let y = try network.stepped(x)
      #expect(try network.processed(x, chunk: 5) == y, "\(type)")
      for row in 0..<5 {
        let sum = y[row * 19..<(row + 1) * 19].reduce(0.0) { $0 + exp(Double($1)) }
        #expect(abs(sum - 1) < 1e-5, "\(type)")
      }
    }
  }
}
