import SluiceBlob
import SluiceNetwork

/// What is said of a model in a JSON object, which the blob then carries: names and units, rates, a version. Where
/// it gives a mean and a deviation of inputs or outputs, the network reads and writes in their units.
///
/// Every key has a meaning here and is checked, so that one that is misspelt is an error; those under `custom`
/// are the author's.
public struct ModelMetadata: Sendable {
  /// The keys of the object. `inputs` and `outputs` have ``ModelMetadata/Feature/keys``.
  static let keys: Set<String> = [
    "name", "description", "version", "license", "task", "sample_rate", "hop", "context", "horizon",
    "missing", "inputs", "outputs", "labels", "decision", "calibrated_range", "pair",
    "longest_text", "custom",
  ]

  let file: String
  let inputs: [Feature]?
  let outputs: [Feature]?
  private let labels: [String]?
  private let isVoiceActivity: Bool
  private let isDenoising: Bool
  /// What the model spots, where that is its task.
  package let keywords: Keywords?
  /// Samples of a step by hop and context; nil where one of them is not said.
  let frameSize: Int?
  private let missing: MissingPolicy?
  private let calibratedCount: Int?
  /// The text, as the author wrote it.
  public let text: String

  /// Reads a file.
  public init(path: String) throws(ConversionError) {
    try self.init(SourceBytes(path: path))
  }

  /// Reads such a text; `file` names it in errors. Of one that a blob carries, what is unknown may be allowed:
  /// whoever wrote the blob may know more keys, and tasks.
  public init(
    text: String, file: String, allowingUnknown: Bool = false
  ) throws(ConversionError) {
    try self.init(
      SourceBytes(file: file, Array(text.utf8)), allowingUnknown: allowingUnknown)
  }

  /// Reads what an open blob carries, whatever is unknown in it; nil where it carries nothing.
  public init?(of blob: BlobView, file: String) throws(ConversionError) {
    let bytes = unsafe Array(blob.metadata)
    guard !bytes.isEmpty else { return nil }
    try self.init(SourceBytes(file: file, bytes), allowingUnknown: true)
  }

  init(_ source: SourceBytes, allowingUnknown: Bool = false) throws(ConversionError) {
    guard source.count <= BlobLimits.metadataLength else {
      throw .unsupported(
        source.file, "",
        "\(source.count) bytes; a blob carries up to \(BlobLimits.metadataLength) of metadata")
    }
    let root = try JSONReader.parse(source)
    file = source.file
    text = String(decoding: source.array(0..<source.count), as: UTF8.self)
    for key in try root.object().keys where !allowingUnknown && !Self.keys.hasBytes(of: key) {
      throw root.malformed(
        "the key \"\(quotable(key))\" is unknown; keys of your own stand in the object \"custom\", "
          + "known ones are \(Self.keys.sorted().joined(separator: ", "))")
    }
    func features(_ key: String) throws(ConversionError) -> [Feature]? {
      guard let node = try root.optional(key) else { return nil }
      return try Feature.list(node, allowingUnknown: allowingUnknown)
    }
    inputs = try features("inputs")
    outputs = try features("outputs")
    labels = try root.optional("labels")?.elements().map { (label) throws(ConversionError) in
      let text = try label.string()
      guard (1...BlobLimits.nameLength).contains(text.utf8.count), !text.utf8.contains(0) else {
        throw label.malformed(
          "a label of \(text.utf8.count) bytes; expected 1 to 255, none of them 0")
      }
      return text
    }
    for key in ["name", "version", "license", "description", "pair"] {
      _ = try root.optional(key)?.string()
    }
    var counts: [String: Int] = [:]
    for key in ["hop", "context", "horizon", "longest_text"] {
      let least = key == "longest_text" ? 1 : 0
      counts[key] = try root.optional(key)?.integer(in: least...Int(Int32.max))
    }
    let rate = try root.optional("sample_rate")
    if let rate, try rate.double() <= 0 {
      throw rate.malformed("expected samples a second, a number greater than zero")
    }
    _ = try root.optional("custom")?.object()
    missing = try root.optional("missing").map(MissingPolicy.init)
    calibratedCount = try root.optional("calibrated_range").map(Self.rangeCount)
    var task = try root.optional("task")
    let stated = try task?.string()
    isVoiceActivity = stated == "\(ModelTask.voiceActivity)"
    isDenoising = stated == "\(ModelTask.denoising)"
    let spotsKeywords = stated == "\(ModelTask.keywordSpotting)"
    if let other = task, !isVoiceActivity, !isDenoising, !spotsKeywords {
      guard allowingUnknown else {
        throw other.malformed(
          "expected \"\(ModelTask.voiceActivity)\", \"\(ModelTask.denoising)\" or "
            + "\"\(ModelTask.keywordSpotting)\", the tasks that mean something here")
      }
      task = nil
    }
    frameSize = counts["hop"].flatMap { hop in counts["context"].map { hop + $0 } }
    if let task {
      guard let rate, frameSize != nil, counts["hop"] != 0 else {
        throw task.malformed("needs sample_rate, a hop of at least 1, and context")
      }
      _ = try rate.integer(in: 1...10_000_000)
    }
    guard let task, spotsKeywords else {
      keywords = nil
      guard let decision = try root.optional("decision"), !allowingUnknown else { return }
      throw decision.malformed("goes with \"task\": \"\(ModelTask.keywordSpotting)\"")
    }
    keywords = try Keywords(root, task: task, labels: labels, allowingUnknown: allowingUnknown)
  }

