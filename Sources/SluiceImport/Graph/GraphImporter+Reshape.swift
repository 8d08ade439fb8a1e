import SluiceNetwork

extension GraphImporter {
  mutating func reshape(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    var value = try features(node, 0)
    let target = try folder.target(of: node, &attributes)
    if value.margin == nil, value.layer < 0, regrouped(value.axes, target) == nil {
      try materialise(&value, node)
    }
    guard value.margin == nil, let axes = regrouped(value.axes, target) else {
      throw node.unsupported("a shape that does not follow the input's axes")
    }
    value = try regrouped(value, axes, node)
    try define(node, .features(value))
  }

  /// `value` in these axes; where its last steps and their features become one, they stand side by side.
  private mutating func regrouped(
    _ value: FeatureValue, _ axes: [FeatureValue.Axis], _ node: ONNXNode
  ) throws(ConversionError) -> FeatureValue {
    var result = value
    if joinsSteps(axes, value.content) {
      result = try besides(value, node)
      // The atoms may have changed: those that are asked for, in their order, with the new ones.
      var atoms = result.axes.flatMap(\.self)[...]
      guard atoms.count == axes.reduce(0, { $0 + $1.count }) else {
        throw node.unsupported("joins steps with a part of their features")
      }
      result.axes = axes.map { axis in
        defer { atoms = atoms.dropFirst(axis.count) }
        return Array(atoms.prefix(axis.count))
      }
    } else {
      result.axes = axes
    }
    result.axes = result.axes.map { result.content.joiningDirections($0) }
    return result
  }

  /// Puts a layer in the place of the input itself, whose features can then be parted into groups.
  mutating func materialise(
    _ value: inout FeatureValue, _ node: ONNXNode
  ) throws(ConversionError) {
    guard value.content == .sequence else { return }
    let (axis, count) = try features(of: value, node)
    guard let axis else { return }
    let ones = [Float](repeating: 1, count: count)
    let layer = try append(
      .scale(Network.Scale(scale: ones, shift: ones.map { _ in 0 })), reading: [-1], node)
    value = written(layer, like: value, axis: axis)
  }

  /// `Flatten`: the axes before one and those from it on, each as one.
  mutating func flatten(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    var value = try features(node, 0)
    let axis = try attributes.integer("axis") ?? 1
    let rank = value.axes.count
    guard (-rank...rank).contains(axis), value.margin == nil else {
      throw node.malformed("the attribute axis is \(axis) for \(rank) axes")
    }
    let first = axis < 0 ? axis + rank : axis
    let axes = [value.axes[..<first], value.axes[first...]].map { $0.flatMap(\.self) }
    value = try regrouped(value, axes, node)
    try define(node, .features(value))
  }

  /// The atoms of `axes` in axes of the sizes that `target` asks for; nil where they do not fit.
  ///
  /// Atoms keep their order: what a Reshape may do to a sequence is to merge axes, to part merged
  /// ones, to put in or take out axes of size 1, and to part features into equal groups.
  private func regrouped(
    _ axes: [FeatureValue.Axis], _ target: [Extent]
  ) -> [FeatureValue.Axis]? {
    // One size that is not known, among others that are, is what is left, as -1 is.
    var target = target
    if !target.contains(.known(-1)), target.count(where: { $0 == .unknown }) == 1 {
      target = target.map { $0 == .unknown ? .known(-1) : $0 }
    }
    var atoms = axes.flatMap(\.self)[...]
    var front: [FeatureValue.Axis] = []
    var back: [FeatureValue.Axis] = []
    let rest = target.firstIndex(of: .known(-1))
    for (index, extent) in target.prefix(rest ?? target.count).enumerated() {
      guard
        let axis = take(
          extent, like: index < axes.count ? axes[index] : nil, from: &atoms, fromEnd: false)
      else { return nil }
      front.append(axis)
    }
    if let rest {
      // What follows the -1 is taken from the end, in reverse.
      var reversed = Array(atoms.reversed())[...]
      for index in (rest + 1..<target.count).reversed() {
        let like = index < axes.count ? axes[index] : nil
        guard let axis = take(target[index], like: like, from: &reversed, fromEnd: true) else {
          return nil
        }
        back.insert(axis.reversed(), at: 0)
      }
      return front + [Array(reversed.reversed())] + back
    }
    // Axes of size 1 that the shape leaves out belong to no axis: the last one takes them in.
    guard atoms.allSatisfy({ $0.size == 1 }) else { return nil }
    guard !atoms.isEmpty else { return front }
    guard !front.isEmpty else { return nil }
    front[front.count - 1] += atoms
    return front
  }

  /// The next atoms whose sizes multiply to `extent`; 0 copies an axis of the input.
  private func take(
    _ extent: Extent, like axis: FeatureValue.Axis?,
    from atoms: inout ArraySlice<FeatureValue.Atom>,
    fromEnd: Bool
  ) -> FeatureValue.Axis? {
    var taken: FeatureValue.Axis = []
    switch extent {
    case .unknown: return nil
    case .axis(let index):
      // Axes of size 1 may have been merged into it.
      while let atom = atoms.popFirst() {
        taken.append(atom)
        if case .input(index, _) = atom { return taken }
        guard atom.size == 1 else { return nil }
      }
      return nil
    case .known(0):
      guard let axis, atoms.starts(with: axis) else { return nil }
      atoms.removeFirst(axis.count)
      return axis
    case .known(1):
      guard let atom = atoms.first, atom.size == 1 else { return [] }
      atoms.removeFirst()
      return [atom]
    case .known(let size):
      var product = 1
      while product != size {
        guard let atom = atoms.popFirst(), let factor = atom.size, factor > 0 else { return nil }
        let (next, overflow) = product.multipliedReportingOverflow(by: factor)
        if case .features = atom, product == 1, factor > size, factor % size == 0 {
          // Features in parts of equal size, as those of two directions.
          taken.append(fromEnd ? .features(size) : .layers(size))
          atoms.insert(
            fromEnd ? .layers(factor / size) : .features(factor / size), at: atoms.startIndex)
          return taken
        }
        guard !overflow, next <= size else { return nil }
        product = next
        taken.append(atom)
      }
      return taken
    }
  }
}

extension FeatureValue.Content {
  /// The axis of two directions' features, which are the features of the layer that joins them.
  fileprivate func joiningDirections(_ axis: FeatureValue.Axis) -> FeatureValue.Axis {
    guard [.sequence, .last, .end, .first].contains(self),
      let both = FeatureValue.layersOfFeatures(axis)
    else { return axis }
    let others = (axis[..<both.range.lowerBound], axis[both.range.upperBound...])
    return others.0.filter { $0.size != 1 } + [.features(both.count * both.size)]
      + others.1.filter { $0.size != 1 }
  }
}
