import SluiceBlob
import SluiceNetwork

/// A frame of bands, and the weights with which a convolution over frames sees it.
struct BandTap {
  /// `[channels, bands]`
  let frame: StepView
  /// `[outputs, channels / groups, taps]`
  let weights: [Float]
}

/// What is the same for all frames that a convolution sees.
struct BandFilter {
  let outputs: Int
  let groups: Int
  let bands: ConvolvedAxis
  let bias: [Float]?
}

/// Convolutions of two axes: frames, of which a step has the new one and what a cache kept, and bands.
///
/// What each output sees is a few frames side by side, as channels: the convolution is one over bands.
extension StepImporter {
  /// Outputs over the frames' axis: a step writes one, or a few.
  private static let rowLimit = 64

  /// `Conv` with a kernel of two axes.
  mutating func planeConvolution(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let w = try folder.floats(node, 1, "W", rank: 4)
    let (x, padded) = try plane(node)
    let groups = try attributes.integer("group") ?? 1
    let bias = node.input(2) == nil ? nil : try folder.floats(node, 2, "B", rank: 1)
    let outputs = w.shape[0]
    guard w.values.count > 0, groups > 0, outputs % groups == 0,
      x.shape[1] == w.shape[1] * groups, bias?.shape[0] ?? outputs == outputs
    else { throw node.malformed("W of shape \(w.shape) for \(x.shape[1]) channels") }
    let axes = try planeAxes(
      ofKernel: [w.shape[2], w.shape[3]], over: [x.shape[2], x.shape[3]], node, &attributes)
    for (index, axis) in axes.enumerated() where axis.outputs < 1 && x.time != index + 2 {
      throw node.malformed("\(axis.reach) columns are seen, there are \(axis.length)")
    }
    let plane = FramePlane(x, axes)
    let (rows, channels) = (plane.rows, w.shape[1])
    if x.time != nil { try checkIsCausal(rows, padded: padded, node) }
    let filter = BandFilter(
      outputs: outputs, groups: groups, bands: plane.bands, bias: bias?.values)
    let result = try self.rows(x.time == nil ? rows.outputs : 1, node) {
      (importer: inout StepImporter, row: Int) throws(ConversionError) -> StepView in
      var taps: [BandTap] = []
      // The newest frame first: each that is further back is delayed from the one before.
      for tap in (0..<rows.kernel).reversed() {
        guard x.time != nil || rows.place(row, tap) != nil else { continue }
        let weights = (0..<outputs * channels).flatMap { pair in
          (0..<filter.bands.kernel).map { band in
            w.values[
              pair * rows.kernel * filter.bands.kernel
                + (plane.isSwapped ? band * rows.kernel + tap : tap * filter.bands.kernel + band)]
          }
        }
        let frame =
          try x.time == nil
          ? plane.frame(rows.place(row, tap) ?? 0)
          : importer.delayed(
            plane.frame(0), by: (rows.kernel - 1 - tap) * rows.dilation, node)
        taps.append(BandTap(frame: frame, weights: weights))
      }
      return try importer.convolved(taps.reversed(), filter, node)
    }
    try define(node, .view(plane.whole(result).timed(x.time)))
  }

  /// The frames and bands that a convolution reads, and steps of zeros that were put before them.
  func plane(_ node: ONNXNode) throws(ConversionError) -> (view: StepView, padded: Int) {
    var padded = 0
    var x: StepView?
    if let name = node.input(0), let steps = stepPads[name], case .view(let view)? = values[name] {
      (x, padded) = (view, steps)
    }
    let own: StepView
    if let x { own = x } else { own = try view(node, 0) }
    guard own.rank == 4, own.shape[0] == 1, own.time.map({ $0 >= 2 }) ?? true else {
      throw node.unsupported(
        "X has the shape \(own.shape); expected [1, channels, frames, bands]")
    }
    return (own, padded)
  }

  /// Rows of bands, `[rows, outputs, bands]`.
  mutating func rows(
    _ count: Int, _ node: ONNXNode,
    _ row: (inout StepImporter, Int) throws(ConversionError) -> StepView
  ) throws(ConversionError) -> StepView {
    guard count <= Self.rowLimit else {
      throw node.unsupported(
        "writes \(count) rows of bands; a step writes up to \(Self.rowLimit): export one step")
    }
    var rows: [StepView] = []
    for index in 0..<count {
      let view = try row(&self, index)
      try spend(view.count, node)
      rows.append(view.reshaped([1] + view.shape))
    }
    return StepView(joining: rows, along: 0)
  }

