import SluiceBlob
import SluiceNetwork

/// A GuitarML model (JSON): an LSTM or a GRU, a dense layer, and a skip of the input to the output,
/// in PyTorch's names and shapes.
enum GuitarMLModel {
  private static let keys: Set = [
    "model", "input_size", "output_size", "hidden_size", "num_layers", "unit_type", "skip",
    "bias_fl",
  ]

  /// Keys that tell of the model without changing what it computes.
  private static let notes: Set = ["metadata", "samplerate", "input_batch", "output_batch"]

  /// The network that the file describes.
  static func network(
    _ root: JSONNode, provenance: Provenance
  ) throws(ConversionError) -> Network {
    _ = try root.object(keys: notes.union(["model_data", "state_dict"]))
    let data = try root.member("model_data")
    _ = try data.object(keys: keys)
    if let model = try data.optional("model"), try model.string() != "SimpleRNN" {
      throw model.unsupported(
        "the model \"\(quotable(try model.string()))\"; expected \"SimpleRNN\"")
    }
    let sizes = 1...Int(BlobLimits.size)
    let inputSize = try data.member("input_size").integer(in: sizes)
    let outputSize = try data.optional("output_size")?.integer(in: sizes) ?? 1
    let hiddenSize = try data.member("hidden_size").integer(in: sizes)
    let count = try data.optional("num_layers")?.integer(in: 1...BlobLimits.layerCount - 4) ?? 1
    let cell = try cell(try data.member("unit_type"))
    let skip = try skip(data, inputSize: inputSize, outputSize: outputSize)

    var table = try TensorTable(try root.member("state_dict"))
    if let bias = try data.optional("bias_fl"), try bias.flag() != table.has("lin.bias") {
      throw bias.malformed(
        table.has("lin.bias") ? "false, yet there is a lin.bias" : "true, yet there is no lin.bias")
    }
    let architecture = Architecture(
      inputSize: inputSize,
      layers: [
        Architecture.Layer(
          .recurrent(Architecture.Recurrent(cell: cell, tensors: "rec.", count: count))),
        Architecture.Layer(.dense(tensors: "lin.", activation: .identity)),
      ])
    var network = try architecture.network(&table, provenance: provenance)
    for (found, key, wanted) in [
      (network.layers[0].outputSize, "hidden_size", hiddenSize),
      (network.outputSize, "output_size", outputSize),
    ] where found != wanted {
      throw data.malformed("\(key) is \(wanted), the weights are of \(found)")
    }
    if skip > 0 { network.appendSkip(from: Network.networkInput, count: skip) }
    return network
  }

  private static func cell(_ node: JSONNode) throws(ConversionError) -> Network.Cell {
    switch try node.string() {
    case "LSTM": return .lstm
    case "GRU": return .gru(.resetAfter)
    case "RNN": return .rnn(.tanh)
    case let name:
      throw node.unsupported("the unit \"\(quotable(name))\"; expected LSTM, GRU or RNN")
    }
  }

  /// How many inputs are added to the outputs.
  private static func skip(
    _ data: JSONNode, inputSize: Int, outputSize: Int
  ) throws(ConversionError) -> Int {
    let node = try data.member("skip")
    if case .bool(let skips) = node.value { return skips ? 1 : 0 }
    let count = try node.integer(in: 0...Int(BlobLimits.size))
    guard count <= inputSize, count <= 1 || count == outputSize else {
      throw node.unsupported(
        "\(count) of \(inputSize) inputs added to \(outputSize) outputs; expected 0, 1 or as many "
          + "as there are outputs")
    }
    return count
  }
}
