import SluiceBlob
import SluiceNetwork

/// Some of the last steps of a sequence, counted from its end.
///
/// What each step computes of its own features is computed at every step; where the steps stand side by side,
/// as rows of an output or as features, delays keep those before the last.
extension GraphImporter {
  /// Steps that a value may keep of the end of a sequence, each a layer that delays.
  private static let stepLimit = 64
  /// Steps that may stand side by side: the layers that one layer reads.
  private static let rowLimit = LayerInputs.capacity

  /// The steps from the `start`-th on before the `end`-th, both counted from behind the last; nil where
  /// that is the last alone, or `axis` counts no steps.
  ///
  /// - Parameters:
  ///   - start: as it stands in the graph: below zero.
  ///   - end: likewise, or beyond the sequence.
  mutating func lastSteps(
    of value: FeatureValue, _ axis: Int, from start: Int, to end: Int, _ node: ONNXNode
  ) throws(ConversionError) -> FeatureValue? {
    guard start < 0, value.content == .sequence, value.margin == nil,
      let index = steps(of: value, axis)
    else { return nil }
    let size = value.extent(axis).known
    // Far beyond any sequence, and still a number that can be counted the other way.
    let (start, end) = (max(start, -(1 << 40)), max(end, -(1 << 40)))
    let behind = end < 0 ? -end : 0
    guard end < 0 || end >= Int(Int32.max) || size.map({ end >= $0 }) == true,
      start < -behind, (start, behind) != (-1, 0)
    else { return nil }
    guard -start <= Self.stepLimit else {
      throw node.unsupported(
        "keeps \(-start) steps from the end; up to \(Self.stepLimit) are read: leave the Slice out, "
          + "and take the last rows of what is written at every step")
    }
    guard -start - behind <= Self.rowLimit else {
      throw node.unsupported(
        "keeps \(-start - behind) steps from the end; up to \(Self.rowLimit) stand side by side: leave the "
          + "Slice out, and take the last rows of what is written at every step")
    }
    // All of a sequence that is as short, or its first step, which a layer that reads backwards ends in.
    if let size, -start > size || -start == size && (behind == 0 || size - behind == 1) {
      return nil
    }
    var result = try resolved(value, node)
    timeAxis = index
    if result.layer < 0 { try materialise(&result, node) }
    let count = -start - behind
    result.layer = try delayed(result.layer, by: behind, of: result, node)
    result.content = count == 1 ? .last : .lastSteps(count)
    result.axes[axis] = count == 1 ? [] : [.layers(count)]
    return result
  }

  /// `count` of these steps, from the `first` on.
  mutating func steps(
    _ value: FeatureValue, of all: Int, _ axis: Int, from first: Int, _ count: Int, _ node: ONNXNode
  ) throws(ConversionError) -> FeatureValue {
    guard value.axes[axis].contains(.layers(all)) else {
      throw node.unsupported("selects a part of an axis that counts neither steps nor features")
    }
    var result = value
    result.layer = try delayed(result.layer, by: all - first - count, of: result, node)
    result.content = count == 1 ? .last : .lastSteps(count)
    result.axes[axis] = count == 1 ? [] : [.layers(count)]
    return result
  }

  /// The same value, its steps side by side as what one layer writes at the last.
  mutating func besides(
    _ value: FeatureValue, _ node: ONNXNode
  ) throws(ConversionError) -> FeatureValue {
    guard case .lastSteps(let count) = value.content else { return value }
    let (own, size) = try features(of: value, node)
    let steps = value.axes.firstIndex { $0.contains(.layers(count)) }
    let atoms = value.axes.joined()
    guard let steps, atoms.count(where: { $0 == .layers(count) }) == 1, own != steps || size == 1
    else { throw node.unsupported("the last \(count) steps, apart in their features") }
    var layers: [Int] = []
    for step in 0..<count {
      layers.append(try delayed(value.layer, by: count - 1 - step, of: value, node))
    }
    var result = value
    result.layer = try append(
      .concatenate(length: 1, channels: layers.map { _ in size }), reading: layers, node)
    result.content = .last
    guard let own else {
      result.axes[steps] = result.axes[steps].map { $0 == .layers(count) ? .features(count) : $0 }
      return result
    }
    guard own < steps else { return result }
    // The steps of each feature, instead of the features of each step.
    let order = (0..<size).flatMap { feature in (0..<count).map { $0 * size + feature } }
    result.layer = try append(
      .gather(Network.Gather(inputSize: count * size, indices: order)), reading: [result.layer],
      node)
    result.axes[own] = result.axes[own].map { $0 == .features(size) ? .layers(size) : $0 }
    result.axes[steps] = result.axes[steps].map { $0 == .layers(count) ? .features(count) : $0 }
    return result
  }

  /// Whether the only feature of the last steps has lost its axis, so that the steps are the features.
  func areFeatures(_ value: FeatureValue) -> Bool {
    guard case .lastSteps = value.content, value.layer < 0 || layers[value.layer].outputSize == 1
    else { return false }
    return !value.axes.joined().contains { if case .features = $0 { true } else { false } }
  }

  /// Whether an axis has both steps and features of the last steps.
  func joinsSteps(_ axes: [FeatureValue.Axis], _ content: FeatureValue.Content) -> Bool {
    guard case .lastSteps(let count) = content else { return false }
    return axes.contains { axis in
      axis.contains(.layers(count))
        && axis.contains { if case .features = $0 { true } else { false } }
    }
  }

  /// What a layer wrote some steps ago.
  private mutating func delayed(
    _ layer: Int, by steps: Int, of value: FeatureValue, _ node: ONNXNode
  ) throws(ConversionError) -> Int {
    guard steps > 0 else { return layer }
    if let known = delays[layer]?[steps] { return known }
    let size =
      layer < 0 ? try features(of: value, node).count : layers[layer].outputSize
    // Each delays what the one before has delayed, so that no step is kept twice.
    let before = try delayed(layer, by: steps - 1, of: value, node)
    let index = try append(
      .delay(Network.Delay(size: size, count: 1)), reading: [before], node)
    delays[layer, default: [:]][steps] = index
    return index
  }
}
