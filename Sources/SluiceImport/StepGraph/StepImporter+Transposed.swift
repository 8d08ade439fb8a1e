import SluiceBlob
import SluiceNetwork

/// Transposed convolutions: over frames taps in the other order, over bands as many outputs of one column as
/// the stride says.
extension StepImporter {
  /// `ConvTranspose` with a kernel of one axis or of two.
  mutating func transposedConvolution(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let rank = try folder.constant(node, 1, "W").shape.count
    guard (3...4).contains(rank) else {
      throw node.unsupported("W has \(rank) axes; expected one or two of taps")
    }
    var w = try folder.floats(node, 1, "W", rank: rank)
    var (x, padded) = (try transposedInput(node, rank), 0)
    // A line is a plane of which one axis has a single place.
    let line = rank == 4 ? nil : x.time == 2 ? 0 : 1
    if let line {
      w.shape.insert(1, at: line == 0 ? 3 : 2)
    } else {
      (x, padded) = try plane(node)
    }
    let groups = try attributes.integer("group") ?? 1
    let bias = node.input(2) == nil ? nil : try folder.floats(node, 2, "B", rank: 1)
    let (inputs, own) = (w.shape[0], w.shape[1])
    let (outputs, overflow) = own.multipliedReportingOverflow(by: max(groups, 1))
    guard w.values.count > 0, groups > 0, !overflow, inputs % groups == 0, x.shape[1] == inputs,
      bias?.shape[0] ?? outputs == outputs
    else { throw node.malformed("W of shape \(w.shape) for \(x.shape[1]) channels") }
    var axes = try planeAxes(
      ofKernel: [w.shape[2], w.shape[3]], over: [x.shape[2], x.shape[3]], line: line, node,
      &attributes)
    if var more = try attributes.integers("output_padding") {
      if let line, more.count == 1 { more.insert(0, at: 1 - line) }
      guard more.count == 2, zip(more, axes).allSatisfy({ $0 >= 0 && $0 < $1.stride || $0 == 0 })
      else { throw node.unsupported("the attribute output_padding is \(more)") }
      for index in axes.indices { axes[index].after -= more[index] }
    }
    for axis in axes where axis.transposedOutputs < 1 {
      throw node.malformed("the pads cut all that is written")
    }
    let plane = FramePlane(x, axes, isTransposed: true)
    let rows = plane.rows
    if x.time != nil {
      guard padded == 0, rows.stride == 1, rows.before == 0, rows.after == rows.reach - 1 else {
        throw node.unsupported(
          "a transposed convolution over steps, of \(rows.stride) outputs for each, with the pads "
            + "\(rows.before) before and \(rows.after) behind; expected one output, and pads of 0 and "
            + "\(rows.reach - 1): an output then sees no steps to come")
      }
    }
    let filter = BandFilter(
      outputs: outputs, groups: groups, bands: plane.bands, bias: bias?.values)
    let kernel = filter.bands.kernel
    let result = try self.rows(x.time == nil ? rows.transposedOutputs : 1, node) {
      (importer: inout StepImporter, row: Int) throws(ConversionError) -> StepView in
      var taps: [BandTap] = []
      for tap in 0..<rows.kernel {
        guard let place = x.time != nil ? 0 : rows.transposedPlace(row, tap) else { continue }
        // [outputs, inputs / groups, taps]
        let weights = (0..<outputs).flatMap { output in
          (0..<inputs / groups).flatMap { input in
            (0..<kernel).map { band in
              let channel = output / own * (inputs / groups) + input
              return w.values[
                (channel * own + output % own) * rows.kernel * kernel
                  + (plane.isSwapped ? band * rows.kernel + tap : tap * kernel + band)]
            }
          }
        }
        let frame =
          try x.time == nil
          ? plane.frame(place) : importer.delayed(plane.frame(0), by: tap * rows.dilation, node)
        taps.append(BandTap(frame: frame, weights: weights))
      }
      guard !taps.isEmpty else { throw node.unsupported("writes rows that no tap reaches") }
      return try importer.spread(taps, filter, node)
    }
    var written = plane.whole(result).timed(x.time)
    if line != nil {
      written = written.reshaped([1, outputs, written.count / outputs], time: x.time)
    }
    try define(node, .view(written))
  }

  /// What the node reads, as a plane where it is a line of columns.
  private func transposedInput(_ node: ONNXNode, _ rank: Int) throws(ConversionError) -> StepView {
    guard rank == 3 else { return try plane(node).view }
    let x = try view(node, 0)
    guard x.rank == 3, x.shape[0] == 1, x.time == nil || x.time == 2 else {
      throw node.unsupported("X has the shape \(x.shape); expected [1, channels, columns]")
    }
    return x.time == nil
      ? x.reshaped([1, x.shape[1], 1, x.shape[2]])
      : x.reshaped([1, x.shape[1], x.shape[2], 1], time: 2)
  }

