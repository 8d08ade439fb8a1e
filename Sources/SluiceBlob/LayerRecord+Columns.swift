/// Where a convolution's columns beyond those of the step come from. The raw values are the file's.
public enum ColumnPadding: UInt32, Sendable {
  /// Zeros, as many as the record says, at every step.
  case zeros = 0
  /// The columns of the steps before: a causal convolution along the stream.
  case past = 1
}

/// How a recurrent layer runs over the columns of a step, which share its weights. The raw values are the
/// file's.
public enum ColumnRecurrence: UInt32, Sendable {
  /// A step is one vector.
  case none = 0
  /// From column to column, from the initial state at every step: nothing is carried between steps.
  case along = 1
  /// From step to step, with a state for each column.
  case each = 2
}

/// What a layer does with its columns: a step's features as `[length, channels]`.
public struct ColumnShape: Sendable, Hashable {
  /// Columns read at a step, 1 where a step is a sample; 0 for kinds that have no columns, and for a
  /// recurrent layer of one vector.
  public var length = 0
  /// A convolution's or pool's taps, 0 elsewhere, as the next two.
  public var kernelSize = 0
  /// Columns from one output to the next.
  public var stride = 0
  /// Columns from one tap to the next.
  public var dilation = 0
  /// Groups of channels that do not see one another: of a convolution 1, or its channels, each of which
  /// sees itself alone.
  public var groups = 0
  /// Columns put before the step's, by a convolution, a pool or a reflecting pad.
  public var before = 0
  /// Columns put behind the step's.
  public var after = 0
  /// What a convolution's columns before and behind are.
  public var padding = ColumnPadding.zeros
  /// Added to a layer norm's variance.
  public var epsilon: Float = 0
  /// The first channel that a slice keeps.
  public var start = 0
  /// How a recurrent layer runs over its columns.
  public var recurrence = ColumnRecurrence.none

  /// No columns.
  public init() {}
}

extension LayerRecord {
  /// Features of a column read.
  public var inputChannels: Int {
    columns.length > 0 ? inputSize / columns.length : inputSize
  }

  /// Features of a column written; of a layer without columns all.
  public var outputChannels: Int { outputLength > 0 ? outputSize / outputLength : outputSize }

  /// Whether the layer is recurrent over the columns of a step.
  public var isOverColumns: Bool { columns.recurrence != .none }

  /// Whether each channel of a convolution sees itself alone.
  public var isDepthwise: Bool { columns.groups > 1 }

  /// Columns that one output of a convolution or pool sees, from the first tap to the last.
  public var reach: Int {
    kind.traits.columns == .swept ? max(columns.kernelSize - 1, 0) * columns.dilation + 1 : 0
  }

  /// Columns that a convolution keeps from one step to the next.
  public var pastLength: Int {
    kind == .convolution && columns.padding == .past ? reach - 1 : 0
  }

  /// Columns that a convolution, pool or pad sees at a step, those put before and behind included.
  public var paddedLength: Int {
    columns.before + columns.length + columns.after + pastLength
  }

  /// Columns written at a step; 1 for kinds without.
  public var outputLength: Int {
    switch kind.traits.columns {
    case .swept:
      columns.stride > 0 && paddedLength >= reach
        ? (paddedLength - reach) / columns.stride + 1 : 0
    case .padded: paddedLength
    case .kept: columns.length
    case .none: isOverColumns ? columns.length : 1
    }
  }

  /// What has weights or biases of its own: the units of a recurrent layer, the outputs of a column.
  public var laneCount: Int {
    kind.isRecurrent ? hiddenSize : outputChannels
  }

  /// Of the first layer: features of the model's input, or its ids. Whatever it lists is that input.
  public var modelInputSize: Int {
    kind == .concatenate && inputs.count > 0 ? inputSize / inputs.count : inputSize
  }

  /// Floats of a convolution's input with its padding, where it has any, rounded up to a line.
  var windowFloats: Int {
    guard kind == .convolution, paddedLength > columns.length else { return 0 }
    return (paddedLength * inputChannels + 15) / 16 * 16
  }
}

extension LayerRecord {
  /// A convolution of `length` columns of `inputChannels` each.
  public static func convolution(
    length: Int, inputChannels: Int, outputChannels: Int, kernelSize: Int, stride: Int,
    dilation: Int, before: Int, after: Int, padding: ColumnPadding, activation: Activation,
    groups: Int = 1
  ) -> LayerRecord {
    var record = LayerRecord(
      kind: .convolution, inputSize: length * inputChannels, outputSize: 0,
      outputActivation: ActivationFunction(activation))
    record.columns.length = length
    record.columns.kernelSize = kernelSize
    record.columns.stride = stride
    record.columns.dilation = dilation
    record.columns.groups = groups
    record.columns.before = before
    record.columns.after = after
    record.columns.padding = padding
    record.outputSize = record.outputLength * outputChannels
    return record
  }

  /// Mirrored columns before and behind.
  public static func reflectPad(
    length: Int, channels: Int, before: Int, after: Int
  ) -> LayerRecord {
    var record = columns(
      .reflectPad, length: length, inputSize: length * channels,
      outputSize: (before + length + after) * channels)
    record.columns.before = before
    record.columns.after = after
    return record
  }

  /// Another layer of `length` columns, of these sizes.
  public static func columns(
    _ kind: LayerKind, length: Int, inputSize: Int, outputSize: Int
  ) -> LayerRecord {
    var record = LayerRecord(kind: kind, inputSize: inputSize, outputSize: outputSize)
    record.columns.length = length
    return record
  }

  /// A mask of `inputSize` features, of which `count` from `start` on tell by `value` what is masked.
  public static func mask(inputSize: Int, start: Int, count: Int, value: Float) -> LayerRecord {
    var record = LayerRecord(kind: .mask, inputSize: inputSize, outputSize: inputSize + 1)
    record.columns.start = start
    record.maskCount = count
    record.maskValue = value
    return record
  }

  /// What `size` features were `count` steps before.
  public static func delay(size: Int, count: Int) -> LayerRecord {
    var record = LayerRecord(kind: .delay, inputSize: size, outputSize: size)
    record.delay = count
    return record
  }

  /// `outputSize` of `inputSize` features, in the order of its indices.
  public static func gather(inputSize: Int, outputSize: Int) -> LayerRecord {
    LayerRecord(kind: .gather, inputSize: inputSize, outputSize: outputSize)
  }

  /// A recurrent layer of one column, over `length` columns.
  public func over(_ length: Int, _ recurrence: ColumnRecurrence) -> LayerRecord {
    var record = self
    record.inputSize *= length
    record.outputSize *= length
    record.columns.length = length
    record.columns.recurrence = recurrence
    return record
  }

  /// The greatest of `kernelSize` neighbouring columns.
  public static func maxPool(
    length: Int, channels: Int, kernelSize: Int, stride: Int, before: Int, after: Int
  ) -> LayerRecord {
    var record = columns(.maxPool, length: length, inputSize: length * channels, outputSize: 0)
    record.columns.kernelSize = kernelSize
    record.columns.stride = stride
    record.columns.dilation = 1
    record.columns.before = before
    record.columns.after = after
    record.outputSize = record.outputLength * channels
    return record
  }

  /// The product of several layers of `size` features.
  public static func multiply(size: Int) -> LayerRecord {
    LayerRecord(kind: .multiply, inputSize: size, outputSize: size)
  }

  /// The sum of several layers of `size` features.
  public static func add(size: Int) -> LayerRecord {
    LayerRecord(kind: .add, inputSize: size, outputSize: size)
  }
}
