import SluiceNetwork

/// What a `Slice` takes of which axes.
struct SliceBounds {
  let starts: [Int]
  let ends: [Extent]
  let axes: [Int]
  let steps: [Int]

  /// The part of each axis, of `rank`, where all steps are 1.
  func parts(
    _ node: ONNXNode, rank: Int
  ) throws(ConversionError) -> [(axis: Int, start: Int, end: Extent)] {
    guard steps.allSatisfy({ $0 == 1 }) else { throw node.unsupported("steps other than 1") }
    var seen: Set<Int> = []
    var parts: [(axis: Int, start: Int, end: Extent)] = []
    for (index, axis) in axes.enumerated() {
      let axis = try node.position(of: axis, rank: rank)
      guard seen.insert(axis).inserted else { throw node.malformed("an axis stands twice") }
      parts.append((axis, starts[index], ends[index]))
    }
    return parts
  }

  /// `bound` within an axis of `size`, counted from the end where it is negative.
  static func clamped(_ bound: Int, _ size: Int) -> Int {
    min(max(bound < 0 ? bound.addingReportingOverflow(size).partialValue : bound, 0), size)
  }
}

extension ConstantFolder {
  /// Starts, ends, axes and steps: inputs, or attributes before operator set 10.
  mutating func bounds(
    _ node: ONNXNode, _ attributes: inout AttributeReader, rank: Int
  ) throws(ConversionError) -> SliceBounds {
    var starts = try attributes.integers("starts")
    var ends = try attributes.integers("ends")?.map(Extent.known)
    var axes = try attributes.integers("axes")
    if node.input(1) != nil { starts = try integers(node, 1, "starts") }
    if node.input(2) != nil {
      guard case .integers(let values) = try constant(node, 2, "ends").elements else {
        throw node.unsupported("the input ends is not made of integers")
      }
      ends = values
    }
    if node.input(3) != nil { axes = try integers(node, 3, "axes") }
    guard let starts, let ends, starts.count == ends.count, starts.count <= rank else {
      throw node.malformed("starts and ends are missing or of different lengths")
    }
    let steps =
      node.input(4) != nil
      ? try integers(node, 4, "steps") : Array(repeating: 1, count: starts.count)
    let named = axes ?? Array(starts.indices)
    guard named.count == starts.count, steps.count == starts.count else {
      throw node.malformed("axes or steps are not as many as starts")
    }
    return SliceBounds(starts: starts, ends: ends, axes: named, steps: steps)
  }
}

extension SliceBounds {
  /// The positions that bound `index` takes of an axis of `size`, in steps of any length but 0.
  func positions(
    _ index: Int, end: Int, size: Int, _ node: ONNXNode
  ) throws(ConversionError) -> [Int] {
    let step = min(max(steps[index], -size - 1), size + 1)
    guard step != 0 else { throw node.malformed("steps of 0") }
    if step > 0 {
      let lower = Self.clamped(starts[index], size)
      return Array(stride(from: lower, to: max(lower, Self.clamped(end, size)), by: step))
    }
    // Backwards the end may lie before the first.
    func bound(_ value: Int) -> Int {
      min(max(value < 0 ? value.addingReportingOverflow(size).partialValue : value, -1), size - 1)
    }
    let last = end < -size ? -1 : bound(end)
    return Array(stride(from: bound(starts[index]), to: last, by: step))
  }
}
