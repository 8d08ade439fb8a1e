import Sluice
import TestSupport
import Testing

/// Outputs and states against PyTorch's and ONNX Runtime's, and against the Double oracle.
@Suite struct VectorTests {
  /// The contract of issue 2: the greatest difference from either over 1000 steps.
  static let tolerance = 5e-6

  /// Distances from the oracle, and from each source, over the cases of one cell.
  private struct Distances {
    var ours: [InstructionSet: Double] = [:]
    var oursFromSource: [String: [InstructionSet: Double]] = [:]
    var sources: [String: Double] = [:]
    var caseCount = 0
  }

  /// What our runtime made of a case.
  private struct Run {
    var outputs: [Float] = []
    var hidden: [[Float]] = []
    var cell: [[Float]] = []
  }

  @Test("1000 steps equal PyTorch, ONNX Runtime and the oracle", arguments: Cell.allCases)
  func vectors(_ cell: Cell) throws {
    let cases = Dictionary(
      grouping: try VectorCase.all().filter { $0.cell == cell }, by: \.name)
    try #require(!cases.isEmpty)
    var distances = Distances()
    for name in cases.keys.sorted() {
      try check(cases[name]!, &distances)
    }
    print(table(cell, distances))
  }

  private func check(_ sources: [VectorCase], _ distances: inout Distances) throws {
    let vector = sources[0]
    let network = vector.network()
    let input = vector.input()
    let steps = vector.stepIndices
    try #require(steps.count == vector.recordedSteps.count, "\(vector.name): recorded steps")

    var oracle = DoubleOracle(network)
    let exact = oracle.run(input, inputSize: vector.inputSize)
    let exactState = (oracle.hidden + oracle.cell).flatMap { $0 }
    let exactRecorded = steps.flatMap {
      exact[$0 * vector.hiddenSize..<($0 + 1) * vector.hiddenSize]
    }
    distances.caseCount += 1
    for set in InstructionSet.runnable {
      let run = try run(network, input, set)
      let distance = max(
        maxDistance(run.outputs, exact), maxDistance((run.hidden + run.cell).joined(), exactState))
      #expect(
        distance <= Self.tolerance, "\(vector.name) \(set): \(distance) from the Double oracle")
      distances.ours.raise(set, to: distance)
      for source in sources {
        let expected = try source.expected()
        let recorded = steps.flatMap {
          run.outputs[$0 * vector.hiddenSize..<($0 + 1) * vector.hiddenSize]
        }
        let outputs = maxDistance(recorded, expected.outputs.map { Double($0) })
        let states = maxDistance(
          (run.hidden + run.cell).joined(),
          (expected.hidden + expected.cell).joined().map { Double($0) })
        #expect(
          outputs <= Self.tolerance, "\(vector.name) \(set): \(outputs) from \(source.source)")
        #expect(
          states <= Self.tolerance, "\(vector.name) \(set): states \(states) from \(source.source)")
        distances.oursFromSource[source.source, default: [:]].raise(set, to: max(outputs, states))
        distances.sources.raise(
          source.source,
          to: max(
            maxDistance(expected.outputs, exactRecorded),
            maxDistance((expected.hidden + expected.cell).joined(), exactState)))
      }
    }
  }

  private func run(
    _ network: TestNetwork, _ input: [Float], _ set: InstructionSet
  ) throws -> Run {
    let opened = try OpenedNetwork(network, set)
    var stream = try opened.stream()
    var run = Run(outputs: stream.stepped(input, network))
    for layer in network.layers.indices {
      var vector: [Float] = []
      try #require(stream.copyHidden(ofLayer: layer, into: &vector))
      run.hidden.append(vector)
      if stream.copyCell(ofLayer: layer, into: &vector) { run.cell.append(vector) }
    }
    return run
  }

  private func table(_ cell: Cell, _ distances: Distances) -> String {
    var lines = ["\(cell), \(distances.caseCount) networks, greatest distance over 1000 steps:"]
    for set in InstructionSet.runnable {
      var line = "  Sluice \(set)".padded(24) + "oracle \(distances.ours[set]!.short)"
      for (source, values) in distances.oursFromSource.sorted(by: { $0.key < $1.key }) {
        line += "   \(source) \(values[set]!.short)"
      }
      lines.append(line)
    }
    for (source, distance) in distances.sources.sorted(by: { $0.key < $1.key }) {
      lines.append("  \(source)".padded(24) + "oracle \(distance.short)")
    }
    return lines.joined(separator: "\n")
  }
}

extension Dictionary where Value == Double {
  /// Keeps the greater value.
  fileprivate mutating func raise(_ key: Key, to value: Double) {
    self[key] = Swift.max(self[key] ?? 0, value)
  }
}