  /// The convolution of some frames, `[outputs, bands]`.
  mutating func convolved(
    _ taps: [BandTap], _ filter: BandFilter, _ node: ONNXNode
  ) throws(ConversionError) -> StepView {
    var (taps, filter) = (taps, filter)
    taps.removeAll { tap in tap.frame.elements.allSatisfy { $0.source == StepElement.zeros } }
    guard !taps.isEmpty else { throw node.unsupported("sees nothing but zeros put around") }
    try spend(taps.reduce(0) { $0 + $1.frame.count }, node)
    var bands = filter.bands
    // Zeros that stand around already are the convolution's own; what it does not see is cut.
    let zeros = taps.map { $0.frame.zerosAround(axis: 1) }
    let before = max(zeros.map(\.before).min() ?? 0, -bands.before, 0)
    let after = max(zeros.map(\.after).min() ?? 0, -bands.after, 0)
    guard before + after < bands.length else {
      throw node.unsupported("sees nothing but zeros put around")
    }
    if before + after > 0 {
      let kept = Array(before..<bands.length - after)
      taps = taps.map { BandTap(frame: $0.frame.taking(kept, of: 1), weights: $0.weights) }
      bands.length -= before + after
      bands.before += before
      bands.after += after
    }
    filter = BandFilter(
      outputs: filter.outputs, groups: filter.groups, bands: bands, bias: filter.bias)
    let channels = taps[0].frame.shape[0]
    let isEach = filter.groups == channels && filter.outputs == channels && channels > 1
    let layer =
      try isEach && taps.count > 1 && bands.dilation == 1
      ? interleaved(taps, filter, node) : self.layer(taps, filter, node)
    return StepView(layer: layer, shape: [bands.outputs, filter.outputs]).transposed([1, 0])
  }

  /// The layer that convolves frames, side by side as channels of each group.
  private mutating func layer(
    _ taps: [BandTap], _ filter: BandFilter, _ node: ONNXNode
  ) throws(ConversionError) -> Int {
    let (groups, bands) = (filter.groups, filter.bands)
    let channels = taps[0].frame.shape[0]
    let own = channels / groups
    let frames = StepView(
      joining: taps.map { $0.frame.reshaped([1, groups, own, bands.length]) }, along: 0)
    let columns = try columns(
      frames.transposed([3, 1, 0, 2]), channelAxes: [1, 2, 3], node)
    let row = own * bands.kernel
    let weights = (0..<filter.outputs).flatMap { output in
      taps.flatMap { $0.weights[output * row..<(output + 1) * row] }
    }
    let layer = Network.Convolution(
      length: bands.length, inputChannels: columns.channels, outputChannels: filter.outputs,
      kernelSize: bands.kernel, stride: bands.stride, dilation: bands.dilation, groups: groups,
      padding: .zeros(before: bands.before, after: bands.after), weights: weights,
      bias: filter.bias)
    return try place(layer, reading: columns.layer, node)
  }

  /// The layer that convolves frames of channels that see only themselves: the frames' columns in turn, of which
  /// each output sees those of its bands and moves on by as many as there are frames.
  private mutating func interleaved(
    _ taps: [BandTap], _ filter: BandFilter, _ node: ONNXNode
  ) throws(ConversionError) -> Int {
    let (bands, count) = (filter.bands, taps.count)
    let channels = filter.outputs
    let frames = StepView(
      joining: taps.map { $0.frame.reshaped([1, channels, bands.length]) }, along: 0)
    let columns = try columns(frames.transposed([2, 0, 1]), channelAxes: [1, 2], node)
    let weights = (0..<channels).flatMap { channel in
      (0..<bands.kernel).flatMap { band in
        taps.map { $0.weights[channel * bands.kernel + band] }
      }
    }
    let layer = Network.Convolution(
      length: count * bands.length, inputChannels: channels, outputChannels: channels,
      kernelSize: count * bands.kernel, stride: count * bands.stride, groups: channels,
      padding: .zeros(before: count * bands.before, after: count * bands.after), weights: weights,
      bias: filter.bias)
    return try place(layer, reading: columns.layer, node)
  }

  /// A convolution within the step: a dense layer where it is one.
  mutating func place(
    _ layer: Network.Convolution, reading source: Int, _ node: ONNXNode
  ) throws(ConversionError) -> Int {
    if layer.length == 1, layer.kernelSize == 1, layer.groups == 1,
      layer.padding == .zeros(before: 0, after: 0)
    {
      let dense = Network.Dense(
        inputSize: layer.inputChannels, outputSize: layer.outputChannels, weights: layer.weights,
        bias: layer.bias)
      return try append(.dense(dense), reading: [source], node)
    }
    return try layer.appended(reading: source, refused: node.unsupported) {
      operation, inputs throws(ConversionError) in
      try append(operation, reading: inputs, node)
    }
  }
}

/// The two axes of a plane `[1, channels, frames, bands]`: frames are the steps where these are known, else those
/// of which a step writes fewer.
struct FramePlane {
  let rows: ConvolvedAxis
  let bands: ConvolvedAxis
  /// Whether bands are the axis before the last.
  let isSwapped: Bool
  /// `[channels, frames, bands]`
  private let view: StepView

  init(_ view: StepView, _ axes: [ConvolvedAxis], isTransposed: Bool = false) {
    let counts = axes.map { isTransposed ? $0.transposedOutputs : $0.outputs }
    isSwapped = view.time.map { $0 == 3 } ?? (counts[0] > counts[1])
    rows = axes[isSwapped ? 1 : 0]
    bands = axes[isSwapped ? 0 : 1]
    let planes = view.reshaped(Array(view.shape[1...]))
    self.view = isSwapped ? planes.transposed([0, 2, 1]) : planes
  }

  /// One frame, `[channels, bands]`.
  func frame(_ index: Int) -> StepView {
    view.taking([index], of: 1).reshaped([view.shape[0], view.shape[2]])
  }

  /// Rows `[rows, outputs, bands]` in the order of the source's axes.
  func whole(_ rows: StepView) -> StepView {
    let result = rows.transposed(isSwapped ? [1, 2, 0] : [1, 0, 2])
    return result.reshaped([1] + result.shape)
  }
}
