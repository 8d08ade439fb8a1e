import SluiceBlob
import SluiceNetwork

extension StepImporter {
  /// `MaxPool` and `AveragePool` along the step's columns.
  mutating func pool(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let x = try view(node, 0)
    guard x.rank == 3, x.shape[0] == 1 else {
      throw node.unsupported("X has the shape \(x.shape); expected one sequence of columns")
    }
    guard let kernel = try attributes.integers("kernel_shape"), kernel.count == 1, kernel[0] > 0,
      kernel[0] <= Int(BlobLimits.size)
    else { throw node.malformed("the attribute kernel_shape is not one positive number") }
    let stride = try single(attributes.integers("strides"), "strides", node)
    let dilation = try single(attributes.integers("dilations"), "dilations", node)
    let isCeiled = try attributes.flag("ceil_mode")
    let countsPads = try attributes.flag("count_include_pad")
    _ = try attributes.integer("storage_order")
    let length = x.shape[2]
    var pads = try pads(&attributes, reach: kernel[0], stride: stride, length: length, node)
    let size = kernel[0]
    guard dilation == 1 else { throw node.unsupported("the attribute dilations is \(dilation)") }
    guard pads.allSatisfy({ $0 < size }), size <= pads[0] + length + pads[1] else {
      throw node.malformed("a pool of \(size) with pads \(pads) over \(length) columns")
    }
    if isCeiled {
      let seen = pads[0] + length + pads[1] - size
      var outputs = (seen + stride - 1) / stride + 1
      // The last one begins within what is seen.
      if (outputs - 1) * stride >= pads[0] + length { outputs -= 1 }
      pads[1] = max((outputs - 1) * stride + size - pads[0] - length, pads[1])
      guard pads[1] < size, !countsPads || node.operation == "MaxPool" else {
        throw node.unsupported("the attribute ceil_mode is 1")
      }
    }
    let columns = try columns(x, channelAxes: [1], node)
    let channels = columns.channels
    let pool = Network.MaxPool(
      length: length, channels: channels, kernelSize: size, stride: stride, before: pads[0],
      after: pads[1])
    let layer: Int
    if node.operation == "MaxPool" {
      guard node.output(1) == nil else { throw node.unsupported("the output Indices") }
      layer = try append(.maxPool(pool), reading: [columns.layer], node)
    } else {
      layer = try average(pool, of: columns.layer, countsPads: countsPads, node)
    }
    let written = StepView(layer: layer, shape: [1, pool.outputLength, channels])
    try define(node, .view(written.transposed([0, 2, 1])))
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
