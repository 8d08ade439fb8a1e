import Sluice
import SluiceBlob

/// How far a blob's outputs are from its source's, computed in Double on the source's weights.
package struct NetworkComparison: Sendable {
  /// One layer over all steps, behind the blob's own layers before it.
  package struct Layer: Sendable {
    package let name: String
    package let kind: LayerKind
    /// Features that it writes.
    package let size: Int
    /// The greatest |y - reference|, and the step it was at, from 1.
    package var maximalError = 0.0
    package var step = 1
    /// The root of the mean of the squares of the differences.
    package var meanError = 0.0
  }

  /// The last layer's greatest error within the first `steps` steps.
  package struct Moment: Sendable {
    package let steps: Int
    package let maximalError: Double
  }

  package private(set) var layers: [Layer]
  package private(set) var moments: [Moment] = []
  /// Steps of each sequence.
  package let steps: Int
  /// Number of sequences.
  package let sequences: Int

  /// The greatest error of the last layer.
  package var maximalError: Double { layers.last?.maximalError ?? 0 }

  /// Runs both over `input`.
  ///
  /// - Parameters:
  ///   - file: the blob's name, for errors.
  ///   - instructionSet: nil for the one that this CPU would choose.
  /// - Throws: ``ConversionError`` where the blob's layers are not the network's.
  package init(
    _ network: Network, _ contents: BlobContents, over input: SequenceArray, file: String,
    instructionSet: InstructionSet? = nil,
    progress: (_ step: Int, _ of: Int) -> Void = { _, _ in }
  ) throws(ConversionError) {
    try Self.check(network, contents, file)
    steps = input.steps
    sequences = input.sequences.count
    layers = contents.layers.map {
      Layer(name: $0.name, kind: $0.record.kind, size: $0.record.outputSize)
    }
    let blob = try OpenBlob(contents, file: file, instructionSet: instructionSet)
    // A table's row is not computed, but looked up: a model of its own says what is there.
    let table =
      network.readsIDs
      ? try OpenBlob(
        BlobContents(layers: [contents.layers[0]]), file: file, instructionSet: instructionSet)
      : nil
    var reference = ReferenceNetwork<Double>(network)
    var worst = [Double](repeating: 0, count: steps)
    for (index, sequence) in input.sequences.enumerated() {
      reference.reset()
      blob.stream.reset()
      for step in 0..<steps {
        reference.step(sequence, step)
        let last = blob.step(sequence, step)
        for layer in layers.indices {
          var output: [Float] = []
          if let table, layer == 0 {
            output = table.step(sequence, step)
          } else {
            blob.stream.copyOutput(ofLayer: layer, into: &output)
          }
          note(output, reference.outputs[layer], layer: layer, step: step)
        }
        worst[step] = zip(reference.outputs[layers.count - 1], last).reduce(worst[step]) {
          max($0, Self.difference(Double($1.1), $1.0))
        }
        progress(index * steps + step + 1, sequences * steps)
      }
    }
    for index in layers.indices {
      let count = Double(steps * sequences * layers[index].size)
      layers[index].meanError = (layers[index].meanError / count).squareRoot()
    }
    moments = Self.moments(worst)
  }

  private mutating func note(_ output: [Float], _ expected: [Double], layer: Int, step: Int) {
    for (value, wanted) in zip(output, expected) {
      let error = Self.difference(Double(value), wanted)
      layers[layer].meanError += error * error
      if error > layers[layer].maximalError {
        layers[layer].maximalError = error
        layers[layer].step = step + 1
      }
    }
  }

  /// |value - expected|; infinite where only one of them is a number.
  private static func difference(_ value: Double, _ expected: Double) -> Double {
    if value == expected || (value.isNaN && expected.isNaN) { return 0 }
    let error = (value - expected).magnitude
    return error.isNaN ? .infinity : error
  }

  /// The worst within 1, 10, 100, ... steps, and within all.
  private static func moments(_ worst: [Double]) -> [Moment] {
    var counts = [1, 10, 100, 1000, 10_000, 100_000].filter { $0 < worst.count }
    counts.append(worst.count)
    return counts.map { Moment(steps: $0, maximalError: worst[..<$0].max() ?? 0) }
  }
}

extension ReferenceNetwork<Double> {
  /// One step from row `step` of `sequence`.
  fileprivate mutating func step(_ sequence: InputSequence, _ step: Int) {
    switch sequence {
    case .ids(let ids): _ = self.step(id: Int(ids[step]))
    case .features(let values, let size):
      _ = self.step(values[step * size..<(step + 1) * size].map(Double.init))
    }
  }
}
