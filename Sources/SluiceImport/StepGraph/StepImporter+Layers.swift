import SluiceBlob
import SluiceNetwork

/// What a layer writes as columns of channels, and a view's numbers as what it writes.
struct ColumnView {
  let layer: Int
  let length: Int
  let channels: Int
  let view: StepView
}

extension StepImporter {
  /// The layer that writes the numbers of `view` and nothing else, those of `channelAxes` side by side;
  /// appended if they lie otherwise where they were written.
  mutating func columns(
    _ view: StepView, channelAxes: [Int], _ node: ONNXNode
  ) throws(ConversionError) -> ColumnView {
    let others = view.shape.indices.filter { !channelAxes.contains($0) }
    let order = others + channelAxes
    let channels = channelAxes.reduce(1) { $0 * view.shape[$1] }
    let arranged = view.transposed(order)
    let layer = try realised(arranged.elements, channels: channels, node)
    // Back from the places of the columns to those of the view.
    var inverse = order
    for (place, axis) in order.enumerated() { inverse[axis] = place }
    let written = StepView(layer: layer, shape: arranged.shape).transposed(inverse)
      .timed(view.time)
    return ColumnView(
      layer: layer, length: view.count / max(channels, 1), channels: channels, view: written)
  }

  /// A layer that writes the numbers of `view` and nothing else, in any order: for what treats all
  /// numbers alike.
  mutating func based(
    _ view: StepView, _ node: ONNXNode
  ) throws(ConversionError) -> ColumnView {
    if let source = view.soleSource, view.elements[0].cellLayer == nil,
      source != StepElement.zeros, view.count == size(of: source)
    {
      var seen = [Bool](repeating: false, count: view.count)
      for element in view.elements { seen[Int(element.index)] = true }
      if seen.allSatisfy(\.self) {
        let channels = channels(of: Int(source))
        return ColumnView(
          layer: Int(source), length: view.count / channels, channels: channels, view: view)
      }
    }
    guard view.rank > 0 else { return try columns(view, channelAxes: [], node) }
    return try columns(view, channelAxes: [view.channelAxis], node)
  }

  /// Channels of a column that a layer writes.
  func channels(of layer: Int) -> Int {
    guard layer >= 0 else { return inputs[-2 - layer].shape.last ?? 1 }
    switch layers[layer].operation {
    case .convolution(let layer): return layer.outputChannels
    case .scale(let layer): return layer.scale.count
    case .layerNorm(let layer): return layer.scale.count
    case .prelu(let layer): return layer.slopes.count
    case .concatenate(_, let channels): return channels.reduce(0, +)
    case .magnitude(_, let channels): return channels
    case .reflectPad(let layer): return layer.channels
    case .slice(let layer): return layer.count
    case .maxPool(let layer): return layer.channels
    case .argMax: return 1
    case .recurrent(let cell): return cell.outputSize
    case .activation, .delay: return channels(of: layers.inputs(of: layer)[0])
    case .embedding, .dense, .add, .multiply, .mask, .gather: return layers[layer].outputSize
    }
  }

  /// The layer that writes these numbers in this order, in columns of `channels`.
  mutating func realised(
    _ elements: [StepElement], channels: Int, _ node: ONNXNode
  ) throws(ConversionError) -> Int {
    if let layer = whole(elements) { return layer }
    if let layer = patterns[elements] { return layer }
    guard elements.allSatisfy({ $0.cellLayer == nil }) else {
      throw node.unsupported("reads a state, which only a recurrent node of this layer does")
    }
    let layer: Int
    if elements.contains(where: { $0.source == StepElement.zeros }) {
      layer = try picked(elements, node)
    } else if let part = try stretch(elements, node) {
      layer = part
    } else if let repeated = try repetition(elements, node) {
      layer = repeated
    } else if let part = try columnSlice(elements, node) {
      layer = part
    } else if let joined = try joined(elements, channels: channels, node) {
      layer = joined
    } else if let period = elements.period, period != channels,
      let joined = try joined(elements, channels: period, node)
    {
      layer = joined
    } else if channels != elements.count,
      let joined = try joined(elements, channels: elements.count, node)
    {
      layer = joined
    } else {
      layer = try picked(elements, node)
    }
    patterns[elements] = layer
    return layer
  }

