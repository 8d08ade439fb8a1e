import Sluice
import SluiceBlob
import SluiceImport
import SluiceNetwork

extension AccuracyReport {
  /// Steps of a report where they cost little.
  package static let mostSteps = 10_000
  /// Products that a report may cost: some seconds.
  package static let products = 3_000_000_000
  /// Products in whose time one number is drawn, computed without a product, or compared.
  private static let productsOfNumber = 64
  /// Products in whose time one number of a convolution's past is moved on.
  static let productsOfPast = 8
  /// Products in whose time the reference and the blob begin and end a layer.
  private static let productsOfLayer = 8192

  /// Steps that a report on `network` takes: 10,000, or fewer where they would take long.
  package static func steps(for network: Network) -> Int {
    let numbers = network.layers.reduce(network.inputSize) { $0 + $1.outputSize }
    return steps(
      products: network.layers.reduce(productsOfNumber * numbers) {
        $0 + $1.productCount + productsOfLayer
      })
  }

  /// The same of a network with so many products a step.
  static func steps(products count: Int) -> Int {
    max(64, min(mostSteps, products / max(count, 1)))
  }

  /// What a report on `network` reads where no data are given.
  package static func noise(
    for network: Network, steps: Int? = nil
  ) throws(ConversionError) -> SequenceArray {
    try NetworkComparison.noise(
      for: network, steps: steps ?? Self.steps(for: network), seed: seed)
  }

  /// Measures `contents`, which `network` was packed into, over `input`.
  ///
  /// - Parameters:
  ///   - input: sequences, and what they are called.
  ///   - reference: what the source gives over them, where that is known already.
  ///   - limit: steps of a report as were asked for; nil for as many as are usual.
  /// - Throws: `ConversionError` where the contents make no blob.
  package init(
    of network: Network, _ contents: BlobContents,
    over input: (sequences: SequenceArray, name: String), reference: ReferenceRun? = nil,
    limit: Int? = nil, progress: (_ step: Int, _ of: Int) -> Void = { _, _ in }
  ) throws(ConversionError) {
    self.init(
      try NetworkComparison(
        network, contents, over: input.sequences, file: network.provenance.source,
        reference: reference, instructionSet: .measuring(contents), progress: progress),
      over: input.name)
    try measureStretches(
      network, contents, like: input.name == Self.noise ? nil : input.sequences,
      limit: limit, file: network.provenance.source, instructionSet: .measuring(contents))
  }
}

extension InstructionSet {
  /// What `contents` are measured with: the baseline, whose kernels are the same everywhere. Where
  /// activations are fast AVX2, because the baseline has none: whatever has has its bits.
  static func measuring(_ contents: BlobContents) -> InstructionSet {
    let isFast = contents.layers.contains { $0.record.grade == .fast }
    return isFast && InstructionSet.avx2.isRunnable ? .avx2 : .baseline
  }
}

extension Network.Layer {
  /// Products of weights that a step takes, or in whose time it moves a past on.
  var productCount: Int {
    switch operation {
    case .recurrent(let cell):
      cell.columnCount * (cell.inputWeights.count + cell.hiddenWeights.count)
    case .dense(let dense): dense.weights.count
    case .convolution(let layer):
      layer.weights.count * layer.outputLength
        + AccuracyReport.productsOfPast * layer.pastLength * layer.inputChannels
    default: 0
    }
  }
}