  /// The network with this metadata, reading and writing in the units that they name.
  public func applied(to network: Network) throws(ConversionError) -> Network {
    var network = network
    network.metadata = text
    let inputCount = network.readsIDs ? 1 : network.inputSize
    try check(inputs?.count, "inputs", inputCount, "reads")
    try check(outputs?.count, "outputs", network.outputSize, "writes")
    if let calibratedCount, calibratedCount > 0 {
      try check(calibratedCount, "calibrated_range", inputCount, "reads")
    }
    if isVoiceActivity { try checkVoiceActivity(network) }
    if isDenoising { try checkDenoising(network) }
    let misfit = keywords?.misfit(
      inputs: network.inputSize, outputs: network.outputSize, readsTokens: network.readsIDs,
      isSequence: network.output == .sequence)
    if let misfit { throw .malformed(file, misfit.place, misfit.reason) }
    if let labels {
      let size = network.outputSize
      guard labels.count == size || (size == 1 && labels.count == 2) else {
        throw .malformed(file, "$.labels", "\(labels.count) labels for \(size) outputs")
      }
      network.labels = labels
    }
    if let unit = unitOfInput {
      guard !network.readsIDs else {
        throw .unsupported(file, "$.inputs", "a mean or std of token ids, which are no numbers")
      }
      network.prepend(Network.Layer(name: "metadata.inputs", operation: .scale(unit)))
    }
    if let outputs, outputs.contains(where: \.isScaled) {
      let scale = Network.Scale(
        scale: outputs.map { Float($0.deviation) }, shift: outputs.map { Float($0.mean) })
      network.layers.append(
        Network.Layer(name: "metadata.outputs", operation: .scale(scale)))
    }
    return network
  }

  /// These, and of `others` what they do not say.
  public func merged(over others: ModelMetadata) throws(ConversionError) -> ModelMetadata {
    let own = try JSONReader.parse(file: file, Array(text.utf8)).object().keys
    let kept = try JSONReader.parse(file: others.file, Array(others.text.utf8)).members().filter {
      member in !own.hasBytes(of: member.key)
    }
    guard !kept.isEmpty else { return self }
    guard !own.isEmpty else { return others }
    let members = try kept.map { (member) throws(ConversionError) -> JSON.Member in
      (member.key, try member.node.json())
    }
    // As the author wrote them, behind the brace.
    let head = JSON.object(members).text.dropLast()
    let rest = text.drop { $0 != "{" }.dropFirst()
    return try ModelMetadata(text: "\(head),\(rest)", file: file)
  }

  /// (x - mean) / std, as a factor and a summand; nil where nothing is scaled.
  private var unitOfInput: Network.Scale? {
    guard let inputs, inputs.contains(where: \.isScaled) else { return nil }
    return Network.Scale(
      scale: inputs.map { Float(1 / $0.deviation) },
      shift: inputs.map { Float(-$0.mean / $0.deviation) })
  }

  /// What brings the inputs of a blob with this metadata to those of its network; nil where nothing does.
  package static func unit(ofInputsIn metadata: String) -> Network.Scale? {
    guard !metadata.isEmpty else { return nil }
    return (try? ModelMetadata(text: metadata, file: "", allowingUnknown: true))?.unitOfInput
  }

  /// The names of the inputs, nil for those without one; empty where none are described.
  package var inputNames: [String?] { inputs?.map(\.name) ?? [] }

  /// What becomes of a number that is missing in each of `count` inputs; nil where nothing is said.
  package func missingPolicies(count: Int) -> [MissingPolicy]? {
    guard missing != nil || inputs?.contains(where: { $0.missing != nil }) == true else {
      return nil
    }
    return (0..<count).map { index in
      (inputs.flatMap { $0.indices.contains(index) ? $0[index].missing : nil }) ?? missing
        ?? .refuse
    }
  }

  private func check(
    _ found: Int?, _ key: String, _ count: Int, _ verb: String
  ) throws(ConversionError) {
    guard let found, found != count else { return }
    throw .malformed(
      file, "$.\(key)", "describes \(found) features; the model \(verb) \(count)")
  }

  /// How many pairs a range has: one for each input, or 0 for one pair for all of them.
  private static func rangeCount(_ node: JSONNode) throws(ConversionError) -> Int {
    let elements = try node.elements()
    guard elements.first?.isArray == true else {
      try Feature.checkRange(node)
      return 0
    }
    for range in elements { try Feature.checkRange(range) }
    return elements.count
  }
}

extension Network {
  /// What brings the input's units, where metadata name some, to those of the layers behind.
  package var unitOfInput: Scale? { ModelMetadata.unit(ofInputsIn: metadata) }

  /// Puts a layer before all others, which reads the network's input.
  fileprivate mutating func prepend(_ layer: Layer) {
    for index in layers.indices {
      layers[index].inputs = layers[index].inputs.map { $0 + 1 }
    }
    layers.insert(layer, at: 0)
  }
}
