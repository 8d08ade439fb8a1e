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
    // Few long stretches are copied faster than looked up, many short ones slower.
    guard starts.count > 1, starts.count <= 4 || channels >= 4 * starts.count else { return nil }
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

  /// Any numbers of any sources, and zeros, each looked up by its place.
  mutating func picked(
    _ elements: [StepElement], _ node: ONNXNode
  ) throws(ConversionError) -> Int {
    // Numbers of one source are looked up by themselves: a state's stay a state's.
    let segments = elements.segments
    if segments.count > 1, segments.count <= LayerInputs.capacity,
      !elements.contains(where: { $0.source == StepElement.zeros })
    {
      var parts: [(layer: Int, channels: Int)] = []
      for range in segments {
        let own = Array(elements[range])
        parts.append((try realised(own, channels: own.count, node), own.count))
      }
      return try joined(parts, length: 1, node)
    }
    // What is read of each source, in the order in which they are first read.
    var sources: [Int32] = []
    var bounds: [Int32: ClosedRange<Int32>] = [:]
    for element in elements where element.source != StepElement.zeros {
      if let range = bounds[element.source] {
        bounds[element.source] =
          min(range.lowerBound, element.index)...max(range.upperBound, element.index)
      } else {
        sources.append(element.source)
        bounds[element.source] = element.index...element.index
      }
    }
    guard sources.count <= LayerInputs.capacity * LayerInputs.capacity else {
      throw node.unsupported("numbers of \(sources.count) layers in one value")
    }
    var firsts: [Int32: Int] = [:]
    var parts: [(layer: Int, channels: Int)] = []
    var sum = 0
    for source in sources {
      guard let range = bounds[source] else { continue }
      // What is nearly all of a source is read as it is.
      let size = size(of: source)
      let isCut = 2 * range.count <= size
      let (start, count) = isCut ? (Int(range.lowerBound), range.count) : (0, size)
      let layer = try slice(
        Int(source), length: 1, channels: size, start: start, count: count, node)
      parts.append((layer, count))
      firsts[source] = sum - start
      sum += count
    }
    guard !parts.isEmpty else { throw node.unsupported("reads nothing but zeros put around") }
    let base = try joined(parts, length: 1, node)
    let indices = elements.map { element in
      firsts[element.source].map { $0 + Int(element.index) } ?? -1
    }
    return try append(
      .gather(Network.Gather(inputSize: sum, indices: indices)), reading: [base], node)
  }
}

extension [StepElement] {
  /// The longest stretches of one source each.
  fileprivate var segments: [Range<Int>] {
    var ranges: [Range<Int>] = []
    for place in indices {
      if let last = ranges.last, self[last.lowerBound].source == self[place].source {
        ranges[ranges.count - 1] = last.lowerBound..<place + 1
      } else {
        ranges.append(place..<place + 1)
      }
    }
    return ranges
  }
}
