extension Network {
  /// The greatest of neighbouring columns, of each channel: of column c the greatest of the columns from
  /// c * stride - before on, `kernelSize` of them, where there are any.
  public struct MaxPool: Sendable {
    /// Columns read at a step.
    public var length: Int
    /// Features of a column.
    public var channels: Int
    /// Columns that one output sees.
    public var kernelSize: Int
    /// Columns from one output to the next.
    public var stride: Int
    /// Columns that the first output sees before the step's, less than `kernelSize`; they do not count.
    public var before: Int
    /// Columns that the last output may see behind the step's, likewise.
    public var after: Int

    /// Pools `[length, channels]` to `[outputLength, channels]`.
    public init(
      length: Int, channels: Int, kernelSize: Int, stride: Int, before: Int = 0, after: Int = 0
    ) {
      self.length = length
      self.channels = channels
      self.kernelSize = kernelSize
      self.stride = stride
      self.before = before
      self.after = after
    }

    /// Columns written at a step.
    public var outputLength: Int { (before + length + after - kernelSize) / stride + 1 }
  }
}
