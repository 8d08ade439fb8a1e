import SluiceBlob
import SluiceNetwork

extension Architecture {
  /// The network of these layers, its weights taken from `tensors`, none of which may be left over.
  package func network(
    _ tensors: inout TensorTable, provenance: Provenance
  ) throws(ConversionError) -> Network {
    for (name, inFile, node) in names {
      guard tensors.rename(inFile, to: name) else {
        throw tensors.has(inFile)
          ? node.malformed("another tensor is called \"\(quotable(name))\"")
          : tensors.missing(at: node)
      }
    }
    var builder = ArchitectureBuilder(self, tensors)
    for layer in layers { try builder.append(layer) }
    tensors = builder.tensors
    for prefix in ignored { tensors.ignore(startingWith: prefix) }
    try tensors.checkAllUsed()
    var network = Network(layers: builder.chain, output: output, provenance: provenance)
    network.dropUnreadFeatures(of: builder.marks.values.map(\.features))
    return network
  }
}

/// Layers of a network as they come out of an architecture and its tensors.
struct ArchitectureBuilder {
  var tensors: TensorTable
  var chain: [Network.Layer] = []
  private let inputSize: Int?
  /// The index of the layer that writes what is called so.
  private var ends: [Name: Int] = [Name(Architecture.inputName): Network.networkInput]
  /// The indices of the layers that the next one reads.
  var inputs: [Int] = [Network.networkInput]
  /// What masks steps, by the name of its layer.
  var marks: [Name: Marks] = [:]
  /// Where the layer at hand stands, for errors.
  private var node: JSONNode?

  init(_ architecture: Architecture, _ tensors: TensorTable) {
    inputSize = architecture.inputSize
    self.tensors = tensors
  }

  mutating func append(_ layer: Architecture.Layer) throws(ConversionError) {
    node = layer.node
    inputs = [chain.count - 1]
    if let names = layer.inputs { inputs = try names.map(index(of:)) }
    let count = inputs.count
    switch layer.kind {
    case .add, .concatenate:
      guard count >= 2 else { throw malformed("inputs", "expected at least two inputs") }
    default:
      guard count == 1 else { throw malformed("inputs", "\(count) inputs; expected one") }
    }
    try append(layer.kind, name: layer.name)
    guard let name = layer.name else { return }
    if case .masking = layer.kind { mark(name) }
    if case .embedding(_, masksZero: true) = layer.kind { mark(name) }
    guard ends.updateValue(chain.count - 1, forKey: Name(name)) == nil else {
      throw malformed("name", "the name \"\(quotable(name))\" stands twice")
    }
  }

  private func index(of name: String) throws(ConversionError) -> Int {
    guard let index = ends[Name(name)] else {
      throw malformed("inputs", "no layer before it has the name \"\(quotable(name))\"")
    }
    return index
  }

  func malformed(_ key: String, _ reason: String) -> ConversionError {
    .malformed(node?.file ?? tensors.file, node.map { "\($0.path).\(key)" } ?? key, reason)
  }

  func unsupported(_ key: String, _ reason: String) -> ConversionError {
    .unsupported(node?.file ?? tensors.file, node.map { "\($0.path).\(key)" } ?? key, reason)
  }

  /// Features that the layer at hand reads of its first input, and who says so; nil where nothing
  /// does.
  var features: (size: Int, why: String)? { features(of: inputs[0]) }

  private func features(of index: Int) -> (size: Int, why: String)? {
    guard index >= 0 else { return inputSize.map { ($0, "input_size is \($0)") } }
    return (
      chain[index].outputSize, "\(chain[index].name) writes \(chain[index].outputSize) features"
    )
  }

  /// The features that the layer at hand reads, which must be known.
  func knownFeatures() throws(ConversionError) -> Int {
    guard let size = features?.size else {
      throw .malformed(
        node?.file ?? tensors.file, "input_size", "the first layer does not tell its size")
    }
    return size
  }

  /// Channels of each of the columns that the layer at hand reads.
  private func channels(of length: Int) throws(ConversionError) -> Int {
    let size = try knownFeatures()
    guard size % length == 0 else {
      throw malformed("length", "\(size) features are no \(length) columns")
    }
    return size / length
  }

