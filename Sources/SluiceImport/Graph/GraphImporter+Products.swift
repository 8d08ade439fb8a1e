import SluiceBlob
import SluiceNetwork

extension GraphImporter {
  /// `Mul` and `Div` of two values of a step: the product, or that with 1 / y.
  mutating func product(
    _ node: ONNXNode, _ x: FeatureValue, _ y: FeatureValue
  ) throws(ConversionError) {
    var (left, right) = (try resolved(x, node), try resolved(y, node))
    if node.operation == "Div" {
      let (axis, count) = try anyFeatures(of: right, node)
      let layer = try append(
        .activation(.reciprocal, size: count), reading: [right.layer], node)
      right = written(layer, like: right, axis: axis)
    }
    let count = try align(&left, &right, node)
    let layer = try append(
      .multiply(size: count, count: 2), reading: [left.layer, right.layer], node)
    let (axis, _) = try features(of: left, node)
    let result = written(layer, like: left, axis: axis)
    try define(node, .features(result))
  }

  /// Brings two values to as many features: of a single one it counts for all of the other's.
  mutating func align(
    _ left: inout FeatureValue, _ right: inout FeatureValue, _ node: ONNXNode
  ) throws(ConversionError) -> Int {
    guard left.content == right.content else {
      throw node.unsupported("joins the last step with a sequence")
    }
    let (a, b) = (try features(of: left, node), try features(of: right, node))
    guard left.axes.count == right.axes.count, a.axis == b.axis,
      left.axes.indices.allSatisfy({ $0 == a.axis || left.extent($0) == right.extent($0) }),
      a.count == b.count || a.count == 1 || b.count == 1
    else { throw node.unsupported("sequences of different shapes") }
    let count = max(a.count, b.count)
    func repeated(_ value: FeatureValue, _ own: Int) throws(ConversionError) -> FeatureValue {
      guard own < count else { return value }
      let ones = [Float](repeating: 1, count: count)
      let layer = try append(
        .dense(Network.Dense(inputSize: 1, outputSize: count, weights: ones, bias: nil)),
        reading: [value.layer], node)
      return written(layer, like: value, axis: a.axis)
    }
    left = try repeated(left, a.count)
    right = try repeated(right, b.count)
    return count
  }

  /// `ReduceSum`, `ReduceSumSquare`, `ReduceL2` and `ReduceMax`, over the features.
  mutating func reduce(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let keeps = try attributes.integer("keepdims") ?? 1
    _ = try attributes.integer("noop_with_empty_axes")
    let x = try resolved(features(node, 0), node)
    guard let named = try folder.axes(node, &attributes), !named.isEmpty else {
      throw node.unsupported("a reduction over all axes")
    }
    let reduced = try node.positions(of: named, rank: x.axes.count)
    let (axis, count) = try features(of: x, node)
    guard let axis, reduced == [axis] else {
      throw node.unsupported(
        "pools over steps or sequences; pool in the program that runs the model, over what it writes at "
          + "every step")
    }
    var layer = x.layer
    if node.operation == "ReduceMax" {
      layer = try append(
        .maxPool(Network.MaxPool(length: count, channels: 1, kernelSize: count, stride: 1)),
        reading: [layer], node)
    } else {
      if node.operation != "ReduceSum" {
        layer = try append(.multiply(size: count, count: 2), reading: [layer, layer], node)
      }
      let ones = [Float](repeating: 1, count: count)
      layer = try append(
        .dense(Network.Dense(inputSize: count, outputSize: 1, weights: ones, bias: nil)),
        reading: [layer], node)
      if node.operation == "ReduceL2" {
        layer = try append(.activation(.squareRoot, size: 1), reading: [layer], node)
      }
    }
    var result = written(layer, like: x, axis: axis)
    if keeps == 0 { result.axes.remove(at: axis) }
    try define(node, .features(result))
  }

  /// A function of each feature alone, without parameters.
  mutating func mapped(
    _ node: ONNXNode, _ function: Network.Function
  ) throws(ConversionError) {
    try activation(node, Pointwise(function: function))
  }

  /// `Min` and `Max` of a value and a number.
  mutating func limit(_ node: ONNXNode) throws(ConversionError) {
    guard node.inputs.count == 2, computed(node, 0) != nil, computed(node, 1) == nil else {
      throw node.unsupported("expected a value and a number")
    }
    let constant = try folder.constant(node, 1, "the bound")
    guard let bound = constant.floats?.first, constant.count == 1, !bound.isNaN,
      let form = node.operation == "Max"
        ? Pointwise(low: bound, high: nil) : Pointwise(low: nil, high: bound)
    else { throw node.unsupported("a bound that is not one float") }
    try activation(node, form)
  }

  /// `ArgMax` over the features: the index as a number.
  mutating func argMax(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let x = try resolved(features(node, 0), node)
    let axis = try node.position(of: try attributes.integer("axis") ?? 0, rank: x.axes.count)
    let keeps = try attributes.integer("keepdims") ?? 1
    let (own, count) = try features(of: x, node)
    guard own == axis, try !attributes.flag("select_last_index") else {
      throw node.unsupported("expected the first of the greatest features")
    }
    let layer = try append(.argMax(length: 1, channels: count), reading: [x.layer], node)
    var result = written(layer, like: x, axis: axis)
    if keeps == 0 { result.axes.remove(at: axis) }
    try define(node, .features(result))
  }

