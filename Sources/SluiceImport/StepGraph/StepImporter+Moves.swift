import SluiceBlob
import SluiceNetwork

extension StepImporter {
  /// What only moves numbers about, or takes a part.
  mutating func move(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let view = try view(node, 0)
    let result: StepView
    switch node.operation {
    case "Identity": result = view
    case "Dropout":
      try folder.checkDropout(node, &attributes)
      result = view
    case "Cast":
      try folder.checkCast(node, &attributes, ofIntegers: false)
      result = view
    case "Unsqueeze":
      var (shape, time) = (view.shape, view.time)
      for axis in try node.insertions(folder.axes(node, &attributes), rank: view.rank) {
        shape.insert(1, at: axis)
        if let own = time, axis <= own { time = own + 1 }
      }
      result = view.reshaped(shape, time: time)
    case "Squeeze":
      var extents = view.shape.map { Extent.known($0) }
      if let time = view.time { extents[time] = .axis(0) }
      let kept = try folder.squeezed(extents, node, &attributes)
      result = view.reshaped(
        kept.map { view.shape[$0] }, time: view.time.flatMap { kept.firstIndex(of: $0) })
    case "Transpose":
      result = view.transposed(try node.order(ofAxes: view.rank, &attributes))
    case "Reshape":
      let zeros = try attributes.flag("allowzero")
      result = try reshaped(view, folder.constant(node, 1, "shape"), keepsZeros: zeros, node)
    case "Flatten": result = try flatten(view, node, &attributes)
    case "Gather": result = try gather(view, node, &attributes)
    case "Slice": result = try slice(view, node, &attributes)
    case "Expand": result = try expand(view, node)
    case "Tile": result = try tile(view, node)
    default: throw node.unsupported("the operator is not supported on what a step computes")
    }
    try define(node, .view(result))
  }

  private func flatten(
    _ view: StepView, _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) -> StepView {
    let axis = try attributes.integer("axis") ?? 1
    guard (-view.rank...view.rank).contains(axis) else {
      throw node.malformed("the axis \(axis)")
    }
    let at = axis < 0 ? axis + view.rank : axis
    return view.reshaped([view.shape[..<at].reduce(1, *), view.shape[at...].reduce(1, *)])
  }

  private mutating func gather(
    _ view: StepView, _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) -> StepView {
    let axis = try node.position(of: try attributes.integer("axis") ?? 0, rank: view.rank)
    let constant = try folder.constant(node, 1, "indices")
    guard let list = constant.integers, !list.isEmpty else {
      throw node.unsupported("indices that are not known integers")
    }
    let size = view.shape[axis]
    var positions: [Int] = []
    for index in list {
      guard (-size..<size).contains(index) else {
        throw node.malformed("the index \(index) of \(size)")
      }
      positions.append(index < 0 ? index + size : index)
    }
    try spend(positions.count * view.count / size, node)
    let taken = view.taking(positions, of: axis)
    let time = view.time.flatMap { own in
      own == axis ? nil : own < axis ? own : own + constant.shape.count - 1
    }
    return taken.reshaped(
      Array(view.shape[..<axis]) + constant.shape + Array(view.shape[(axis + 1)...]), time: time)
  }

  private mutating func slice(
    _ view: StepView, _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) -> StepView {
    let bounds = try folder.bounds(node, &attributes, rank: view.rank)
    var (result, seen) = (view, Set<Int>())
    for (index, axis) in bounds.axes.enumerated() {
      let axis = try node.position(of: axis, rank: view.rank)
      guard seen.insert(axis).inserted else { throw node.malformed("an axis stands twice") }
      if axis == view.time {
        guard bounds.starts[index] == 0, bounds.steps[index] == 1,
          bounds.ends[index] == .axis(0) || bounds.ends[index].known ?? 0 >= Int(Int32.max)
        else { throw node.unsupported("takes a part of the steps") }
        continue
      }
      guard let end = bounds.ends[index].known else {
        throw node.unsupported("the input ends is not made of known integers")
      }
      let positions = try bounds.positions(index, end: end, size: view.shape[axis], node)
      guard !positions.isEmpty else { throw node.unsupported("selects nothing") }
      result = result.taking(positions, of: axis)
    }
    return result
  }

