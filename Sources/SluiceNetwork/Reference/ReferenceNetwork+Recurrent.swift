import SluiceBlob

extension ReferenceNetwork {
  mutating func step(
    _ layer: Network.Recurrent, at index: Int, _ x: [Scalar]
  ) -> [Scalar] {
    guard let columns = layer.columns else {
      return Self.step(layer, x, h: &hidden[index], c: &cell[index])
    }
    let (read, written, units) = (layer.inputSize, layer.outputSize, layer.hiddenSize)
    var output = [Scalar](repeating: 0, count: columns.count * written)
    var h = Self.vector(layer.initialHidden, count: layer.stateCount * written)
    var c =
      layer.cell == .lstm ? Self.vector(layer.initialCell, count: layer.stateCount * units) : []
    if columns.mode == .each { (h, c) = (hidden[index], cell[index]) }
    for turn in 0..<columns.count {
      let column = layer.isReverseAlong ? columns.count - 1 - turn : turn
      let place = columns.mode == .each ? column : 0
      var hidden = Array(h[place * written..<(place + 1) * written])
      var cell = c.isEmpty ? [] : Array(c[place * units..<(place + 1) * units])
      output.replaceSubrange(
        column * written..<(column + 1) * written,
        with: Self.step(
          layer, Array(x[column * read..<(column + 1) * read]), h: &hidden, c: &cell))
      h.replaceSubrange(place * written..<(place + 1) * written, with: hidden)
      if !c.isEmpty { c.replaceSubrange(place * units..<(place + 1) * units, with: cell) }
    }
    if columns.mode == .each { (hidden[index], cell[index]) = (h, c) }
    return output
  }

  /// One step of one state; tells h(t).
  private static func step(
    _ layer: Network.Recurrent, _ x: [Scalar], h: inout [Scalar], c: inout [Scalar]
  ) -> [Scalar] {
    let step = step(of: layer, x, hidden: h, cell: c)
    (h, c) = (step.hidden, step.cell)
    return h
  }

  /// A whole sequence, `[T][inputSize]`, layer by layer, each in its direction: what every layer
  /// wrote, `[layers][T][outputSize]`. The states move on as they do step by step.
  ///
  /// - Precondition: the network reads features, `inputSize` of them at a step.
  public mutating func process(_ sequence: [[Scalar]]) -> [[[Scalar]]] {
    precondition(!network.readsIDs, "the network reads ids")
    return process(sequence, written: [])
  }

  /// A whole sequence of token ids, as ``process(_:)``.
  ///
  /// - Precondition: the network reads ids, and all are of its embedding's.
  public mutating func process(ids: [Int]) -> [[[Scalar]]] {
    guard case .embedding(let table) = network.layers.first?.operation else {
      preconditionFailure("the network reads features")
    }
    let rows = ids.map { id in
      table.weights[id * table.size..<(id + 1) * table.size].map { Scalar($0) }
    }
    return process(rows, written: [rows])
  }

  private mutating func process(
    _ sequence: [[Scalar]], written: [[[Scalar]]]
  ) -> [[[Scalar]]] {
    var written = written
    for index in written.count..<network.layers.count {
      var rows = [[Scalar]](repeating: [], count: sequence.count)
      let isReverse = network.layers[index].isReverse
      let inputs = network.inputs(of: index)
      for turn in 0..<sequence.count {
        let step = isReverse ? sequence.count - 1 - turn : turn
        rows[step] = evaluate(index, inputs.map { $0 < 0 ? sequence[step] : written[$0][step] })
      }
      if network.layers[index].writesFinalState {
        let final = isReverse ? rows[0] : rows[rows.count - 1]
        rows = rows.map { _ in final }
      }
      written.append(rows)
    }
    return written
  }
}

extension Network.Layer {
  /// Whether the layer reads from the last step to the first.
  public var isReverse: Bool {
    guard case .recurrent(let layer) = operation else { return false }
    return layer.form.isReverse && !layer.isReverseAlong
  }
}

extension Network.Recurrent {
  /// Whether it runs over the columns of a step from the last to the first.
  package var isReverseAlong: Bool { columns?.mode == .along && form.isReverse }
}

extension Network.Layer {
  /// Whether every output is the state in which the layer ends.
  fileprivate var writesFinalState: Bool {
    if case .recurrent(let layer) = operation { layer.form.writesFinalState } else { false }
  }
}

extension Network {
  /// Whether no layer reads backwards or waits for the end, so that one step can be taken at a time.
  public var isStreamable: Bool {
    !layers.contains { $0.isReverse || $0.writesFinalState }
  }
}
