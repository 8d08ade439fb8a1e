import SluiceBlob
import SluiceNetwork

extension StepImporter {
  /// `MaxPool` and `AveragePool` along the step's columns, or over its bands and frames: of two axes one after the
  /// other, since the greatest of all is the greatest of those of each row, and so is the mean.
  mutating func pool(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    var x = try view(node, 0)
    let count = x.rank - 2
    guard (1...2).contains(count), x.shape[0] == 1 else {
      throw node.unsupported(
        "X has the shape \(x.shape); expected [1, channels] and one axis or two")
    }
    let limit = 1...Int(BlobLimits.size)
    let ones = [Int](repeating: 1, count: count)
    let kernel = try attributes.integers("kernel_shape") ?? []
    let strides = try attributes.integers("strides") ?? ones
    guard kernel.count == count, kernel.allSatisfy(limit.contains) else {
      throw node.malformed("the attribute kernel_shape is \(kernel) for \(count) axes")
    }
    guard strides.count == count, strides.allSatisfy(limit.contains) else {
      throw node.unsupported(
        "the attribute strides is \(strides); expected \(count) positive numbers")
    }
    let dilations = try attributes.integers("dilations") ?? ones
    guard dilations == ones else {
      throw node.unsupported(
        "the attribute dilations is \(dilations); expected ones: slice the columns apart by their "
          + "dilation, and pool each slice")
    }
    let isCeiled = try attributes.flag("ceil_mode")
    let countsPads = try attributes.flag("count_include_pad")
    _ = try attributes.integer("storage_order")
    guard node.operation == "AveragePool" || node.output(1) == nil else {
      throw node.unsupported("the output Indices")
    }
    let pads = try pads(
      &attributes, reaches: kernel, strides: strides, lengths: Array(x.shape[2...]), node)
    for index in 0..<count {
      var axis = ConvolvedAxis(
        length: x.shape[index + 2], kernel: kernel[index], stride: strides[index], dilation: 1,
        before: pads[index], after: pads[index + count])
      if axis.kernel == 1, axis.stride == 1, axis.before + axis.after == 0 { continue }
      try x.checkStepsAreNot(among: [index + 2], node)
      guard max(axis.before, axis.after) < axis.kernel, axis.outputs > 0 else {
        throw node.malformed(
          "a pool of \(axis.kernel) with pads \([axis.before, axis.after]) over \(axis.length) columns"
        )
      }
      if isCeiled { try round(&axis, countsPads: countsPads, node) }
      x = try pooled(x, index + 2, axis, countsPads: countsPads, node)
    }
    try define(node, .view(x))
  }

  /// As many outputs as begin within what is seen.
  private func round(
    _ axis: inout ConvolvedAxis, countsPads: Bool, _ node: ONNXNode
  ) throws(ConversionError) {
    let seen = axis.before + axis.length + axis.after - axis.kernel
    var outputs = (seen + axis.stride - 1) / axis.stride + 1
    if (outputs - 1) * axis.stride >= axis.before + axis.length { outputs -= 1 }
    let after = (outputs - 1) * axis.stride + axis.kernel - axis.before - axis.length
    axis.after = max(after, axis.after)
    guard axis.after < axis.kernel, !countsPads || node.operation == "MaxPool" else {
      throw node.unsupported(
        "the attribute ceil_mode is 1, and the last window ends in pads that count; pad the columns "
          + "before the pool, and leave ceil_mode out")
    }
  }

  /// A pool over one axis of a value, all others side by side as channels.
  private mutating func pooled(
    _ x: StepView, _ axis: Int, _ seen: ConvolvedAxis, countsPads: Bool, _ node: ONNXNode
  ) throws(ConversionError) -> StepView {
    let others = x.shape.indices.filter { $0 != axis }
    let columns = try columns(x, channelAxes: others, node)
    let pool = Network.MaxPool(
      length: seen.length, channels: columns.channels, kernelSize: seen.kernel, stride: seen.stride,
      before: seen.before, after: seen.after)
    let layer =
      try node.operation == "MaxPool"
      ? append(.maxPool(pool), reading: [columns.layer], node)
      : average(pool, of: columns.layer, countsPads: countsPads, node)
    let written = StepView(
      layer: layer, shape: [pool.outputLength] + others.map { x.shape[$0] })
    let order = x.shape.indices.map { $0 == axis ? 0 : (others.firstIndex(of: $0) ?? 0) + 1 }
    return written.transposed(order).timed(x.time)
  }

  /// The mean of what a pool sees: a convolution of equal taps, and where pads do not count a factor for
  /// each column.
  private mutating func average(
    _ pool: Network.MaxPool, of source: Int, countsPads: Bool, _ node: ONNXNode
  ) throws(ConversionError) -> Int {
    let taps = Network.Convolution(
      length: pool.length, inputChannels: pool.channels, outputChannels: pool.channels,
      kernelSize: pool.kernelSize, stride: pool.stride, groups: pool.channels,
      padding: .zeros(before: pool.before, after: pool.after),
      weights: Array(repeating: 1 / Float(pool.kernelSize), count: pool.channels * pool.kernelSize))
    let layer = try taps.appended(reading: source, refused: node.unsupported) {
      operation, inputs throws(ConversionError) in
      try append(operation, reading: inputs, node)
    }
    guard !countsPads, pool.before + pool.after > 0 else { return layer }
    let factors = (0..<pool.outputLength).flatMap { column -> [Float] in
      let first = column * pool.stride - pool.before
      let seen = min(first + pool.kernelSize, pool.length) - max(first, 0)
      return Array(repeating: Float(pool.kernelSize) / Float(seen), count: pool.channels)
    }
    return try append(
      .scale(Network.Scale(scale: factors, shift: factors.map { _ in 0 })), reading: [layer], node)
  }
}
