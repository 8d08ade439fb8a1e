import Sluice
import SluiceBlob
import SluiceImport
import SluiceNetwork

/// How far a blob's outputs are from its source's, computed in Double on the source's weights.
package struct NetworkComparison: Sendable {
  /// One layer over all steps, behind the blob's own layers before it.
  package struct Layer: Sendable {
    package let name: String
    package let kind: LayerKind
    package let storage: StorageType
    /// Features that it writes.
    package let size: Int
    /// Bytes of weights, scales, biases and initial state.
    package let byteCount: Int
    /// The weights as the blob holds them against the source's; nil for a layer without.
    package internal(set) var weights: ErrorStatistics?
    /// What the layer wrote against what it should have written.
    package internal(set) var outputs = ErrorStatistics()
    /// The share of the integers that x and h became which a stored scale cut off; nil where
    /// nothing has such a scale.
    package internal(set) var saturated: Double?

    /// The greatest |y - reference|.
    package var maximalError: Double { outputs.maximalError }
    /// The step of the greatest error, from 1.
    package var step: Int { outputs.step }
    /// The root of the mean of the squares of the differences.
    package var meanError: Double { outputs.meanError }
  }

  /// The last layer's error up to a step.
  package struct Moment: Sendable {
    package let steps: Int
    /// The greatest within the first `steps` steps.
    package let maximalError: Double
    /// The root of the mean square over the steps behind the moment before, up to this one.
    package let meanError: Double
    /// The greatest within them of the source itself, run in float32; nil where that was not looked
    /// at, because the blob's error is as small as usual.
    package internal(set) var sourceError: Double?
  }

  package private(set) var layers: [Layer]
  package internal(set) var moments: [Moment] = []
  /// The last layer's greatest error at each step, and its mean error there.
  package private(set) var stepErrors: [(greatest: Double, mean: Double)] = []
  /// The output feature with the greatest mean error, from 0.
  package private(set) var worstChannel = 0
  /// Its mean error.
  package private(set) var worstChannelError = 0.0
  /// Steps of each sequence.
  package let steps: Int
  /// Number of sequences.
  package let sequences: Int

  /// The greatest error of the last layer.
  package var maximalError: Double { layers.last?.maximalError ?? 0 }
  /// The last layer's mean error.
  package var meanError: Double { layers.last?.meanError ?? 0 }

  /// Runs both over `input`.
  ///
  /// - Parameters:
  ///   - file: the blob's name, for errors.
  ///   - reference: what the source gives over this input, where that is known already.
  ///   - instructionSet: nil for the one that this CPU would choose.
  ///   - asksSource: whether the source is run in float32 too where an error of f32 is conspicuous.
  /// - Throws: `ConversionError` where the blob's layers are not the network's.
  package init(
    _ network: Network, _ contents: BlobContents, over input: SequenceArray, file: String,
    reference recorded: ReferenceRun? = nil, instructionSet: InstructionSet? = nil,
    asksSource: Bool = true,
    progress: (_ step: Int, _ of: Int) -> Void = { _, _ in }
  ) throws(ConversionError) {
    try Self.check(network, contents, file)
    steps = input.steps
    sequences = input.sequences.count
    layers = zip(network.layers, contents.layers).map { Layer($1, of: $0) }
    if network.isStreamable {
      try compareSteps(network, contents, over: input, file, recorded, instructionSet, progress)
    } else {
      try compareWhole(network, contents, over: input, file, recorded, instructionSet)
    }
    if asksSource, let usual = contents.usualError, !(maximalError <= usual) {
      noteSource(network, over: input)
    }
  }
}

extension NetworkComparison {
  /// Step by step: what every layer writes.
  private mutating func compareSteps(
    _ network: Network, _ contents: BlobContents, over input: SequenceArray, _ file: String,
    _ recorded: ReferenceRun?, _ instructionSet: InstructionSet?,
    _ progress: (_ step: Int, _ of: Int) -> Void
  ) throws(ConversionError) {
    let blob = try OpenBlob(contents, file: file, instructionSet: instructionSet)
    // A table's row is not computed, but looked up: a model of its own says what is there.
    let table =
      network.readsIDs
      ? try OpenBlob(
        BlobContents(layers: [contents.layers[0]]), file: file, instructionSet: instructionSet)
      : nil
    var saturation = contents.layers.map { SaturationCount($0.record) }
    var drift = Drift(steps: steps, channels: layers.last?.size ?? 0)
    var reference = ReferenceNetwork<Double>(network)
    for (index, sequence) in input.sequences.enumerated() {
      reference.reset()
      blob.stream.reset()
      for step in 0..<steps {
        let at = index * steps + step
        if recorded == nil { reference.step(sequence, step) }
        let expected = recorded?.outputs[at] ?? reference.outputs
        let hidden = saturation.indices.map { saturation[$0].hidden(ofLayer: $0, of: blob) }
        let last = blob.step(sequence, step)
        var outputs: [[Float]] = []
        for layer in layers.indices {
          var output: [Float] = []
          if let table, layer == 0 {
            output = table.step(sequence, step)
          } else if !blob.stream.copyOutput(ofLayer: layer, into: &output) {
            output = last
          }
          outputs.append(output)
          layers[layer].outputs.note(output, expected[layer], step: step)
          let source = network.inputs(of: layer)[0]
          saturation[layer].note(
            source < 0 ? sequence.features(at: step) : outputs[source][...], hidden[layer])
        }
        drift.note(last, expected[layers.count - 1], step: step)
        progress(at + 1, sequences * steps)
      }
    }
    for index in layers.indices { layers[index].saturated = saturation[index].share }
    moments = drift.moments
    stepErrors = drift.stepErrors
    (worstChannel, worstChannelError) = drift.worstChannel
  }

  /// Whole sequences through a model that reads backwards: what its last layer writes.
  private mutating func compareWhole(
    _ network: Network, _ contents: BlobContents, over input: SequenceArray, _ file: String,
    _ recorded: ReferenceRun?, _ instructionSet: InstructionSet?
  ) throws(ConversionError) {
    var contents = contents
    contents.output = .sequence
    let blob = try OpenBlob(contents, file: file, instructionSet: instructionSet, steps: steps)
    let last = layers.count - 1
    let size = layers[last].size
    var drift = Drift(steps: steps, channels: size)
    let reference = recorded ?? ReferenceRun(network, over: input)
    for (index, sequence) in input.sequences.enumerated() {
      let output = blob.stream.run(sequence, of: blob.model, steps: steps)
      for step in 0..<steps {
        let row = Array(output[step * size..<(step + 1) * size])
        let expected = reference.outputs[index * steps + step][last]
        layers[last].outputs.note(row, expected, step: step)
        drift.note(row, expected, step: step)
      }
    }
    moments = drift.moments
    stepErrors = drift.stepErrors
    (worstChannel, worstChannelError) = drift.worstChannel
  }
}

extension ErrorStatistics {
  /// Takes a vector into account.
  mutating func note(_ values: [Float], _ expected: [Double], step: Int) {
    for (value, wanted) in zip(values, expected) { note(Double(value), wanted, step: step) }
  }
}

extension InputSequence {
  /// The features of one step; none of ids.
  package func features(at step: Int) -> ArraySlice<Float> {
    guard case .features(let values, let size) = self else { return [] }
    return values[step * size..<(step + 1) * size]
  }
}
