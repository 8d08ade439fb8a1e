import SluiceBlob
import SluiceNetwork

/// Silero VAD as safetensors: tensors alone, whose names and shapes say that it is this model.
///
/// What the shapes leave open is the model's definition: a step reads a window and a quarter of
/// samples, of which the first eighth are the previous step's last; a quarter of a window is mirrored
/// behind them; the spectrum's windows stand half a window apart; the second and third convolution
/// have stride 2.
package enum SileroModel {
  /// The tensors, and how many axes each has.
  private static let ranks: [Name: Int] = [
    "stft_conv.weight": 3, "conv1.weight": 3, "conv1.bias": 1, "conv2.weight": 3, "conv2.bias": 1,
    "conv3.weight": 3, "conv3.bias": 1, "conv4.weight": 3, "conv4.bias": 1,
    "lstm_cell.weight_ih": 2, "lstm_cell.weight_hh": 2, "lstm_cell.bias_ih": 1,
    "lstm_cell.bias_hh": 1, "final_conv.weight": 3, "final_conv.bias": 1,
  ]

  /// Whether these are the tensors of the model.
  static func isDescribed(by tensors: TensorTable) -> Bool { tensors.unused == Set(ranks.keys) }

  /// Samples that a step of a graph of the model reads; nil where the graph is another's.
  ///
  /// The file leaves them open; its basis of the spectrum does not. Of two, the rate says which.
  static func frame(in model: ONNXModel) -> Int? {
    var windows: Set<Int> = []
    func add(_ name: Name, _ shape: [Int]) {
      guard name.text.hasSuffix("stft.forward_basis_buffer"), shape.count == 3, shape[1] == 1,
        shape[0] == shape[2] + 2, shape[2] % 8 == 0, shape[2] <= 1 << 12
      else { return }
      windows.insert(shape[2])
    }
    for (name, tensor) in model.initializers { add(name, tensor.shape) }
    for graph in model.subgraphs {
      for (name, tensor) in graph.initializers { add(name, tensor.shape) }
    }
    for node in model.allNodes where node.operation == "Constant" {
      for attribute in node.attributes {
        if case .tensor(let tensor) = attribute.value, let name = node.output(0) {
          add(name, tensor.shape)
        }
      }
    }
    if windows.count > 1, let rate = model.fixed["sr"]?.integers?.first {
      windows = windows.filter { Int64($0) * 125 == 2 * rate }
    }
    return windows.count == 1 ? windows.first.map { $0 * 9 / 4 } : nil
  }

  /// What it is, in one line.
  static let summary = "Silero VAD (stft_conv, conv1 to conv4, lstm_cell, final_conv)"

  /// What the metadata say of a network that is this model, from whatever format: a frame of 9/4 windows, a
  /// quarter of a window mirrored behind it. Nil for others, and where no rate belongs to the window.
  package static func metadata(of network: Network) -> JSON? {
    let rates = [576: 16000, 288: 8000]
    guard case .reflectPad(let pad)? = network.layers.first?.operation, pad.channels == 1,
      pad.before == 0, pad.after * 9 == pad.length, let rate = rates[pad.length],
      network.inputSize == pad.length, network.outputSize == 1, network.output == .sequence
    else { return nil }
    let context = pad.length / 9
    return .object([
      ("task", .string("\(ModelTask.voiceActivity)")), ("sample_rate", .integer(rate)),
      ("hop", .integer(8 * context)), ("context", .integer(context)),
    ])
  }

  static func network(
    _ tensors: inout TensorTable, provenance: Provenance
  ) throws(ConversionError) -> Network {
    let basis = try tensors.shape("stft_conv.weight", rank: 3)
    let window = basis[2]
    guard basis[0] == window + 2, basis[1] == 1, window % 8 == 0, window <= 1 << 12 else {
      throw tensors.error(
        "stft_conv.weight", "has the shape \(basis), expected [window + 2, 1, window]")
    }
    let frame = window * 9 / 4
    var layers: [Network.Layer] = []
    func add(_ name: String, _ operation: Network.Operation) {
      layers.append(Network.Layer(name: name, operation: operation))
    }
    add(
      "pad", .reflectPad(.init(length: frame, channels: 1, before: 0, after: window / 4)))
    let spectrum = Network.Convolution(
      length: frame + window / 4, inputChannels: 1, outputChannels: basis[0], kernelSize: window,
      stride: window / 2, padding: .zeros(before: 0, after: 0),
      weights: try tensors.take("stft_conv.weight", shape: basis, why: ""))
    add("stft_conv", .convolution(spectrum))
    add("magnitude", .magnitude(length: spectrum.outputLength, channels: basis[0] / 2))
    var (length, channels) = (spectrum.outputLength, basis[0] / 2)
    for (index, stride) in [1, 2, 2, 1].enumerated() {
      let name = "conv\(index + 1)"
      let shape = try tensors.shape(name + ".weight", rank: 3)
      let layer = Network.Convolution(
        length: length, inputChannels: channels, outputChannels: shape[0], kernelSize: shape[2],
        stride: stride, padding: .zeros(before: shape[2] / 2, after: shape[2] / 2),
        weights: try tensors.take(
          name + ".weight", shape: [shape[0], channels, shape[2]],
          why: "\(channels) channels come in"),
        bias: try tensors.take(name + ".bias", shape: [shape[0]], why: "rows of \(name).weight"),
        activation: .relu)
      guard layer.reach <= length + 2 * (shape[2] / 2) else {
        throw tensors.error(name + ".weight", "\(shape[2]) taps over \(length) columns")
      }
      add(name, .convolution(layer))
      (length, channels) = (layer.outputLength, shape[0])
    }
    let (operation, size) = try cell(&tensors, inputs: length * channels)
    add("lstm_cell", operation)
    add("relu", .activation(.relu, size: size))
    let outputs = try tensors.shape("final_conv.weight", rank: 3)[0]
    add(
      "final_conv",
      .dense(
        .init(
          inputSize: size, outputSize: outputs,
          weights: try tensors.take(
            "final_conv.weight", shape: [outputs, size, 1], why: "the LSTM has \(size) units"),
          bias: try tensors.take(
            "final_conv.bias", shape: [outputs], why: "rows of final_conv.weight"),
          activation: .sigmoid)))
    return Network(layers: layers, provenance: provenance)
  }

  private static func cell(
    _ tensors: inout TensorTable, inputs: Int
  ) throws(ConversionError) -> (Network.Operation, size: Int) {
    let size = try tensors.shape("lstm_cell.weight_hh", rank: 2)[1]
    guard size <= Int(BlobLimits.size) else {
      throw tensors.error("lstm_cell.weight_hh", "too large")
    }
    let why = "4 gates of \(size) units, \(inputs) features come in"
    func take(_ name: String, _ shape: [Int]) throws(ConversionError) -> [Float] {
      try tensors.take("lstm_cell." + name, shape: shape, why: why)
    }
    return (
      .recurrent(
        .init(
          cell: .lstm, inputSize: inputs, hiddenSize: size,
          inputWeights: try take("weight_ih", [4 * size, inputs]),
          hiddenWeights: try take("weight_hh", [4 * size, size]),
          inputBias: try take("bias_ih", [4 * size]), hiddenBias: try take("bias_hh", [4 * size]))),
      size
    )
  }
}
