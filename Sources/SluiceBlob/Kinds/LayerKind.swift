/// What a layer computes. The raw values are those of the file.
public enum LayerKind: UInt32, Sendable {
  /// A table row for each token id: `[vocabulary, outputSize]`.
  case embedding = 1
  /// Long short-term memory: forget, input and output gates, a cell state, h = o * tanh(C).
  case lstm = 2
  /// Gated recurrent unit, in one of two ``GRUVariant`` forms.
  case gru = 3
  /// Elman network: h = f(W x + U h + b), f = tanh or relu.
  case rnn = 4
  /// Fully connected: y = f(W x + b).
  case dense = 5
  /// An activation alone, elementwise or softmax over the layer's outputs.
  case activation = 6
  /// Taps over neighbouring columns, within a step or along the stream.
  case convolution = 7
  /// y = scale * x + shift, a factor and a summand for each channel.
  case scale = 8
  /// (x - mean) / sqrt(variance + epsilon) * scale + shift, over each column.
  case layerNorm = 9
  /// x where x >= 0, else the channel's slope times x.
  case prelu = 10
  /// The sum of several layers.
  case add = 11
  /// The columns of several layers side by side.
  case concatenate = 12
  /// sqrt(re^2 + im^2), of columns that hold all re, then all im.
  case magnitude = 13
  /// Mirrored columns before and behind a step's.
  case reflectPad = 14
  /// Some neighbouring channels of every column.
  case slice = 15
  /// x and a mark that is not 0, or zeros alone where some features all have the masked value: a step
  /// that recurrent layers with ``CellFlags/masked`` pass over.
  case mask = 16
  /// The product of several layers.
  case multiply = 17
  /// The greatest of neighbouring columns, of each channel.
  case maxPool = 18
  /// The index of each column's greatest channel.
  case argMax = 19
  /// What was read some steps before.
  case delay = 20
  /// Some features in some order: y[j] = x[index[j]], or 0.
  case gather = 21
}

extension LayerKind {
  /// The kind's row of the one table.
  package var traits: LayerTraits {
    switch self {
    case .embedding: LayerTraits("embedding", weights: .table)
    case .lstm:
      .cell(
        "lstm", gates: 4, .ifgo, vectors: 2, gate: .sigmoid, candidate: .tanh, output: .tanh,
        flags: .all)
    case .gru:
      .cell(
        "gru", gates: 3, .rzn, vectors: 1, gate: .sigmoid, candidate: .tanh, flags: .masked,
        hasVariant: true)
    case .rnn:
      .cell(
        "rnn", gates: 1, .none, vectors: 1,
        candidate: LayerFunction(
          allowed: .ofCells, plain: .tanh.and(ActivationSet(.relu)), fast: .tanh),
        flags: .masked)
    case .dense: LayerTraits("dense", weights: .matrix, gates: 1, output: .ofLayer)
    case .activation: LayerTraits("activation", output: .ofLayer, outputSize: .input)
    case .convolution:
      LayerTraits(
        "convolution", weights: .taps, gates: 1,
        output: LayerFunction(
          allowed: .plain.without(.overOutputs), plain: .all, fast: .none),
        columns: .swept)
    case .scale: .channels("scale", rows: 2)
    case .layerNorm: .channels("layer_norm", rows: 2, hasEpsilon: true)
    case .prelu: .channels("prelu", rows: 1)
    case .add: LayerTraits("add", outputSize: .input, fewestListed: 2)
    case .concatenate:
      LayerTraits("concatenate", outputSize: .input, columns: .kept, fewestListed: 1)
    case .magnitude: LayerTraits("magnitude", outputSize: .half, columns: .kept)
    case .reflectPad: LayerTraits("reflect_pad", outputSize: .padded, columns: .padded)
    case .slice: LayerTraits("slice", columns: .kept)
    case .mask: LayerTraits("mask", outputSize: .marked, since: 2)
    case .multiply: LayerTraits("multiply", outputSize: .input, fewestListed: 2, since: 2)
    case .maxPool: LayerTraits("max_pool", outputSize: .padded, columns: .swept, since: 2)
    case .argMax: LayerTraits("arg_max", outputSize: .columns, columns: .kept, since: 2)
    case .delay: LayerTraits("delay", outputSize: .input, since: 2)
    case .gather: LayerTraits("gather", weights: .indices, since: 2)
    }
  }

  /// Whether the layer is a cell: it has a state h, as a rule carried from step to step.
  public var isRecurrent: Bool { traits.stateVectors > 0 }

  /// Whether the layer sees its features as columns of channels.
  public var hasColumns: Bool { traits.columns != .none }

  /// Whether the layer reads several layers.
  public var readsSeveral: Bool { traits.fewestListed > 0 }

  /// Whether the layer's weights may be of another type than f32.
  public var hasCompactWeights: Bool { traits.weights.mayBeCompact }
}
