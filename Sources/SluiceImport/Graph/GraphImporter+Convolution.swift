import SluiceBlob
import SluiceNetwork

extension GraphImporter {
  /// `Conv` along the steps: each output sees its own step and those before it.
  mutating func convolution(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    try convolution(node, taps(node, &attributes))
  }

  private mutating func convolution(_ node: ONNXNode, _ taps: Taps) throws(ConversionError) {
    var input = try features(node, 0)
    guard input.axes.count == 3 else {
      throw node.unsupported("X has \(input.axes.count) axes; expected sequences of features")
    }
    let margin = input.margin
    input.margin = nil
    input = try resolved(input, node)
    guard margin.map({ $0.surplus == 0 }) ?? true else {
      throw node.unsupported("reads more steps than the sequence has")
    }
    let reach = (taps.kernelSize - 1) * taps.dilation
    let before = taps.before + (margin?.before ?? 0)
    let after = taps.after + (margin?.after ?? 0)
    if reach > 0 || before > 0 || after > 0 {
      guard case .input(let index, _)? = FeatureValue.sole(input.axes[2]),
        timeAxis == nil || timeAxis == index, margin == nil || margin?.axis == index,
        input.content == .sequence
      else { throw node.unsupported("the last axis of X does not count the steps of the input") }
      timeAxis = index
      guard before == reach else {
        throw node.unsupported(
          before < reach
            ? "the attribute pads: an output sees \(reach - before) steps to come, or steps are left "
              + "out; expected \(reach) steps of zeros before the first"
            : "the attribute pads: \(before) steps of zeros before the first; expected \(reach)")
      }
      input.margin = after > 0 ? .init(axis: index, surplus: after) : nil
    }
    try bindFeatures(of: input, axis: 1, size: taps.inputChannels, node)
    let isDense = reach == 0 && taps.groups == 1
    let layer: Int
    if isDense {
      let dense = Network.Dense(
        inputSize: taps.inputChannels, outputSize: taps.outputChannels, weights: taps.weights,
        bias: taps.bias)
      layer = try append(.dense(dense), reading: [input.layer], node)
    } else {
      let convolution = Network.Convolution(
        inputChannels: taps.inputChannels, outputChannels: taps.outputChannels,
        kernelSize: taps.kernelSize, dilation: taps.dilation, groups: taps.groups,
        weights: taps.weights, bias: taps.bias)
      layer = try convolution.appended(reading: input.layer, refused: node.unsupported) {
        operation, inputs throws(ConversionError) in
        try append(operation, reading: inputs, node)
      }
    }
    try define(node, .features(written(layer, like: input, axis: 1)))
  }

  /// `ConvTranspose` along the steps, one output for each: the taps of a convolution, from the last to the first.
  mutating func transposedConvolution(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    for name: Name in ["output_shape", "output_padding"] {
      if let values = try attributes.integers(name), !values.allSatisfy({ $0 == 0 }) {
        throw node.unsupported(
          "the attribute \(name.text) is \(values); export with pads that say the same")
      }
    }
    var taps = try taps(node, &attributes, isTransposed: true)
    let reach = (taps.kernelSize - 1) * taps.dilation
    guard taps.before == 0 else {
      throw node.unsupported(
        "the attribute pads: an output sees \(taps.before) steps to come; expected none before, and "
          + "\(reach) behind")
    }
    guard taps.after <= reach else {
      throw node.unsupported("the attribute pads: steps are left out")
    }
    (taps.before, taps.after) = (reach, reach - taps.after)
    try convolution(node, taps)
  }

  /// What the node's attributes and weights say.
  private struct Taps {
    var inputChannels: Int
    var outputChannels: Int
    var kernelSize: Int
    var dilation: Int
    var groups: Int
    var before: Int
    var after: Int
    var weights: [Float]
    var bias: [Float]?
  }