  /// The layer, or input, that writes just these.
  func whole(_ elements: [StepElement]) -> Int? {
    guard let first = elements.first, first.cellLayer == nil, first.source != StepElement.zeros,
      elements.count == size(of: first.source),
      elements.enumerated().allSatisfy({ $1.source == first.source && $1.index == Int32($0) })
    else { return nil }
    return Int(first.source)
  }

  mutating func slice(
    _ source: Int, length: Int, channels: Int, start: Int, count: Int, _ node: ONNXNode
  ) throws(ConversionError) -> Int {
    if start == 0, count == channels { return source }
    return try append(
      .slice(.init(length: length, channels: channels, start: start, count: count)),
      reading: [source], node)
  }

  /// Neighbours, one after the other.
  mutating func stretch(
    _ elements: [StepElement], _ node: ONNXNode
  ) throws(ConversionError) -> Int? {
    let first = elements[0]
    guard
      elements.enumerated().allSatisfy({
        $1.source == first.source && $1.index == first.index + Int32($0)
      })
    else { return nil }
    return try slice(
      Int(first.source), length: 1, channels: size(of: first.source), start: Int(first.index),
      count: elements.count, node)
  }

  /// One number several times.
  private mutating func repetition(
    _ elements: [StepElement], _ node: ONNXNode
  ) throws(ConversionError) -> Int? {
    guard elements.count > 1, elements.allSatisfy({ $0 == elements[0] }) else { return nil }
    let one = try realised([elements[0]], channels: 1, node)
    return try append(
      .dense(
        Network.Dense(
          inputSize: 1, outputSize: elements.count,
          weights: Array(repeating: 1, count: elements.count), bias: nil)),
      reading: [one], node)
  }

  /// Some neighbouring channels of each of a source's columns, or of some that are neighbours.
  mutating func columnSlice(
    _ elements: [StepElement], _ node: ONNXNode
  ) throws(ConversionError) -> Int? {
    let first = elements[0]
    let count =
      elements.indices.first { place in
        elements[place] != StepElement(source: first.source, index: first.index + Int32(place))
      } ?? elements.count
    guard count < elements.count, elements.count % count == 0 else { return nil }
    let pitch = Int(elements[count].index) - Int(first.index)
    let length = elements.count / count
    let total = size(of: first.source)
    guard pitch >= count, pitch * length <= total,
      elements.enumerated().allSatisfy({ place, element in
        element.source == first.source
          && Int(element.index) == Int(first.index) + place / count * pitch + place % count
      })
    else { return nil }
    var base = Int(first.index) / pitch * pitch
    if Int(first.index) - base + count > pitch || base + pitch * length > total {
      base = total - pitch * length
    }
    let start = Int(first.index) - base
    guard base >= 0, start >= 0, start + count <= pitch else { return nil }
    let chunk = try slice(
      Int(first.source), length: 1, channels: total, start: base, count: pitch * length, node)
    return try slice(
      chunk, length: length, channels: pitch, start: start, count: count, node)
  }
}

extension [StepElement] {
  /// After how many numbers the first stretch goes on where it ended, as in columns of several layers side by
  /// side; nil where it does not, or not in equal parts.
  fileprivate var period: Int? {
    guard let first else { return nil }
    func isNext(_ place: Int, _ count: Int) -> Bool {
      self[place] == StepElement(source: first.source, index: first.index + Int32(count))
    }
    guard let length = indices.first(where: { !isNext($0, $0) }),
      let period = indices.dropFirst(length).first(where: { isNext($0, length) }),
      count % period == 0
    else { return nil }
    return period
  }
}