  private mutating func expand(
    _ view: StepView, _ node: ONNXNode
  ) throws(ConversionError) -> StepView {
    let target = try folder.integers(node, 1, "shape")
    guard target.allSatisfy({ $0 > 0 }), let count = elementCount(of: target),
      let shape = StepView.common(view.shape, target)
    else { throw node.unsupported("a shape that does not follow the input's") }
    try spend(count, node)
    guard elementCount(of: shape) != nil, let result = view.expanded(to: shape) else {
      throw node.unsupported("a shape that does not follow the input's")
    }
    return result
  }

  private mutating func tile(
    _ view: StepView, _ node: ONNXNode
  ) throws(ConversionError) -> StepView {
    let repeats = try folder.repeats(node, rank: view.rank).map { $0.known ?? 0 }
    guard repeats.allSatisfy({ $0 > 0 }),
      let count = elementCount(of: view.shape + repeats)
    else { throw node.unsupported("the input repeats is not made of known integers") }
    try spend(count, node)
    var result = view
    for (axis, times) in repeats.enumerated() where times > 1 {
      let size = view.shape[axis]
      result = result.taking((0..<size * times).map { $0 % size }, of: axis)
    }
    return result
  }

  private func reshaped(
    _ view: StepView, _ constant: ConstantValue, keepsZeros: Bool, _ node: ONNXNode
  ) throws(ConversionError) -> StepView {
    guard case .integers(let extents) = constant.elements, constant.isStored,
      extents.allSatisfy({ $0.known != nil || view.time != nil && $0 == .axis(0) })
    else { throw node.unsupported("the input shape is not made of known integers") }
    let wanted = extents.map { $0.known ?? 1 }
    guard wanted.count <= 8 else { throw node.malformed("more than 8 axes") }
    var shape = wanted
    for (index, size) in wanted.enumerated() where size == 0 && !keepsZeros {
      guard index < view.rank else { throw node.malformed("a size of 0") }
      shape[index] = view.shape[index]
    }
    if let open = shape.firstIndex(of: -1) {
      let others = shape.enumerated().filter { $0.offset != open }.map(\.element)
      guard let count = elementCount(of: others), count > 0, view.count % count == 0 else {
        throw node.malformed("the shape \(wanted) of \(view.count) elements")
      }
      shape[open] = view.count / count
    }
    guard shape.allSatisfy({ $0 > 0 }), elementCount(of: shape) == view.count else {
      throw node.malformed("the shape \(wanted) of \(view.count) elements")
    }
    guard let own = view.time else { return view.reshaped(shape) }
    // The steps are where their number stands, or what is left for them: as many numbers before as before.
    var time = extents.firstIndex(of: .axis(0))
    if time == nil, !keepsZeros, wanted.indices.contains(own), wanted[own] == 0 { time = own }
    time = time ?? wanted.firstIndex(of: -1)
    if let place = time,
      shape[place] != 1 || shape[..<place].reduce(1, *) != view.shape[..<own].reduce(1, *)
    {
      time = nil
    }
    return view.reshaped(shape, time: time)
  }

  /// `Split`: parts of an axis.
  mutating func split(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let view = try view(node, 0)
    let (axis, ranges) = try folder.ranges(
      ofSplit: node, &attributes, view.shape.map { .known($0) })
    for (index, range) in ranges.enumerated() {
      try define(node, .view(view.taking(Array(range), of: axis)), output: index)
    }
  }

  /// Values one after the other along an axis.
  mutating func concat(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let axis = try attributes.required("axis")
    var views: [StepView] = []
    for index in node.inputs.indices { views.append(try viewOrZeros(node, index)) }
    let first = views[0]
    let at = try node.position(of: axis, rank: first.rank)
    for view in views {
      guard view.rank == first.rank,
        view.shape.indices.allSatisfy({ $0 == at || view.shape[$0] == first.shape[$0] })
      else { throw node.malformed("joins values of different shapes") }
    }
    let total = views.reduce(0) { $0 + $1.count }
    guard total <= Int(BlobLimits.size) else {
      throw node.unsupported("\(total) features; a blob holds up to \(BlobLimits.size)")
    }
    try define(node, .view(StepView(joining: views, along: at)))
  }
}
