import SluiceNetwork

/// RNNoise v0.1: three GRUs over the features of a frame, whose outputs are the gain of each band and
/// the probability of speech.
///
/// Its weights are bytes, each a 256th. What its layers read is the model's definition: the
/// second GRU the dense layer, the first GRU and the frame, side by side, the third the first two GRUs
/// and the frame.
package struct RNNoiseModel {
  /// The layers in the order of the file.
  enum Part: String, CaseIterable {
    case dense = "input_dense"
    case voice = "vad_gru"
    case noise = "noise_gru"
    case denoise = "denoise_gru"
    case gains = "denoise_output"
    case activity = "vad_output"

    var isRecurrent: Bool { [.voice, .noise, .denoise].contains(self) }
    /// Blocks of columns: z, r, h of a GRU.
    var gateCount: Int { isRecurrent ? 3 : 1 }
  }

  /// One layer's weights; columns are outputs, those of the gates side by side.
  struct Weights {
    var inputSize: Int
    var outputSize: Int
    var activation: Network.Function
    /// `[inputSize, gates * outputSize]`
    var input: [Float]
    /// `[outputSize, gates * outputSize]`; empty for a dense layer.
    var hidden: [Float]
    /// `[gates * outputSize]`
    var bias: [Float]
  }

  /// Features that part `part` reads: those of a frame, and what `outputs` says of other parts.
  static func inputSize(of part: Part, frame: Int, _ outputs: (Part) -> Int) -> Int {
    switch part {
    case .dense: frame
    case .voice: outputs(.dense)
    case .noise: outputs(.dense) + outputs(.voice) + frame
    case .denoise: outputs(.voice) + outputs(.noise) + frame
    case .gains: outputs(.denoise)
    case .activity: outputs(.voice)
    }
  }

  /// The network of all parts, whose sizes fit together: gains first, then the activity.
  static func network(_ parts: [Part: Weights], provenance: Provenance) -> Network {
    var layers: [Network.Layer] = []
    var indices: [Part: Int] = [:]
    func append(_ part: Part, reading inputs: [Int]) {
      guard let weights = parts[part] else { preconditionFailure("\(part) has been read") }
      indices[part] = layers.count
      layers.append(
        Network.Layer(
          name: part.rawValue, operation: part.isRecurrent ? weights.gru : weights.dense,
          inputs: inputs))
    }
    func index(_ part: Part) -> Int { indices[part] ?? Network.networkInput }
    func join(_ name: String, _ inputs: [Int]) -> Int {
      let frame = parts[.dense]?.inputSize ?? 0
      let channels = inputs.map { $0 < 0 ? frame : layers[$0].outputSize }
      layers.append(
        Network.Layer(
          name: name, operation: .concatenate(length: 1, channels: channels), inputs: inputs))
      return layers.count - 1
    }
    append(.dense, reading: [Network.networkInput])
    append(.voice, reading: [index(.dense)])
    let frame = Network.networkInput
    append(
      .noise, reading: [join("noise_input", [index(.dense), index(.voice), frame])])
    append(
      .denoise, reading: [join("denoise_input", [index(.voice), index(.noise), frame])])
    append(.gains, reading: [index(.denoise)])
    append(.activity, reading: [index(.voice)])
    _ = join("output", [index(.gains), index(.activity)])
    return Network(layers: layers, provenance: provenance)
  }
}

extension RNNoiseModel.Weights {
  fileprivate var dense: Network.Operation {
    .dense(
      Network.Dense(
        inputSize: inputSize, outputSize: outputSize, weights: rows(of: input, [0]), bias: bias,
        activation: activation))
  }

  /// The GRU whose gate r meets h before U does, blocks z, r, h put in the order r, z, h.
  fileprivate var gru: Network.Operation {
    let order = [1, 0, 2]
    var form = Network.CellForm()
    form.candidateActivation = activation
    return .recurrent(
      Network.Recurrent(
        cell: .gru(.resetBefore), inputSize: inputSize, hiddenSize: outputSize,
        inputWeights: rows(of: input, order), hiddenWeights: rows(of: hidden, order),
        inputBias: order.flatMap { bias[$0 * outputSize..<($0 + 1) * outputSize] }, form: form))
  }

  /// The columns of `matrix` as rows, by blocks of `outputSize` in this order.
  private func rows(of matrix: [Float], _ blocks: [Int]) -> [Float] {
    let width = blocks.count * outputSize
    return blocks.flatMap { block in
      (block * outputSize..<(block + 1) * outputSize).flatMap { column in
        stride(from: column, to: matrix.count, by: width).map { matrix[$0] }
      }
    }
  }
}
