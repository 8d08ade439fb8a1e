import SluiceBlob
import SluiceImport
import SluiceNetwork

/// A source converted as options say: the contents of its blob, and how far these are from it.
package struct Conversion: Sendable {
  /// What a conversion is at, for a line of progress.
  package enum Stage: Sendable {
    case packing
    case calibrating(step: Int, of: Int)
    case choosing(measured: Int)
    case measuring(step: Int, of: Int)
  }

  package let model: ConvertedModel
  /// The model's, in the units of its metadata.
  private let network: Network
  /// With the report in their provenance.
  package let contents: BlobContents
  /// How far the blob is from its source; nil where that is not measured.
  package let report: AccuracyReport?
  /// What was found where types were to be chosen.
  package let mix: TypeMix?

  /// Reads and converts the model at `source`, and measures the result: over the calibration's
  /// sequences, or over noise. It does not refuse an error above the bound.
  package init(
    source: String, options: ConversionOptions, progress: @escaping (Stage) -> Void = { _ in }
  ) throws(ConversionError) {
    let stated = try options.metadata.map { (path) throws(ConversionError) in
      try ModelMetadata(path: path)
    }
    model = try Converter.convert(source: source, options: options.source)
    if let reason = model.refusalOfOutputs { throw .unsupported(source, "outputs", reason) }
    progress(.packing)
    let given = try options.calibrationInput(of: model.network)
    var metadata: ModelMetadata?
    // Each has the word over those before.
    for part in [model.metadata, stated, try given?.sequences.metadata].compactMap({ $0 }) {
      if let all = metadata { metadata = try part.merged(over: all) } else { metadata = part }
    }
    network = try metadata?.applied(to: model.network) ?? model.network
    let (packed, mix) = try network.blobContents(options, given?.sequences, progress: progress)
    self.mix = mix
    guard options.measurement != .none else {
      report = nil
      contents = packed
      return
    }
    let input = try options.measured(given?.sequences, of: network)
    let report = try AccuracyReport(
      of: network, packed, over: (input, given?.name ?? AccuracyReport.noise),
      limit: options.measurement.limit
    ) {
      progress(.measuring(step: $0, of: $1))
    }
    self.report = report
    contents = packed.reporting(report)
  }
}

extension Conversion {
  /// The source's layers with all their weights as f32, which a step's time is compared with.
  package func contentsAsFloats(grade: ActivationGrade) throws(ConversionError) -> BlobContents {
    try network.blobContents(grade: grade)
  }

  /// A type of more bits with which the layers take fewer bytes than with `type`, as small layers do
  /// whose columns fill up to whole words; nil where there is none.
  package func smallerType(than type: StorageType) -> (type: StorageType, byteCount: Int)? {
    var best: (type: StorageType, byteCount: Int)?
    for other in StorageType.allCases.sorted(by: { $0.traits.bits < $1.traits.bits })
    where other.traits.bits > type.traits.bits {
      guard let bytes = try? network.blobContents(type: other).layerBytes else { continue }
      if bytes < best?.byteCount ?? contents.layerBytes { best = (other, bytes) }
    }
    return best
  }

  /// The layers that have zero blocks of weights, and how many are not zero.
  package var layersWithZeroBlocks: [(name: String, record: LayerRecord, kept: Int)] {
    contents.layers.compactMap { layer in
      guard let (kept, all) = layer.blockCounts, kept < all else { return nil }
      return (layer.name, layer.record, kept)
    }
  }

  /// The types that weights are stored as, each once: "int8", or "int8 and f32".
  package var typeNames: String {
    let types = Set(contents.layers.filter(\.record.hasEveryType).map(\.record.storage))
    return types.map(\.name).sorted().joined(separator: " and ")
  }

  /// Bytes of all layers' arrays.
  package var layerBytes: Int { contents.layerBytes }
}

extension ConversionOptions {
  /// The type whose blocks become zeros: those of int8 are whole ones of f32 as well.
  fileprivate var typeOfBlocks: StorageType { type == .one(.f32) ? .f32 : .int8 }

  /// The sequences to calibrate with, and the name of their file without its folder; nil for none.
  func calibrationInput(
    of network: Network
  ) throws(ConversionError) -> (sequences: SequenceArray, name: String)? {
    guard let calibration else { return nil }
    let tensor = try NPY.read(calibration)
    if tensor.isFloatingPoint {
      try requireFinite(tensor.floats, file: calibration, place: "", "what calibrates is")
    }
    let sequences = try SequenceArray(tensor, of: network, file: calibration)
    let name = calibration.split(separator: "/").last.map(String.init) ?? calibration
    return (sequences, FileName.readable(name))
  }
}

extension ConversionOptions {
  /// What a blob of `network` is measured over: `given`, or noise, as far as is asked for.
  fileprivate func measured(
    _ given: SequenceArray?, of network: Network
  ) throws(ConversionError) -> SequenceArray {
    guard let given else { return try AccuracyReport.noise(for: network, steps: measurement.limit) }
    return measurement.limit.map(given.limited) ?? given
  }
}

extension Network {
  /// The network packed for a blob: types, calibrated scales and grade as `options` say.
  func blobContents(_ options: ConversionOptions) throws(ConversionError) -> BlobContents {
    try blobContents(options, options.calibrationInput(of: self)?.sequences) { _ in }.0
  }

  /// The same, with the sequences to calibrate with; nil for none.
  func blobContents(
    _ options: ConversionOptions, _ given: SequenceArray?,
    progress: @escaping (Conversion.Stage) -> Void
  ) throws(ConversionError) -> (BlobContents, TypeMix?) {
    let calibration = given.map { given in
      Calibration(self, over: given) { progress(.calibrating(step: $0, of: $1)) }
    }
    let source =
      options.sparsity.map { pruned($0, as: options.typeOfBlocks, over: given) } ?? self
    switch options.type {
    case .one(let type):
      let contents = try source.blobContents(type: type, grade: options.grade)
      return (calibration.map { contents.calibrated(by: $0) } ?? contents, nil)
    case .automatic:
      guard let bound = options.maximalError else {
        throw .unsupported(provenance.source, "type", "auto without a bound of the error")
      }
      let input = try options.measured(given, of: self)
      var search = TypeSearch(
        self, try source.blobContents(grade: options.grade), calibration: calibration, over: input,
        stretches: try AccuracyReport.stretchSequences(
          for: self, like: given, limit: options.measurement.limit
        ).map(\.sequence),
        bound: bound
      ) { progress(.choosing(measured: $0)) }
      let (contents, mix) = try search.run()
      return (contents, mix)
    }
  }
}

extension SequenceArray {
  /// What `network` reads: `[T, I]` or `[B, T, I]` features, or `[T]` or `[B, T]` ids.
  package init(_ tensor: Tensor, of network: Network, file: String) throws(ConversionError) {
    try self.init(
      tensor, axes: network.readsIDs ? [.time] : [.time, .feature],
      inputSize: network.rangeOfInput, readsIDs: network.readsIDs, file: file)
  }
}
