import SluiceBlob

extension Network {
  /// What was read some steps before: y(t) = x(t - count), zeros before the first.
  ///
  /// The past of a convolution over time is a delay for each tap, joined with x as channels.
  public struct Delay: Sendable {
    /// Features read and written at a step.
    public var size: Int
    /// Steps, at least 1.
    public var count: Int

    /// A delay of `size` features by `count` steps.
    public init(size: Int, count: Int) {
      self.size = size
      self.count = count
    }
  }

  /// Some features in some order: y[j] = x[indices[j]], 0 where that is -1. An index may come more than
  /// once.
  public struct Gather: Sendable {
    /// Features read at a step.
    public var inputSize: Int
    /// Of each feature written the index of the one read, or -1.
    public var indices: [Int]

    /// A gather of `indices.count` of `inputSize` features.
    public init(inputSize: Int, indices: [Int]) {
      self.inputSize = inputSize
      self.indices = indices
    }

    /// Why no blob holds it; nil where one may.
    var refusal: String? {
      indices.first { $0 < -1 || $0 >= inputSize }.map {
        "the index \($0) of a gather from \(inputSize) features"
      }
    }
  }
}

extension Network.Delay {
  /// Why no blob holds it; nil where one may.
  var refusal: String? {
    guard count >= 1, count <= Int(BlobLimits.size) else {
      return "a delay of \(count) steps; a blob holds 1 to \(BlobLimits.size)"
    }
    return count * size > BlobLimits.windowFloats
      ? "a delay that keeps \(count) times \(size) numbers; a blob holds up to "
        + "\(BlobLimits.windowFloats)"
      : nil
  }
}

extension Network.Recurrent {
  /// Why no blob holds its way over columns; nil where one may.
  var refusalOfColumns: String? {
    guard let columns else { return nil }
    guard columns.count >= 1 else { return "\(columns.count) columns" }
    let (units, overflow) = columns.count.multipliedReportingOverflow(by: hiddenSize)
    if overflow || units > Int(BlobLimits.size) {
      return "\(columns.count) columns of \(hiddenSize) units each; a blob holds up to "
        + "\(BlobLimits.size) units"
    }
    if form.isMasked { return "masked steps of a layer over columns" }
    if form.writesFinalState { return "the final state alone of a layer over columns" }
    return columns.mode == .each && form.isReverse
      ? "columns whose states go from the last step to the first" : nil
  }
}
