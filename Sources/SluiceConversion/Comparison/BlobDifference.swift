import Sluice
import SluiceBlob
import SluiceImport
import SluiceNetwork

/// What differs between two blobs, layer by layer and end to end.
package struct BlobDifference: Sendable {
  /// A layer of one of the two.
  package struct Side: Sendable {
    package let kind: String
    package let shape: String
    package let type: String
    /// Bytes of weights, scales, biases and initial state.
    package let byteCount: Int
    /// The scales that are stored for x and h; 0 where each step has its own, or none is needed.
    package let inputScale: Float
    package let hiddenScale: Float
    package let hiddenRounding: HiddenRounding
  }

  /// The layers at one place, or of one name where the numbers of layers differ.
  package struct Layer: Sendable {
    package let name: String
    package let before: Side?
    package let after: Side?
    /// The weights of B against those of A; nil where they are not of one shape, or there are none.
    package let weights: ErrorStatistics?
  }

  package let layers: [Layer]
  /// Steps of noise.
  package let steps: Int
  /// The outputs of B against those of A; nil where they read or write other features.
  package private(set) var outputs: ErrorStatistics?
  /// The same over time.
  package private(set) var moments: [NetworkComparison.Moment] = []

  /// Compares `b` with `a`.
  ///
  /// - Parameters:
  ///   - files: what both are called, for errors.
  ///   - steps: of noise; nil for as many as a report on such a network takes.
  /// - Throws: `ConversionError` where a stream of one of them cannot be made.
  package init(
    _ a: BlobContents, _ b: BlobContents, files: (String, String), steps: Int? = nil,
    progress: (_ step: Int, _ of: Int) -> Void = { _, _ in }
  ) throws(ConversionError) {
    layers = Self.paired(a.layers, b.layers).map { Layer($0, $1) }
    let steps = steps ?? AccuracyReport.steps(products: max(a.productCount, b.productCount))
    self.steps = steps
    let first = try OpenBlob(a, file: files.0)
    let second = try OpenBlob(b, file: files.1)
    guard first.model.inputSize == second.model.inputSize,
      first.model.outputSize == second.model.outputSize,
      first.model.readsTokens == second.model.readsTokens
    else { return }
    let noise = try NetworkComparison.noise(
      size: first.model.inputSize, readsIDs: first.model.readsTokens, steps: steps,
      seed: AccuracyReport.seed, unit: ModelMetadata.unit(ofInputsIn: a.metadata))
    var statistics = ErrorStatistics()
    var drift = Drift(steps: steps, channels: first.model.outputSize)
    for step in 0..<steps {
      let expected = first.step(noise.sequences[0], step).map(Double.init)
      let output = second.step(noise.sequences[0], step)
      statistics.note(output, expected, step: step)
      drift.note(output, expected, step: step)
      progress(step + 1, steps)
    }
    outputs = statistics
    moments = drift.moments
  }

  /// Layers of one name beside each other; where both have as many layers, those of one place.
  private static func paired(
    _ a: [BlobContents.Layer], _ b: [BlobContents.Layer]
  ) -> [(BlobContents.Layer?, BlobContents.Layer?)] {
    if a.count == b.count { return zip(a, b).map { ($0, $1) } }
    let names = Set(a.map { Name($0.name) })
    return a.map { layer in (layer, b.first { Name($0.name) == Name(layer.name) }) }
      + b.filter { !names.contains(Name($0.name)) }.map { (nil, $0) }
  }
}

extension BlobDifference.Layer {
  init(_ a: BlobContents.Layer?, _ b: BlobContents.Layer?) {
    let names = [a?.name, b?.name].compactMap { $0 }
    name = Set(names.map { Name($0) }).count == 1 ? names[0] : names.joined(separator: " -> ")
    before = a.map(BlobDifference.Side.init)
    after = b.map(BlobDifference.Side.init)
    guard let a, let b, a.record.kind == b.record.kind, a.record.variant == b.record.variant,
      a.record.inputSize == b.record.inputSize, a.record.hiddenSize == b.record.hiddenSize,
      a.record.outputSize == b.record.outputSize
    else {
      weights = nil
      return
    }
    // A scale has none, and what it multiplies and adds stands where others have biases.
    let hasWeights = !a.weightRows.isEmpty
    let (wanted, held) = hasWeights ? (a.weightRows, b.weightRows) : (a.biases, b.biases)
    guard wanted.count == held.count, !wanted.isEmpty else {
      weights = nil
      return
    }
    var statistics = ErrorStatistics()
    statistics.note(held, wanted.map(Double.init), step: 0)
    weights = statistics
  }
}

extension BlobContents {
  /// Products of weights that a step takes, or a little more.
  fileprivate var productCount: Int {
    layers.reduce(0) { sum, layer in
      let bits = layer.record.storage.traits.bits
      let weights = layer.record.kind == .embedding ? 0 : layer.weights.count * 8 / bits
      let past = layer.record.kind == .convolution ? layer.record.stateSize : 0
      return sum + weights * max(layer.record.columns.length, 1)
        + AccuracyReport.productsOfPast * past
    }
  }
}

extension BlobDifference.Side {
  fileprivate init(_ layer: BlobContents.Layer) {
    kind = "\(layer.record.kind)"
    shape = "\(layer.record.inputSize) -> \(layer.record.outputSize)"
    type = "\(layer.record.storage)"
    byteCount = layer.byteCount
    inputScale = layer.record.inputScale
    hiddenScale = layer.record.hiddenScale
    hiddenRounding = layer.record.hiddenRounding
  }
}
