extension Network {
  /// Drops the layers on which nothing depends that is asked for, and lets the last layer write all
  /// that is: where it is several layers' outputs, side by side.
  ///
  /// - Parameters:
  ///   - outputs: the layers whose features are written, in order.
  ///   - states: layers that are kept for their final states.
  /// - Returns: the new index of every layer that is kept, and whether outputs were joined.
  package mutating func prune(
    toWrite outputs: [Int], keeping states: Set<Int>
  ) -> (indices: [Int: Int], isJoined: Bool) {
    var kept: Set<Int> = []
    var read: Set<Int> = []
    var rest = outputs + states
    while let index = rest.popLast() {
      guard index >= 0, kept.insert(index).inserted else { continue }
      read.formUnion(inputs(of: index))
      rest += inputs(of: index)
    }
    // A layer that is kept for its state alone is written as well: every layer has a reader.
    let ends = outputs + kept.subtracting(read).subtracting(outputs).sorted()
    var indices: [Int: Int] = [:]
    var result: [Layer] = []
    for (index, layer) in layers.enumerated() where kept.contains(index) {
      var copy = layer
      let reads = inputs(of: index).map { $0 < 0 ? $0 : indices[$0] ?? $0 }
      copy.inputs = reads == [result.count - 1] ? [] : reads
      indices[index] = result.count
      result.append(copy)
    }
    let isJoined = ends.count > 1
    if isJoined {
      var name = "outputs"
      while result.map(\.name).hasBytes(of: name) { name += "#" }
      result.append(
        Layer(
          name: name,
          operation: .concatenate(length: 1, channels: ends.map { layers[$0].outputSize }),
          inputs: ends.map { indices[$0] ?? $0 }))
    }
    layers = result
    return (indices, isJoined)
  }
}
