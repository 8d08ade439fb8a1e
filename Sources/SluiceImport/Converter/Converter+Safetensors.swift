import SluiceBlob
import SluiceNetwork

extension Converter {
  /// The model of a safetensors file.
  static func convert(
    safetensors source: SourceBytes, architecture: JSONNode?, provenance: Provenance
  ) throws(ConversionError) -> ConvertedModel {
    let file = try SafetensorsFile(source)
    var tensors = TensorTable(file)
    var inferred: String?
    let described: Architecture
    if let architecture {
      described = try Architecture(architecture)
    } else if let text = file.metadata["sluice.architecture"] {
      described = try Architecture(
        JSONReader.parse(
          file: source.file + " __metadata__[\"sluice.architecture\"]", Array(text.utf8)))
    } else if SileroModel.isDescribed(by: tensors) {
      let network = try SileroModel.network(&tensors, provenance: provenance)
      return ConvertedModel(
        network: network, interface: ModelInterface(sequenceOf: network),
        inferred: SileroModel.summary)
    } else if RNNoiseModel.isDescribed(by: file) {
      let network = try RNNoiseModel.network(file, provenance: provenance)
      return ConvertedModel(
        network: network, interface: ModelInterface(sequenceOf: network),
        inferred: RNNoiseModel.summary)
    } else {
      described = try Architecture(inferredFrom: tensors)
      inferred = described.summary
    }
    var network = try described.network(&tensors, provenance: provenance)
    network.vocabulary = try vocabulary(file, network)
    network.labels = try labels(file, network)
    var model = ConvertedModel(
      network: network, interface: ModelInterface(sequenceOf: network), inferred: inferred)
    model.metadata = try ModelMetadata(
      properties: file.metadata.map { ($0.key.text, $0.value) }.sorted { $0.0 < $1.0 },
      file: source.file)
    return model
  }

  private static func vocabulary(
    _ file: SafetensorsFile, _ network: Network
  ) throws(ConversionError) -> [String] {
    guard let words = try words(file) else { return [] }
    func malformed(_ reason: String) -> ConversionError {
      .malformed(file.source.file, "__metadata__[\"sluice.vocabulary\"]", reason)
    }
    guard network.readsIDs, let count = network.layers.first?.inputSize else {
      throw malformed("a vocabulary without an embedding")
    }
    guard words.count == count else {
      throw malformed("\(words.count) words, the embedding has \(count) rows")
    }
    guard words.first == "<unk>" else { throw malformed("word 0 is not \"<unk>\"") }
    guard Set(words.map { Name($0) }).count == words.count else {
      throw malformed("a word stands twice")
    }
    return words
  }

  /// A word a line, or, where one holds the end of a line, a JSON array of strings: no list of lines begins with
  /// a bracket, as its first is "<unk>".
  private static func words(_ file: SafetensorsFile) throws(ConversionError) -> [String]? {
    let key = "sluice.vocabulary"
    guard let text = file.metadata[Name(key)], text.utf8.first == UInt8(ascii: "[") else {
      return try lines(key, file)
    }
    let name = "\(file.source.file): __metadata__[\"\(key)\"]"
    return try JSONReader.parse(file: name, Array(text.utf8)).elements().map {
      (word) throws(ConversionError) in try word.string()
    }
  }

  private static func labels(
    _ file: SafetensorsFile, _ network: Network
  ) throws(ConversionError) -> [String] {
    guard let labels = try lines("sluice.labels", file) else { return [] }
    // A single output between 0 and 1 tells two classes apart.
    let size = network.outputSize
    guard labels.count == size || (size == 1 && labels.count == 2) else {
      throw .malformed(
        file.source.file, "__metadata__[\"sluice.labels\"]",
        "\(labels.count) labels for \(size) outputs")
    }
    return labels
  }

  private static func lines(
    _ key: String, _ file: SafetensorsFile
  ) throws(ConversionError) -> [String]? {
    guard let text = file.metadata[Name(key)] else { return nil }
    let lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
      .map { String(Substring($0)) }
    guard !lines.contains("") else {
      throw .malformed(file.source.file, "__metadata__[\"\(key)\"]", "an empty line")
    }
    return lines
  }
}
