import SluiceBlob
import SluiceNetwork

/// Transposed convolutions: over frames taps in the other order, over bands as many outputs of one column as
/// the stride says.
extension StepImporter {
  /// `ConvTranspose` with a kernel of one axis or of two.
  mutating func transposedConvolution(
    _ node: ONNXNode, _ attributes: inout AttributeReader
  ) throws(ConversionError) {
    let constant = try folder.constant(node, 1, "W")
    guard constant.shape.count == 4 else {
      throw node.unsupported(
        "W has the shape \(constant.shape); expected [inputs, outputs, frames, bands]")
    }
    let w = try folder.floats(node, 1, "W", rank: 4)
    let (x, padded) = try plane(node)
    let groups = try attributes.integer("group") ?? 1
    let bias = node.input(2) == nil ? nil : try folder.floats(node, 2, "B", rank: 1)
    let (inputs, own) = (w.shape[0], w.shape[1])
    let (outputs, overflow) = own.multipliedReportingOverflow(by: max(groups, 1))
    guard w.values.count > 0, groups > 0, !overflow, inputs % groups == 0, x.shape[1] == inputs,
      bias?.shape[0] ?? outputs == outputs
    else { throw node.malformed("W of shape \(w.shape) for \(x.shape[1]) channels") }
    var axes = try planeAxes(
      ofKernel: [w.shape[2], w.shape[3]], over: [x.shape[2], x.shape[3]], node, &attributes)
    if let more = try attributes.integers("output_padding") {
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
      guard padded == 0, rows.kernel == 1, rows.stride == 1, rows.before == 0, rows.after == 0
      else {
        throw node.unsupported("a transposed convolution over steps")
      }
    }
    let filter = BandFilter(
      outputs: outputs, groups: groups, bands: plane.bands, bias: bias?.values)
    let kernel = filter.bands.kernel
    let result = try self.rows(rows.transposedOutputs, node) {
      (importer: inout StepImporter, row: Int) throws(ConversionError) -> StepView in
      var taps: [BandTap] = []
      for tap in 0..<rows.kernel {
        guard let place = rows.transposedPlace(row, tap) else { continue }
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
        taps.append(BandTap(frame: plane.frame(place), weights: weights))
      }
      guard !taps.isEmpty else { throw node.unsupported("writes rows that no tap reaches") }
      return try importer.spread(taps, filter, node)
    }
    try define(node, .view(plane.whole(result).timed(x.time)))
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