  /// The transposed convolution over bands, `[outputs, bands]`.
  private mutating func spread(
    _ taps: [BandTap], _ filter: BandFilter, _ node: ONNXNode
  ) throws(ConversionError) -> StepView {
    let bands = filter.bands
    let count = bands.transposedOutputs
    if bands.stride == 1 {
      // The same taps from the last to the first.
      let flipped = taps.map { tap in
        BandTap(
          frame: tap.frame,
          weights: Swift.stride(from: 0, to: tap.weights.count, by: bands.kernel).flatMap {
            tap.weights[$0..<$0 + bands.kernel].reversed()
          })
      }
      let axis = ConvolvedAxis(
        length: bands.length, kernel: bands.kernel, stride: 1, dilation: bands.dilation,
        before: bands.reach - 1 - bands.before, after: bands.reach - 1 - bands.after)
      return try convolved(flipped, filter.over(axis), node)
    }
    guard bands.stride * bands.kernel <= 1 << 20 else {
      throw node.unsupported("\(bands.kernel) taps, \(bands.stride) outputs of each column")
    }
    let channels = taps[0].frame.shape[0]
    let columns = (count + bands.stride - 1) / bands.stride
    let isEach = filter.groups == channels && filter.outputs == channels && channels > 1
    let phases = (0..<bands.stride).map { BandPhase($0, of: bands) }
    var parts: [StepView] = []
    if isEach {
      for phase in phases {
        let axis = bands.column(from: phase.first, to: phase.last, columns: columns)
        let own = taps.map { BandTap(frame: $0.frame, weights: phase.taps($0.weights, bands)) }
        let view = try convolved(own, filter.over(axis), node)
        parts.append(view.reshaped([channels, columns, 1]))
      }
      let result = StepView(joining: parts, along: 2).reshaped([channels, columns * bands.stride])
      return result.taking(Array(0..<count), of: 1)
    }
    // All phases of a column side by side, of one group.
    let (first, last) = (
      phases.map(\.first).min() ?? 0, phases.map(\.last).max() ?? 0
    )
    let axis = bands.column(from: first, to: last, columns: columns)
    let outputs = filter.outputs
    let stored = elementCount(
      of: [outputs, bands.stride, channels, axis.kernel, taps.count])
    let weights = taps.reduce(0) { $0 + $1.weights.count }
    guard let stored, stored <= max(1 << 18, 64 * weights) else {
      throw node.unsupported(
        "\(filter.groups) groups of \(channels) channels, \(bands.stride) outputs of each column, would be "
          + "stored spelled out; use fewer groups")
    }
    let whole = taps.map { tap in
      BandTap(
        frame: tap.frame,
        weights: phases.flatMap { phase in
          tap.spelledOut(phase, bands, filter, from: first, taps: axis.kernel)
        })
    }
    let wide = BandFilter(
      outputs: outputs * bands.stride, groups: 1, bands: axis,
      bias: filter.bias.map { bias in (0..<bands.stride).flatMap { _ in bias } })
    let view = try convolved(whole, wide, node)
    return view.reshaped([bands.stride, outputs, columns]).transposed([1, 2, 0])
      .reshaped([outputs, columns * bands.stride]).taking(Array(0..<count), of: 1)
  }
}

/// The outputs `phase`, `phase + stride`, ... of a transposed convolution: which taps they have, and where those
/// see what is read.
struct BandPhase {
  /// For each column that is seen, beside the output's own: the tap.
  private let tapOfColumn: [Int: Int]
  let first: Int
  let last: Int

  init(_ phase: Int, of bands: ConvolvedAxis) {
    var taps: [Int: Int] = [:]
    for tap in 0..<bands.kernel {
      let distance = phase + bands.before - tap * bands.dilation
      if distance % bands.stride == 0 { taps[distance / bands.stride] = tap }
    }
    tapOfColumn = taps
    first = taps.keys.min() ?? 0
    last = taps.keys.max() ?? 0
  }

  /// The tap with which the column at this distance is seen.
  func tap(at column: Int) -> Int? { tapOfColumn[column] }

  /// The weights of these taps alone, in the order of columns.
  func taps(_ weights: [Float], _ bands: ConvolvedAxis) -> [Float] {
    Swift.stride(from: 0, to: weights.count, by: bands.kernel).flatMap { row in
      (first...last).map { column in tap(at: column).map { weights[row + $0] } ?? 0 }
    }
  }
}

extension ConvolvedAxis {
  /// The convolution that sees, for each of `columns`, the columns from `first` to `last` beside it.
  fileprivate func column(from first: Int, to last: Int, columns: Int) -> ConvolvedAxis {
    ConvolvedAxis(
      length: length, kernel: last - first + 1, stride: 1, dilation: 1, before: -first,
      after: columns + last - length)
  }
}

extension BandFilter {
  fileprivate func over(_ bands: ConvolvedAxis) -> BandFilter {
    BandFilter(outputs: outputs, groups: groups, bands: bands, bias: bias)
  }
}

extension BandTap {
  /// The weights of one phase as of a single group, `[outputs, channels, taps]`: zeros where groups do not see
  /// each other.
  fileprivate func spelledOut(
    _ phase: BandPhase, _ bands: ConvolvedAxis, _ filter: BandFilter, from first: Int, taps: Int
  ) -> [Float] {
    let channels = frame.shape[0]
    let (own, outputs) = (channels / filter.groups, filter.outputs / filter.groups)
    var result = [Float](repeating: 0, count: filter.outputs * channels * taps)
    for output in 0..<filter.outputs {
      for input in 0..<own {
        let channel = output / outputs * own + input
        for place in 0..<taps {
          guard let tap = phase.tap(at: first + place) else { continue }
          result[(output * channels + channel) * taps + place] =
            weights[(output * own + input) * bands.kernel + tap]
        }
      }
    }
    return result
  }
}