  private mutating func taps(
    _ node: ONNXNode, _ attributes: inout AttributeReader, isTransposed: Bool = false
  ) throws(ConversionError) -> Taps {
    let kernel = try folder.constant(node, 1, "W").shape
    guard kernel.count == 3 else {
      throw node.unsupported("W has \(kernel.count) axes; expected one axis of taps")
    }
    let w = try folder.floats(node, 1, "W", rank: 3)
    let bias = node.input(2) == nil ? nil : try folder.floats(node, 2, "B", rank: 1).values
    let groups = try attributes.integer("group") ?? 1
    let dilation = try attributes.integers("dilations") ?? [1]
    let strides = try attributes.integers("strides") ?? [1]
    if let shape = try attributes.integers("kernel_shape"), shape != [kernel[2]] {
      throw node.malformed("the attribute kernel_shape is \(shape); W has \(kernel[2]) taps")
    }
    guard strides == [1] else {
      throw node.unsupported(
        "the attribute strides is \(strides): "
          + (isTransposed
            ? "more outputs than steps; a step writes one row: write them as its features"
            : "fewer outputs than steps"))
    }
    guard dilation.count == 1, (1...Int(BlobLimits.size)).contains(dilation[0]) else {
      throw node.malformed("the attribute dilations is \(dilation)")
    }
    var pads = try attributes.integers("pads") ?? [0, 0]
    guard pads.count == 2, pads.allSatisfy({ (0...Int(BlobLimits.size)).contains($0) }) else {
      throw node.unsupported("the attribute pads is \(pads)")
    }
    guard kernel[0] > 0, kernel[1] > 0, kernel[2] > 0, kernel[2] <= Int(BlobLimits.size),
      groups > 0, kernel[0] % groups == 0, groups <= Int(BlobLimits.size)
    else { throw node.malformed("W of shape \(kernel) in \(groups) groups") }
    let outputs = isTransposed ? kernel[1] * groups : kernel[0]
    guard bias?.count ?? outputs == outputs else {
      throw node.malformed("B of \(bias?.count ?? 0) numbers for \(outputs) channels")
    }
    let reach = (kernel[2] - 1) * dilation[0]
    switch try attributes.string("auto_pad") ?? "NOTSET" {
    case "NOTSET", "VALID": break
    case let mode where isTransposed:
      throw node.unsupported("the attribute auto_pad is \(quotable(mode))")
    case "SAME_UPPER": pads = [reach / 2, reach - reach / 2]
    case "SAME_LOWER": pads = [reach - reach / 2, reach / 2]
    case let mode: throw node.malformed("the attribute auto_pad is \(quotable(mode))")
    }
    return Taps(
      inputChannels: isTransposed ? kernel[0] : kernel[1] * groups, outputChannels: outputs,
      kernelSize: kernel[2], dilation: dilation[0], groups: groups, before: pads[0],
      after: pads[1], weights: isTransposed ? w.values.turned(kernel, groups) : w.values, bias: bias
    )
  }

  /// `Pad`: steps of zeros, which a convolution reads.
  mutating func pad(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    var value = try features(node, 0)
    let mode = try attributes.string("mode") ?? "constant"
    guard mode == "constant" else {
      throw node.unsupported("the attribute mode is \(quotable(mode)); expected constant")
    }
    var fill = try attributes.float("value") ?? 0
    if node.input(2) != nil {
      fill = try folder.constant(node, 2, "constant_value").floats?.first ?? 1
    }
    guard fill == 0 else { throw node.unsupported("the input constant_value is not 0") }
    let named = try attributes.integers("pads")
    var pads: [Int]
    if let named { pads = named } else { pads = try folder.integers(node, 1, "pads") }
    let rank = value.axes.count
    if node.input(3) != nil {
      let axes = try folder.integers(node, 3, "axes")
      guard pads.count == 2 * axes.count else {
        throw node.malformed("pads are \(pads.count) numbers")
      }
      var all = [Int](repeating: 0, count: 2 * rank)
      for (index, axis) in axes.enumerated() {
        let axis = try node.position(of: axis, rank: rank)
        all[axis] = pads[index]
        all[axis + rank] = pads[index + axes.count]
      }
      pads = all
    }
    guard pads.count == 2 * rank, pads.allSatisfy({ (0...Int(BlobLimits.size)).contains($0) })
    else { throw node.unsupported("pads are \(pads)") }
    for axis in 0..<rank where pads[axis] != 0 || pads[axis + rank] != 0 {
      guard case .input(let index, _)? = FeatureValue.sole(value.axes[axis]),
        timeAxis == nil || timeAxis == index, value.content == .sequence, value.margin == nil
      else { throw node.unsupported("pads an axis that does not count the steps of the input") }
      value.margin = .init(axis: index, before: pads[axis], after: pads[axis + rank])
    }
    try define(node, .features(value))
  }
}

extension [Float] {
  /// Weights of a transposed convolution, `[inputs, outputs / groups, taps]`, as those of a convolution,
  /// `[outputs, inputs / groups, taps]`, whose taps come from the last to the first.
  fileprivate func turned(_ kernel: [Int], _ groups: Int) -> [Float] {
    let (inputs, outputs, count) = (kernel[0] / groups, kernel[1], kernel[2])
    var result: [Float] = []
    result.reserveCapacity(self.count)
    for group in 0..<groups {
      for output in 0..<outputs {
        for input in 0..<inputs {
          let row = ((group * inputs + input) * outputs + output) * count
          result += self[row..<row + count].reversed()
        }
      }
    }
    return result
  }
}
