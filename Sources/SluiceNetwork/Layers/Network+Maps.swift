import SluiceBlob

extension Network {
  /// A convolution over columns of channels: of column c,
  /// f(sum over taps k of W[k] x[c * stride + k * dilation] + b).
  ///
  /// A step reads `length` columns, `[length, inputChannels]`, the channels of a column side by
  /// side, and writes `[outputLength, outputChannels]`. Sample by sample, `length` is 1. A stride
  /// makes fewer columns of a step's columns: a stream of samples, of which only every second
  /// yields an output, is one whose steps read two.
  public struct Convolution: Sendable {
    /// What lies before the first and behind the last column of a step.
    public enum Padding: Sendable, Hashable {
      /// Columns of zeros at every step: a convolution within the step.
      case zeros(before: Int, after: Int)
      /// The last `(kernelSize - 1) * dilation` columns of the steps before, zeros before the
      /// first: a causal convolution along the stream. The taps of output c end at column
      /// c * stride, and `length` is a multiple of `stride`.
      case past
    }

    /// Columns read at a step.
    public var length: Int
    /// Features of a column read.
    public var inputChannels: Int
    /// Features of a column written.
    public var outputChannels: Int
    /// Taps.
    public var kernelSize: Int
    /// Columns from one output to the next.
    public var stride: Int
    /// Columns from one tap to the next.
    public var dilation: Int
    /// Groups of channels that do not see one another; divides both numbers of channels.
    public var groups: Int
    /// What lies around the step's columns.
    public var padding: Padding
    /// W, as PyTorch: `[outputChannels, inputChannels / groups, kernelSize]`.
    public var weights: [Float]
    /// b: `[outputChannels]`; nil for none.
    public var bias: [Float]?
    /// f, pointwise.
    public var activation: Function

    /// A convolution of `[outputChannels, inputChannels / groups, kernelSize]` weights.
    public init(
      length: Int = 1, inputChannels: Int, outputChannels: Int, kernelSize: Int, stride: Int = 1,
      dilation: Int = 1, groups: Int = 1, padding: Padding = .past, weights: [Float],
      bias: [Float]? = nil, activation: Function = .identity
    ) {
      self.length = length
      self.inputChannels = inputChannels
      self.outputChannels = outputChannels
      self.kernelSize = kernelSize
      self.stride = stride
      self.dilation = dilation
      self.groups = groups
      self.padding = padding
      self.weights = weights
      self.bias = bias
      self.activation = activation
    }

    /// Columns that one output sees, from the first tap to the last.
    public var reach: Int { (kernelSize - 1) * dilation + 1 }
    /// Columns kept from one step to the next.
    public var pastLength: Int { padding == .past ? reach - 1 : 0 }
    /// Columns written at a step.
    public var outputLength: Int {
      switch padding {
      case .zeros(let before, let after): (before + length + after - reach) / stride + 1
      case .past: length / stride
      }
    }
  }

  /// The same factor and summand for each channel of every column: y = scale * x + shift.
  ///
  /// A batch norm, a gain, a constant that is added.
  public struct Scale: Sendable {
    /// Columns read and written at a step.
    public var length: Int
    /// Factors: `[channels]`.
    public var scale: [Float]
    /// Summands: `[channels]`.
    public var shift: [Float]

    /// `length` columns of `scale.count` channels.
    public init(length: Int = 1, scale: [Float], shift: [Float]) {
      self.length = length
      self.scale = scale
      self.shift = shift
    }

    /// What a batch norm does once it is trained:
    /// (x - mean) / sqrt(variance + epsilon) * weight + bias.
    public init(
      length: Int = 1, mean: [Float], variance: [Float], epsilon: Float, weight: [Float]? = nil,
      bias: [Float]? = nil
    ) {
      let scale = variance.indices.map { channel in
        Double(weight?[channel] ?? 1) / (Double(variance[channel]) + Double(epsilon)).squareRoot()
      }
      self.init(
        length: length, scale: scale.map { Float($0) },
        shift: scale.indices.map { channel in
          Float(Double(bias?[channel] ?? 0) - Double(mean[channel]) * scale[channel])
        })
    }
  }

  /// A layer norm of each column: (x - mean) / sqrt(variance + epsilon) * scale + shift, mean and
  /// variance over the channels.
  public struct LayerNorm: Sendable {
    /// Columns read and written at a step.
    public var length: Int
    /// Added to the variance, at least 0.
    public var epsilon: Float
    /// Factors: `[channels]`.
    public var scale: [Float]
    /// Summands: `[channels]`.
    public var shift: [Float]

    /// `length` columns of `scale.count` channels.
    public init(length: Int = 1, epsilon: Float, scale: [Float], shift: [Float]) {
      self.length = length
      self.epsilon = epsilon
      self.scale = scale
      self.shift = shift
    }
  }

  /// A PReLU: x where x >= 0, else the channel's slope times x.
  public struct PReLU: Sendable {
    /// Columns read and written at a step.
    public var length: Int
    /// Slopes: `[channels]`.
    public var slopes: [Float]

    /// `length` columns of `slopes.count` channels.
    public init(length: Int = 1, slopes: [Float]) {
      self.length = length
      self.slopes = slopes
    }
  }

  /// Columns before and behind a step's, as in a mirror that stands on the outermost column.
  public struct ReflectPad: Sendable {
    /// Columns read at a step.
    public var length: Int
    /// Features of a column.
    public var channels: Int
    /// Columns put before, less than `length`.
    public var before: Int
    /// Columns put behind, less than `length`.
    public var after: Int

    /// Pads `[length, channels]` to `[before + length + after, channels]`.
    public init(length: Int, channels: Int, before: Int, after: Int) {
      self.length = length
      self.channels = channels
      self.before = before
      self.after = after
    }
  }

  /// Some neighbouring channels of every column.
  ///
  /// Columns are sliced as channels of a single column: `[start * channels, count * channels]`.
  public struct Slice: Sendable {
    /// Columns read and written at a step.
    public var length: Int
    /// Features of a column read.
    public var channels: Int
    /// The first that is kept.
    public var start: Int
    /// Features kept.
    public var count: Int

    /// Keeps `start..<start + count` of `[length, channels]`.
    public init(length: Int = 1, channels: Int, start: Int, count: Int) {
      self.length = length
      self.channels = channels
      self.start = start
      self.count = count
    }
  }

  /// x and a mark behind it; zeros alone at a masked step, where `count` features from `start` on all
  /// have the masked value.
  ///
  /// What reads the mark as its last feature passes masked steps over (``CellForm/isMasked``), or is a
  /// mask itself, which makes zeros of what stands beside it.
  public struct Mask: Sendable {
    /// Features read; one more is written.
    public var size: Int
    /// The first feature that is compared.
    public var start: Int
    /// Features that are compared.
    public var count: Int
    /// What they all are where the step is masked.
    public var value: Float

    /// The mark of a step that is not masked: so small that no rounding of x sees it.
    package static var mark: Float { 0x1p-64 }

    /// A mask of `size` features.
    public init(size: Int, start: Int, count: Int, value: Float) {
      self.size = size
      self.start = start
      self.count = count
      self.value = value
    }
  }
}
