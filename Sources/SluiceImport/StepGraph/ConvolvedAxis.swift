import SluiceBlob
import SluiceNetwork

/// One axis of a convolution: how much of it there is, and what each output sees.
struct ConvolvedAxis {
  var length: Int
  let kernel: Int
  let stride: Int
  let dilation: Int
  /// Zeros before and behind; below zero, positions that are not seen.
  var before: Int
  var after: Int

  /// Positions from the first tap to the last.
  var reach: Int { (kernel - 1) * dilation + 1 }

  /// Outputs; 0 or less where the taps do not fit.
  var outputs: Int {
    let room = before + length + after - reach
    return room < 0 ? 0 : room / stride + 1
  }

  /// Outputs of the transposed convolution.
  var transposedOutputs: Int { (length - 1) * stride + reach - before - after }

  /// The position that tap `tap` of output `output` sees; nil where that is a zero put around.
  func place(_ output: Int, _ tap: Int) -> Int? {
    let place = output * stride + tap * dilation - before
    return (0..<length).contains(place) ? place : nil
  }

  /// The position whose tap `tap` is added to output `output` of the transposed convolution; nil for none.
  func transposedPlace(_ output: Int, _ tap: Int) -> Int? {
    let place = output + before - tap * dilation
    guard place >= 0, place % stride == 0, place / stride < length else { return nil }
    return place / stride
  }
}

extension StepImporter {
  /// What the attributes say of both axes of a convolution over planes.
  ///
  /// - Parameter line: the axis, 0 or 1, that a convolution of one axis has; nil for one of two.
  func planeAxes(
    ofKernel kernel: [Int], over lengths: [Int], line: Int? = nil, _ node: ONNXNode,
    _ attributes: inout AttributeReader
  ) throws(ConversionError) -> [ConvolvedAxis] {
    let limit = 1...Int(BlobLimits.size)
    /// A number for each of two axes, where the attribute has one for its only axis.
    func planar(_ values: [Int]?, _ usual: Int) -> [Int]? {
      guard let values, let line, values.count == 1 else { return values }
      return line == 0 ? [values[0], usual] : [usual, values[0]]
    }
    let strides = try planar(attributes.integers("strides"), 1) ?? [1, 1]
    let dilations = try planar(attributes.integers("dilations"), 1) ?? [1, 1]
    if let shape = try planar(attributes.integers("kernel_shape"), 1), shape != kernel {
      throw node.malformed("the attribute kernel_shape is \(shape); W has the taps \(kernel)")
    }
    for (name, values) in [("strides", strides), ("dilations", dilations)] {
      guard values.count == 2, values.allSatisfy(limit.contains) else {
        throw node.unsupported("the attribute \(name) is \(values); expected two positive numbers")
      }
    }
    var pads = try attributes.integers("pads") ?? [0, 0, 0, 0]
    if let line, pads.count == 2 {
      pads = line == 0 ? [pads[0], 0, pads[1], 0] : [0, pads[0], 0, pads[1]]
    }
    guard pads.count == 4, pads.allSatisfy({ (0...Int(BlobLimits.size)).contains($0) }) else {
      throw node.unsupported("the attribute pads is \(pads)")
    }
    let mode = try attributes.string("auto_pad") ?? "NOTSET"
    if mode == "VALID" { pads = [0, 0, 0, 0] }
    let isSame = mode == "SAME_UPPER" || mode == "SAME_LOWER"
    guard mode == "NOTSET" || mode == "VALID" || isSame && node.operation == "Conv" else {
      throw node.unsupported("the attribute auto_pad is \(quotable(mode))")
    }
    return (0..<2).map { index in
      var axis = ConvolvedAxis(
        length: lengths[index], kernel: kernel[index], stride: strides[index],
        dilation: dilations[index], before: pads[index], after: pads[index + 2])
      if isSame {
        let outputs = (axis.length + axis.stride - 1) / axis.stride
        let total = max((outputs - 1) * axis.stride + axis.reach - axis.length, 0)
        axis.before = mode == "SAME_UPPER" ? total / 2 : total - total / 2
        axis.after = total - axis.before
      }
      return axis
    }
  }
}
