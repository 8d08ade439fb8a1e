import SluiceBlob
import SluiceNetwork

/// A Neural Amp Modeler model (`.nam`) of the architecture "LSTM".
///
/// Its weights are one flat list: of each layer W `[4H, in + H]`, the columns of the input and of
/// the hidden state side by side, rows i, f, g, o; b `[4H]`; h `[H]`; C `[H]` before the first
/// step. Then the head's weights `[out, H]` and bias `[out]`.
enum NAMModel {
  /// Keys that tell of the model without changing what it computes.
  private static let notes: Set = ["metadata", "sample_rate"]

  /// The network that the file describes.
  static func network(
    _ root: JSONNode, provenance: Provenance
  ) throws(ConversionError) -> Network {
    _ = try root.object(keys: notes.union(["version", "architecture", "config", "weights"]))
    try checkVersion(try root.member("version"))
    let architecture = try root.member("architecture")
    let name = try architecture.string()
    guard name == "LSTM" else {
      throw architecture.unsupported("the architecture \"\(quotable(name))\"; expected \"LSTM\"")
    }
    if let rate = try root.optional("sample_rate"), rate.value != .null { _ = try rate.double() }
    let config = try root.member("config")
    _ = try config.object(
      keys: ["input_size", "hidden_size", "num_layers", "in_channels", "out_channels"])
    let sizes = 1...Int(BlobLimits.size)
    let inputSize = try config.member("input_size").integer(in: sizes)
    let hiddenSize = try config.member("hidden_size").integer(in: sizes)
    let count = try config.member("num_layers").integer(in: 1...BlobLimits.layerCount - 1)
    if let channels = try config.optional("in_channels"),
      try channels.integer(in: sizes) != inputSize
    {
      throw channels.unsupported("another number than input_size, \(inputSize)")
    }
    let outputSize = try config.optional("out_channels")?.integer(in: sizes) ?? 1

    let weights = try root.member("weights")
    let expected =
      4 * hiddenSize * inputSize + (count - 1) * 4 * hiddenSize * hiddenSize
      + count * (4 * hiddenSize * hiddenSize + 4 * hiddenSize + 2 * hiddenSize)
      + outputSize * (hiddenSize + 1)
    var rest = try weights.array(
      shape: [expected],
      "\(count) layers of \(hiddenSize) units on \(inputSize) inputs, and \(outputSize) outputs")[
        ...]
    func take(_ count: Int) -> [Float] {
      defer { rest = rest.dropFirst(count) }
      return Array(rest.prefix(count))
    }
    var layers: [Network.Layer] = []
    for index in 0..<count {
      let size = index == 0 ? inputSize : hiddenSize
      let rows = (0..<4 * hiddenSize).map { _ in take(size + hiddenSize) }
      let bias = take(4 * hiddenSize)
      let (hidden, cell) = (take(hiddenSize), take(hiddenSize))
      let layer = Network.Recurrent(
        cell: .lstm, inputSize: size, hiddenSize: hiddenSize,
        inputWeights: rows.flatMap { $0.prefix(size) },
        hiddenWeights: rows.flatMap { $0.dropFirst(size) }, inputBias: bias,
        initialHidden: hidden, initialCell: cell)
      layers.append(Network.Layer(name: "lstm.\(index)", operation: .recurrent(layer)))
    }
    let head = Network.Dense(
      inputSize: hiddenSize, outputSize: outputSize, weights: take(outputSize * hiddenSize),
      bias: take(outputSize))
    layers.append(Network.Layer(name: "head", operation: .dense(head)))
    return Network(layers: layers, provenance: provenance)
  }

  /// Versions before 1 have this layout.
  private static func checkVersion(_ node: JSONNode) throws(ConversionError) {
    let text = try node.string()
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 3, !parts.contains(nil) else {
      throw node.malformed("expected a version such as \"0.5.4\"")
    }
    guard parts[0] == 0 else {
      throw node.unsupported("the version \"\(quotable(text))\"; expected 0.x")
    }
  }
}