  /// `Einsum` with a constant, where it is a linear map of the features, or of each group.
  mutating func einsum(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    guard let text = try attributes.string("equation") else {
      throw node.malformed("the attribute equation is missing")
    }
    guard node.inputs.count == 2, computed(node, 0) != nil, computed(node, 1) == nil else {
      throw node.unsupported("the equation \(quotable(text)) of other than a value and a constant")
    }
    let x = try features(node, 0)
    let w = try folder.stored(folder.constant(node, 1, "B"), node)
    // Steps and sequences count as one each.
    let shape = x.axes.indices.map { axis -> Int in
      switch FeatureValue.sole(x.axes[axis]) {
      case .features(let size)?, .layers(let size)?: size
      case .input(let index, let size)?
      where x.layer < 0 && index == (featureAxis ?? assumedFeatureAxis): size ?? 1
      default: 1
      }
    }
    guard let map = GroupedMap(text, inputs: shape, weights: w.shape), map.batch == 1,
      let weights = w.floats, w.isStored,
      map.inputOrder.filter({ shape[$0] != 1 })
        == map.inputOrder.filter({ shape[$0] != 1 }).sorted()
    else {
      throw node.unsupported(
        "the equation \(quotable(text)) for \(shape); expected a linear map of features, such as "
          + "btgi,gih->btgh")
    }
    let source = try resolved(x, node)
    let total = map.groups * map.inputs
    guard source.layer < 0 || layers[source.layer].outputSize == total else {
      throw node.unsupported("a part of the features")
    }
    if source.layer < 0, let axis = shape.lastIndex(where: { $0 == total }) {
      try bindFeatures(of: source, axis: axis, size: total, node)
    }
    var rows: [Float] = []
    for group in 0..<map.groups {
      for output in 0..<map.outputs {
        for input in 0..<map.inputs { rows.append(weights[map.place(group, output, input)]) }
      }
    }
    try requireFinite(rows, file: model.source.file, place: node.place)
    let taps = Network.Convolution(
      inputChannels: total, outputChannels: map.groups * map.outputs, kernelSize: 1,
      groups: map.groups, weights: rows)
    let layer = try taps.appended(reading: source.layer, refused: node.unsupported) {
      operation, inputs throws(ConversionError) in
      try append(operation, reading: inputs, node)
    }
    var result = source
    result.layer = layer
    let others = x.axes.indices.filter { !isFeature(x.axes[$0], shape[$0]) }.map { x.axes[$0] }
    let computed: [FeatureValue.Axis] =
      others
      + (map.groups > 1
        ? [[.layers(map.groups)], [.features(map.outputs)]]
        : [[.features(map.outputs)]])
    guard map.resultOrder.count == computed.count else {
      throw node.unsupported("axes of the equation \(quotable(text))")
    }
    result.axes = map.resultOrder.map { computed[$0] }
    try define(node, .features(result))
  }

  private func isFeature(_ axis: FeatureValue.Axis, _ size: Int) -> Bool {
    switch FeatureValue.sole(axis) {
    case .features?, .layers?: true
    case .input(let index, _)?: index == (featureAxis ?? assumedFeatureAxis) && size != 1
    case nil: false
    }
  }

  /// Whether a value is above a number: for the softplus that PyTorch writes.
  mutating func compare(_ node: ONNXNode) throws(ConversionError) {
    let operand = try node.operandAbove { values[$0] != nil }
    let x = try features(node, operand)
    try define(node, .isAbove(x, try folder.bound(node, 1 - operand)))
  }

  /// `Where`: of a value above a bound itself, else its softplus.
  mutating func choose(_ node: ONNXNode) throws(ConversionError) {
    guard case .isAbove(let scaled, let bound)? = computed(node, 0), bound >= 16,
      case .features(let x)? = computed(node, 1), case .features(let y)? = computed(node, 2),
      isSoftplus(y, of: x, asFarAs: scaled)
    else {
      throw node.unsupported(
        "chooses by what is computed; only the softplus that PyTorch writes is read (a mask over steps, as of Keras' "
          + "Masking and mask_zero, is read by tools/python/export_keras.py; a choice that empties a state is left to "
          + "whoever resets the stream: export without it)")
    }
    try define(node, .features(y))
  }

  private func isSoftplus(
    _ y: FeatureValue, of x: FeatureValue, asFarAs scaled: FeatureValue
  ) -> Bool {
    var source = y.layer
    guard source >= 0, y.axes.count == x.axes.count else { return false }
    if case .scale = layers[source].operation { source = layers.inputs(of: source)[0] }
    guard source >= 0, case .activation(.softplus, _) = layers[source].operation,
      scaled.layer == layers.inputs(of: source)[0]
    else { return false }
    guard scaled.layer >= 0, scaled.layer != x.layer else { return x.layer == scaled.layer }
    guard case .scale = layers[scaled.layer].operation else { return false }
    return layers.inputs(of: scaled.layer)[0] == x.layer
  }
}