  /// Appends a layer that reads `inputs`; the next one reads it.
  mutating func append(_ name: String, _ operation: Network.Operation) throws(ConversionError) {
    if let reason = operation.refusalOfSizes { throw unsupported("type", reason) }
    let reads = inputs == [chain.count - 1] ? [] : inputs
    chain.append(Network.Layer(name: name, operation: operation, inputs: reads))
    inputs = [chain.count - 1]
  }

  private mutating func append(
    _ kind: Architecture.Kind, name: String?
  ) throws(ConversionError) {
    func own(_ tensors: String, _ kind: String) -> String {
      let prefix = tensors.hasSuffix(".") ? String(tensors.dropLast()) : tensors
      return name ?? (prefix.isEmpty ? kind : prefix)
    }
    switch kind {
    case .embedding(let prefix, let masksZero):
      guard chain.isEmpty else {
        throw tensors.error(prefix + "weight", "an embedding stands first")
      }
      let (name, table) = (own(prefix, "embedding"), try embedding(prefix))
      if masksZero {
        try append("\(name).mask", .embedding(table.marked))
        try appendFeatures(of: chain.count - 1, table.size, name: name)
      } else {
        try append(name, .embedding(table))
      }
    case .masking(let value):
      let (name, size) = (name ?? "masking\(chain.count)", try knownFeatures())
      try append("\(name).mask", .mask(.init(size: size, start: 0, count: size, value: value)))
      try appendFeatures(of: chain.count - 1, size, name: name)
    case .recurrent(let layer): try append(layer, name: own(layer.tensors, layer.cell.kind.name))
    case .dense(let prefix, let activation):
      try append(own(prefix, "dense"), .dense(try dense(prefix, activation)))
    case .convolution(let layer):
      var taps = try convolution(layer)
      let function = taps.activation
      let name = own(layer.tensors, "conv1d")
      // A convolution's kernel has the plain functions alone: others are a layer behind it.
      guard !function.isPlainPointwise else {
        try append(taps, name: name)
        break
      }
      taps.activation = .identity
      try append(taps, name: "\(name)_sums")
      try append(name, .activation(function, size: try knownFeatures()))
    case .layerNorm(let prefix, let epsilon):
      try append(own(prefix, "layernorm"), .layerNorm(try layerNorm(prefix, epsilon)))
    case .batchNorm(let prefix, let epsilon):
      try append(own(prefix, "batchnorm"), .scale(try batchNorm(prefix, epsilon)))
    case .prelu(let prefix): try append(own(prefix, "prelu"), .prelu(try prelu(prefix)))
    case .activation(let function):
      try append(
        name ?? "activation\(chain.count)", .activation(function, size: try knownFeatures()))
    case .add:
      let size = try knownFeatures()
      for index in inputs where features(of: index)?.size != size {
        throw malformed(
          "inputs", "\(features(of: index)?.size ?? 0) and \(size) features are added")
      }
      try append(name ?? "add\(chain.count)", .add(size: size, count: inputs.count))
    case .concatenate:
      var channels: [Int] = []
      for index in inputs {
        guard let size = features(of: index)?.size else {
          throw .malformed(node?.file ?? tensors.file, "input_size", "is needed to concatenate")
        }
        channels.append(size)
      }
      try append(name ?? "concatenate\(chain.count)", .concatenate(length: 1, channels: channels))
    case .scale(let factor, let summand):
      let size = try knownFeatures()
      try append(
        name ?? "scale\(chain.count)",
        .scale(
          Network.Scale(
            scale: Array(repeating: factor, count: size),
            shift: Array(repeating: summand, count: size))))
    case .maxPool(let length, let size, let stride):
      let channels = try channels(of: length)
      guard size <= length else {
        throw malformed("size", "the pool sees \(size) columns; a step has \(length)")
      }
      let pool = Network.MaxPool(
        length: length, channels: channels, kernelSize: size, stride: stride)
      try append(name ?? "maxpool\(chain.count)", .maxPool(pool))
    case .transpose(let length):
      let channels = try channels(of: length)
      let order = (0..<channels).flatMap { channel in (0..<length).map { $0 * channels + channel } }
      let gather = Network.Gather(inputSize: length * channels, indices: order)
      try append(name ?? "transpose\(chain.count)", .gather(gather))
    case .slice(let start, let count):
      let size = try knownFeatures()
      guard start + count <= size else {
        throw malformed("count", "\(start) and \(count) go beyond the \(size) features")
      }
      try append(
        name ?? "slice\(chain.count)",
        .slice(Network.Slice(channels: size, start: start, count: count)))
    }
  }
}
