import SluiceBlob
import SluiceNetwork

extension StepImporter {
  /// Columns side by side: of every column the same stretches of several sources.
  mutating func joined(
    _ elements: [StepElement], channels: Int, _ node: ONNXNode
  ) throws(ConversionError) -> Int? {
    guard channels > 0, elements.count % channels == 0 else { return nil }
    let length = elements.count / channels
    // Where a stretch ends in some column.
    var starts: [Int] = []
    for place in 0..<channels {
      let begins =
        place == 0
        || (0..<length).contains { column in
          let at = column * channels + place
          return elements[at].source != elements[at - 1].source
            || elements[at].index != elements[at - 1].index + 1
        }
      if begins { starts.append(place) }
      guard starts.count <= LayerInputs.capacity * LayerInputs.capacity else { return nil }
    }
    guard starts.count > 1 else { return nil }
    var parts: [(layer: Int, channels: Int)] = []
    for (index, start) in starts.enumerated() {
      let end = index + 1 < starts.count ? starts[index + 1] : channels
      let own = (0..<length).flatMap { elements[$0 * channels + start..<$0 * channels + end] }
      // What is no stretch of columns would be joined again, and again.
      guard own.allSatisfy({ $0.source == own[0].source }) else { return nil }
      if let layer = whole(own) ?? patterns[own] {
        parts.append((layer, end - start))
        continue
      }
      var layer = try stretch(own, node)
      if layer == nil { layer = try columnSlice(own, node) }
      guard let layer else { return nil }
      patterns[own] = layer
      parts.append((layer, end - start))
    }
    return try joined(parts, length: length, node)
  }

  /// Layers' columns side by side, in two storeys where there are many.
  mutating func joined(
    _ parts: [(layer: Int, channels: Int)], length: Int, _ node: ONNXNode
  ) throws(ConversionError) -> Int {
    var parts = parts
    while parts.count > 1 {
      var joined: [(layer: Int, channels: Int)] = []
      for first in Swift.stride(from: 0, to: parts.count, by: LayerInputs.capacity) {
        let some = parts[first..<min(first + LayerInputs.capacity, parts.count)]
        guard some.count > 1 else {
          joined += some
          continue
        }
        let channels = some.map(\.channels)
        let layer = try append(
          .concatenate(length: length, channels: channels), reading: some.map(\.layer), node)
        joined.append((layer, channels.reduce(0, +)))
      }
      parts = joined
    }
    return parts[0].layer
  }

  /// Any numbers of few sources: a dense layer with a single 1 in each row.
  mutating func picked(
    _ elements: [StepElement], _ node: ONNXNode
  ) throws(ConversionError) -> Int {
    var sources: [Int32] = []
    for element in elements where !sources.contains(element.source) {
      sources.append(element.source)
    }
    let sizes = sources.map { size(of: $0) }
    let total = sizes.reduce(0, +)
    guard sources.count <= LayerInputs.capacity, total * elements.count <= 1 << 20 else {
      throw node.unsupported(
        "\(elements.count) of \(total) numbers in an order that is neither that of columns nor of "
          + "channels")
    }
    let base = try joined(zip(sources, sizes).map { (Int($0), $1) }, length: 1, node)
    var firsts: [Int32: Int] = [:]
    var sum = 0
    for (source, size) in zip(sources, sizes) {
      firsts[source] = sum
      sum += size
    }
    var weights = [Float](repeating: 0, count: total * elements.count)
    for (row, element) in elements.enumerated() {
      weights[row * total + (firsts[element.source] ?? 0) + Int(element.index)] = 1
    }
    return try append(
      .dense(
        Network.Dense(
          inputSize: total, outputSize: elements.count, weights: weights, bias: nil)),
      reading: [base], node)
  }
}
