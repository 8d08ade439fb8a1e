import SluiceNetwork

/// Graphs over sequences whose steps are frames of bands and channels: read as one step, whose axis of steps is
/// followed by its place. What looks at steps before is a delay; whatever else touches that axis is refused.
extension StepImporter {
  /// The axis that counts steps: the open one, beside an open one of sequences in front.
  func stepAxis(of input: ONNXModel.Value, _ shape: [Int?]) throws(ConversionError) -> Int {
    guard let axis = input.openAxis else {
      throw .unsupported(
        model.source.file, "input \"\(quotable(input.name))\"",
        "which of its axes \(shape.map { $0.map { "\($0)" } ?? "?" }) counts steps is not certain; expected "
          + "one that is open")
    }
    return axis
  }

  /// What a frame, `[channels, bands]`, was some steps ago.
  mutating func delayed(
    _ frame: StepView, by steps: Int, _ node: ONNXNode
  ) throws(ConversionError) -> StepView {
    guard steps > 0 else { return frame }
    let columns = try columns(frame, channelAxes: [0], node)
    var known = delayed[columns.layer] ?? []
    if let layer = known.first(where: { $0.steps == steps })?.layer {
      return columns.view.written(by: layer)
    }
    let nearest = known.last { $0.steps < steps } ?? (0, columns.layer)
    let layer = try append(
      .delay(Network.Delay(size: size(of: Int32(columns.layer)), count: steps - nearest.steps)),
      reading: [nearest.layer], node)
    known.append((steps, layer))
    delayed[columns.layer] = known.sorted { $0.steps < $1.steps }
    return columns.view.written(by: layer)
  }

  /// The steps before that a convolution sees, all of them before and none behind.
  ///
  /// - Parameter padded: steps of zeros that a `Pad` put before the first.
  func checkIsCausal(
    _ rows: ConvolvedAxis, padded: Int, _ node: ONNXNode
  ) throws(ConversionError) {
    guard rows.stride == 1, rows.after == 0, rows.before + padded == rows.reach - 1 else {
      throw node.unsupported(
        "sees \(rows.reach) steps, with \(rows.before + padded) put before the first and \(rows.after) "
          + "behind the last, \(rows.stride) apart; a stream has no steps ahead: pad before alone, and delay "
          + "what is compared with it in the program that runs the model")
    }
  }

  /// LSTM, GRU and RNN over the steps, of each column where there are several.
  mutating func recurrentOverSteps(
    _ x: StepView, _ node: ONNXNode, _ form: RecurrentForm
  ) throws(ConversionError) {
    guard form.direction == "forward" else {
      throw node.unsupported("the attribute direction is \(form.direction) over steps")
    }
    let count = x.shape[1]
    var layer = try cell(ofEach: count, node, form)
    let source = try columns(x, readBy: layer, node)
    for index in 1..<3 {
      guard let name = node.output(index), folder.liveNames.contains(name) else { continue }
      throw node.unsupported("the state after the last step")
    }
    let size = layer.hiddenSize
    layer.initialHidden = try initial(node, 5, "initial_h", [0, 1, count * size])
    if layer.cell == .lstm {
      layer.initialCell = try initial(node, 6, "initial_c", [0, 1, count * size])
    }
    let index = try append(.recurrent(layer), reading: [source], node)
    try define(node, .view(StepView(layer: index, shape: [1, 1, count, size]).timed(0)))
  }
}

extension StepView {
  /// Refuses what computes over the axis of steps.
  func checkStepsAreNot(
    among axes: some Sequence<Int>, _ node: ONNXNode
  ) throws(ConversionError) {
    guard let time, axes.contains(time) else { return }
    throw node.unsupported("computes over the steps, which a stream does not keep")
  }
}

extension ONNXModel.Value {
  /// The one axis whose size is open, beside an open one of sequences in front; nil where it is not certain.
  var openAxis: Int? {
    guard let shape else { return nil }
    var open = shape.indices.filter { shape[$0] == nil }
    if open.count == 2, open[0] == 0 { open.removeFirst() }
    return open.count == 1 ? open[0] : nil
  }
}
