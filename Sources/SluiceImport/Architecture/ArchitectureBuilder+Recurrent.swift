import SluiceBlob
import SluiceNetwork

extension ArchitectureBuilder {
  /// Appends the layers of a stack, each reading the one before it.
  mutating func append(
    _ stack: Architecture.Recurrent, name: String
  ) throws(ConversionError) {
    let marks = try stack.mask.map(marks(named:))
    for index in 0..<stack.count {
      let suffix = "l\(index)"
      var forward = try recurrent(stack, suffix)
      var backward = stack.isBidirectional ? try recurrent(stack, "\(suffix)_reverse") : nil
      if let marks {
        forward.readMarks()
        backward?.readMarks()
        try appendMarked(marks, name: "\(name).\(suffix)")
      }
      let before = inputs
      try append("\(name).\(suffix)", .recurrent(forward))
      if let marks, stack.zeroesMasked { try appendZeroed(marks, name: "\(name).\(suffix)") }
      let first = chain.count - 1
      guard let backward else { continue }
      inputs = before
      try append("\(name).\(suffix)_reverse", .recurrent(backward))
      if let marks, stack.zeroesMasked {
        try appendZeroed(marks, name: "\(name).\(suffix)_reverse")
      }
      inputs = [first, chain.count - 1]
      let sizes = inputs.map { chain[$0].outputSize }
      guard stack.merge != .concatenate else {
        try append("\(name).\(suffix)_both", .concatenate(length: 1, channels: sizes))
        continue
      }
      guard sizes[0] == sizes[1] else {
        throw malformed("merge", "the directions write \(sizes[0]) and \(sizes[1]) features")
      }
      try append("\(name).\(suffix)_both", .add(size: sizes[0], count: 2))
      if stack.merge == .average {
        let halves = [Float](repeating: 0.5, count: sizes[0])
        try append(
          "\(name).\(suffix)_average",
          .scale(Network.Scale(scale: halves, shift: halves.map { _ in 0 })))
      }
    }
  }

  /// One layer in one direction, its tensors named `weight_ih_` and so on, and then `suffix`.
  private mutating func recurrent(
    _ stack: Architecture.Recurrent, _ suffix: String
  ) throws(ConversionError) -> Network.Recurrent {
    let (prefix, cell) = (stack.tensors, stack.cell)
    // A cell's own names, as of nn.LSTMCell, have no number.
    let isCell =
      stack.count == 1 && suffix == "l0" && !tensors.has("\(prefix)weight_ih_l0")
      && tensors.has("\(prefix)weight_ih")
    let ending = isCell ? "" : "_\(suffix)"
    let (inputName, hiddenName) = ("\(prefix)weight_ih\(ending)", "\(prefix)weight_hh\(ending)")
    let shape = try tensors.shape(inputName, rank: 2)
    let outputs = try tensors.shape(hiddenName, rank: 2)[1]
    var form = Network.CellForm()
    form.isReverse = stack.isReverse || suffix.hasSuffix("_reverse")
    form.writesFinalState =
      (form.isReverse && stack.writesFinalState || stack.repeats)
      && suffix.hasPrefix("l\(stack.count - 1)")
    if cell.gateCount > 1 {
      form.gateActivation = stack.gateActivation
      form.candidateActivation = stack.activation
    }
    if cell == .lstm { form.outputActivation = stack.activation }
    form.cellClip = stack.cellClip
    var size = outputs
    let projectionName = "\(prefix)weight_hr\(ending)"
    if stack.projection.map({ $0 > 0 }) ?? (cell == .lstm && tensors.has(projectionName)) {
      size = try tensors.shape(projectionName, rank: 2)[1]
      form.projection = try tensors.take(
        projectionName, shape: [stack.projection ?? outputs, size],
        why: "the projection to the \(outputs) columns of \(hiddenName)")
    }
    form.projectionClip = stack.projectionClip
    guard form.projection != nil || form.projectionClip == nil else {
      throw malformed("projection_clip", "there is no \(projectionName)")
    }
    let (rows, overflow) = size.multipliedReportingOverflow(by: cell.gateCount)
    guard !overflow else { throw tensors.error(hiddenName, "too large") }
    let why = "\(cell.gateCount) gates of \(size) units, \(outputs) columns of \(hiddenName)"
    let inputWeights = try tensors.take(
      inputName, shape: [rows, features?.size ?? shape[1]],
      why: features.map { "\(why), \($0.why)" } ?? why)
    let hiddenWeights = try tensors.take(
      hiddenName, shape: [rows, form.projection == nil ? size : stack.projection ?? outputs],
      why: why)
    // What the layer starts from, where that is not zero.
    func initial(_ what: String, _ count: Int) throws(ConversionError) -> [Float] {
      let name = "\(prefix)initial_\(what)\(ending)"
      guard tensors.has(name) else { return [] }
      return try tensors.take(name, shape: [count], why: "a number for each of \(count) units")
    }
    let hidden = try initial("h", form.projection == nil ? size : stack.projection ?? outputs)
    let cellState = cell == .lstm ? try initial("c", size) : []
    var biases: [[Float]] = []
    let names = ["\(prefix)bias_ih\(ending)", "\(prefix)bias_hh\(ending)"]
    // Both or neither: a bias that is missing shows in the error of the take.
    if names.contains(where: { tensors.has($0) }) {
      for name in names { biases.append(try tensors.take(name, shape: [rows], why: why)) }
    }
    return Network.Recurrent(
      cell: cell, inputSize: shape[1], hiddenSize: size, inputWeights: inputWeights,
      hiddenWeights: hiddenWeights, inputBias: biases.first, hiddenBias: biases.last,
      initialHidden: hidden,
      initialCell: cellState, form: form)
  }
}
