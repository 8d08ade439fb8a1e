import SluiceImport
import SluiceNetwork

/// An array of a source, taken apart into the sequences that a stream reads.
package struct SequenceArray {
  package typealias Axis = ModelInterface.Axis

  /// The sequences, one a row of the batch.
  package private(set) var sequences: [InputSequence]
  /// Steps of each sequence, T.
  package private(set) var steps: Int
  /// Whether the array has an axis that counts sequences.
  package let hasBatch: Bool

  /// Takes `tensor` apart along `axes`.
  ///
  /// An axis of sequences may stand before `axes` where they have none, or be left out of a single one.
  ///
  /// - Parameters:
  ///   - inputSize: features of a step, or the number of ids where `readsIDs`.
  ///   - file: where the tensor came from, for errors.
  /// - Throws: `ConversionError` with the shape, type or id that was expected.
  package init(
    _ tensor: Tensor, axes: [Axis], inputSize: Int, readsIDs: Bool, file: String
  ) throws(ConversionError) {
    var axes = axes
    if tensor.shape.count == axes.count + 1, !axes.contains(.batch) { axes.insert(.batch, at: 0) }
    if tensor.shape.count + 1 == axes.count { axes.removeAll { $0 == .batch } }
    // Rows of steps, of a source whose arrays have axes of one element besides.
    let rows: [Axis] = readsIDs ? [.time] : [.time, .feature]
    if tensor.shape.count == rows.count, axes.count != rows.count || !axes.contains(.time) {
      axes = rows
    }
    let layout = AxisLayout(axes: axes, shape: tensor.shape)
    guard let layout, readsIDs || layout.size(of: .feature) == inputSize,
      layout.size(of: .layer) == 1, tensor.count > 0
    else {
      throw .malformed(
        file, "shape \(tensor.shape)",
        "expected \(Self.expectation(axes, inputSize: readsIDs ? nil : inputSize))")
    }
    guard tensor.isFloatingPoint != readsIDs else {
      let expected = readsIDs ? "token ids, int32 or int64" : "float32 or float64"
      throw .malformed(file, "type", "expected \(expected)")
    }
    steps = layout.size(of: .time)
    hasBatch = axes.contains(.batch)
    let values = tensor.floats
    let ids = tensor.integers ?? []
    if let wrong = ids.firstIndex(where: { !(0..<Int64(inputSize)).contains($0) }) {
      throw .malformed(
        file, "element \(wrong)", "the id \(ids[wrong]); expected 0 to \(inputSize - 1)")
    }
    var sequences: [InputSequence] = []
    for batch in 0..<layout.size(of: .batch) {
      let offsets = (0..<steps).map { layout.offset(time: $0, batch: batch) }
      if readsIDs {
        sequences.append(.ids(offsets.map { Int32(ids[$0]) }))
      } else {
        let features = (0..<inputSize).map { layout.offset(feature: $0) }
        let rows = offsets.flatMap { start in features.map { values[start + $0] } }
        sequences.append(.features(rows, size: inputSize))
      }
    }
    self.sequences = sequences
  }

  /// The first sequences and steps of them that amount to `limit` steps at most, at least one.
  package func limited(toSteps limit: Int) -> SequenceArray {
    var array = self
    array.steps = max(1, min(steps, limit))
    array.sequences = sequences.prefix(max(1, limit / array.steps)).map { $0.prefix(array.steps) }
    return array
  }

  private static func expectation(_ axes: [Axis], inputSize: Int?) -> String {
    let names = axes.map { axis in
      switch axis {
      case .time: "T"
      case .batch: "B"
      case .feature: inputSize.map { "\($0)" } ?? "1"
      case .one, .layer: "1"
      }
    }
    let shape = "[\(names.joined(separator: ", "))]"
    return axes == [.time] || axes == [.time, .feature]
      ? "\(shape) or [B, \(names.joined(separator: ", "))]" : shape
  }
}

/// Where the elements of an array lie, by what its axes count.
///
/// Several axes may count features, as bands and channels do: the last is the innermost of a row.
struct AxisLayout {
  private var sizes: [ModelInterface.Axis: (size: Int, stride: Int)] = [:]
  /// The axes of features from the last to the first.
  private var features: [(size: Int, stride: Int)] = []

  /// Nil where the shape is not one of these axes: another rank, or a size of its own for `one`.
  init?(axes: [ModelInterface.Axis], shape: [Int]) {
    guard axes.count == shape.count else { return nil }
    var stride = 1
    for (axis, size) in zip(axes, shape).reversed() {
      if axis == .one {
        guard size == 1 else { return nil }
      } else if axis == .feature {
        features.append((size, stride))
      } else {
        guard sizes[axis] == nil else { return nil }
        sizes[axis] = (size, stride)
      }
      stride *= size
    }
  }

  /// 1 where there is no such axis.
  func size(of axis: ModelInterface.Axis) -> Int {
    axis == .feature ? features.reduce(1) { $0 * $1.size } : sizes[axis]?.size ?? 1
  }

  /// 0 where there is no such axis.
  private func stride(of axis: ModelInterface.Axis) -> Int { sizes[axis]?.stride ?? 0 }

  func offset(time: Int = 0, batch: Int = 0, layer: Int = 0, feature: Int = 0) -> Int {
    var offset =
      time * stride(of: .time) + batch * stride(of: .batch) + layer * stride(of: .layer)
    var feature = feature
    for axis in features where feature > 0 {
      offset += feature % axis.size * axis.stride
      feature /= axis.size
    }
    return offset
  }
}
