import SluiceNetwork

/// A part of a layer as an affine map of the numbers that it is computed of: matrices times what some
/// layers and the states hold, and a bias.
struct AffineForm {
  /// Of each source a row of factors for each number of the part: `[count][size]`.
  var matrices: [Source: [Double]] = [:]
  var bias: [Double]

  enum Source: Hashable {
    /// All that a layer writes, or the step's own input.
    case layer(Int, size: Int)
    /// The numbers of a state, in the cell's order.
    case state
    /// r * h, or what else the caller has allowed.
    case product
  }

  init(count: Int) { bias = Array(repeating: 0, count: count) }

  static func + (a: AffineForm, b: AffineForm) -> AffineForm {
    var result = a
    result.bias = zip(a.bias, b.bias).map { $0 + $1 }
    for (source, matrix) in b.matrices {
      result.matrices[source] =
        result.matrices[source].map { zip($0, matrix).map { $0 + $1 } } ?? matrix
    }
    return result
  }

  /// Each row times its factor.
  func scaled(by factors: [Double]) -> AffineForm {
    var result = self
    result.bias = zip(bias, factors).map { $0 * $1 }
    for (source, matrix) in matrices {
      let size = matrix.count / max(bias.count, 1)
      result.matrices[source] = matrix.indices.map { matrix[$0] * factors[$0 / size] }
    }
    return result
  }

  func scaled(by factor: Double) -> AffineForm {
    scaled(by: Array(repeating: factor, count: bias.count))
  }
}

/// Finds affine forms in the layers of a step.
struct AffineReader {
  let step: StepLayers
  /// The state's numbers, in the cell's order.
  let state: [StepElement]
  /// What may stand in the place of a state besides: r * h.
  var product: Combination?
  /// Layers that depend on an input that may be a state.
  let depends: [Bool]

  /// The affine form of a part; nil where it is none.
  ///
  /// - Parameter peels: whether a dense layer that does not depend on the state becomes a matrix of the
  ///   cell; behind another matrix it stays a layer, whose product would be larger than both.
  func form(_ part: LayerPart, depth: Int = 0, peels: Bool = true) -> AffineForm? {
    guard depth < 64, step.work.allows(1 << 10 + part.count) else { return nil }
    if let elements = step.state(part), let form = form(ofState: elements) { return form }
    if let product, let own = step.combination(part), own == product {
      return identity(.product, part.count, 0, part.count)
    }
    guard part.layer >= 0, depends[part.layer] else {
      return peels ? opaque(part) : identity(of: part)
    }
    let reads = step.layers.inputs(of: part.layer)
    func next(_ input: Int, _ start: Int) -> AffineForm? {
      form(
        LayerPart(layer: input, start: start, count: part.count), depth: depth + 1, peels: peels)
    }
    switch step.layers[part.layer].operation {
    case .add, .scale, .slice: return simple(part, reads, next)
    case .concatenate(1, let channels): return joined(reads, channels, part, depth, peels)
    case .dense(let dense) where dense.activation == .identity:
      return product(dense, reads[0], part, depth)
    case .gather(let gather): return gather.asDense.flatMap { product($0, reads[0], part, depth) }
    default: return nil
    }
  }

  /// Sums, factors and slices of what `next` finds.
  private func simple(
    _ part: LayerPart, _ reads: [Int], _ next: (_ input: Int, _ start: Int) -> AffineForm?
  ) -> AffineForm? {
    switch step.layers[part.layer].operation {
    case .add:
      var sum = AffineForm(count: part.count)
      for input in reads {
        guard let term = next(input, part.start) else { return nil }
        sum = sum + term
      }
      return sum
    case .scale(let scale):
      guard var form = next(reads[0], part.start) else { return nil }
      let places = (part.start..<part.start + part.count).map { $0 % scale.scale.count }
      form = form.scaled(by: places.map { Double(scale.scale[$0]) })
      form.bias = zip(form.bias, places).map { $0 + Double(scale.shift[$1]) }
      return form
    case .slice(let slice) where slice.length == 1:
      return next(reads[0], part.start + slice.start)
    default: return nil
    }
  }

  /// A part that spans several layers side by side.
  private func joined(
    _ reads: [Int], _ channels: [Int], _ part: LayerPart, _ depth: Int, _ peels: Bool
  ) -> AffineForm? {
    var forms: [AffineForm] = []
    var first = 0
    for (input, size) in zip(reads, channels) {
      let range =
        max(
          part.start, first)..<max(
          min(part.start + part.count, first + size), max(part.start, first))
      first += size
      guard !range.isEmpty else { continue }
      let own = LayerPart(
        layer: input, start: range.lowerBound - (first - size), count: range.count)
      guard let form = form(own, depth: depth + 1, peels: peels) else { return nil }
      forms.append(form)
    }
    return AffineForm(stacking: forms)
  }

  /// Some rows of a dense layer of what is an affine map itself.
  private func product(
    _ dense: Network.Dense, _ input: Int, _ part: LayerPart, _ depth: Int
  ) -> AffineForm? {
    let rows = part.start..<part.start + part.count
    let whole = LayerPart(layer: input, start: 0, count: dense.inputSize)
    guard step.work.allows(part.count * dense.inputSize) else { return nil }
    guard let inner = form(whole, depth: depth + 1, peels: false) else { return nil }
    var result = AffineForm(count: part.count)
    result.bias = rows.map { row in
      var sum = Double(dense.bias?[row] ?? 0)
      for column in 0..<dense.inputSize where inner.bias[column] != 0 {
        sum += Double(dense.weights[row * dense.inputSize + column]) * inner.bias[column]
      }
      return sum
    }
    for (source, matrix) in inner.matrices {
      let size = matrix.count / dense.inputSize
      guard step.work.allows(part.count * dense.inputSize) else { return nil }
      var sums = [Double](repeating: 0, count: part.count * size)
      for column in 0..<dense.inputSize {
        for place in 0..<size where matrix[column * size + place] != 0 {
          guard step.work.allows(part.count) else { return nil }
          let factor = matrix[column * size + place]
          for (index, row) in rows.enumerated() {
            sums[index * size + place] +=
              Double(dense.weights[row * dense.inputSize + column]) * factor
          }
        }
      }
      result.matrices[source] = sums
    }
    return result
  }

  /// What does not depend on a state: a dense layer's rows, else the numbers as they are.
  private func opaque(_ part: LayerPart, depth: Int = 0) -> AffineForm? {
    guard depth < 64, step.work.allows(1 << 10 + part.count) else { return nil }
    guard part.layer >= 0 else { return identity(of: part) }
    let reads = step.layers.inputs(of: part.layer)
    func next(_ input: Int, _ start: Int) -> AffineForm? {
      opaque(LayerPart(layer: input, start: start, count: part.count), depth: depth + 1)
    }
    switch step.layers[part.layer].operation {
    case .add, .scale, .slice: return simple(part, reads, next) ?? identity(of: part)
    case .dense(let dense) where dense.activation == .identity:
      let rows = part.start..<part.start + part.count
      var form = AffineForm(count: part.count)
      form.bias = rows.map { Double(dense.bias?[$0] ?? 0) }
      form.matrices[.layer(reads[0], size: dense.inputSize)] = rows.flatMap { row in
        (0..<dense.inputSize).map { Double(dense.weights[row * dense.inputSize + $0]) }
      }
      return form
    default: return identity(of: part)
    }
  }

  private func identity(of part: LayerPart) -> AffineForm? {
    let size = sizes(part.layer)
    return identity(.layer(part.layer, size: size), part.count, part.start, size)
  }

  /// Numbers that a layer, or an input, holds.
  let sizes: (Int) -> Int

  private func identity(
    _ source: AffineForm.Source, _ count: Int, _ start: Int, _ size: Int
  ) -> AffineForm? {
    guard count * size <= 1 << 22 else { return nil }
    var form = AffineForm(count: count)
    var matrix = [Double](repeating: 0, count: count * size)
    for row in 0..<count { matrix[row * size + start + row] = 1 }
    form.matrices[source] = matrix
    return form
  }

  /// Numbers of the state themselves; nil where they are of another input.
  private func form(ofState elements: [StepElement]) -> AffineForm? {
    let places = elements.compactMap { state.firstIndex(of: $0) }
    guard places.count == elements.count else { return nil }
    var form = AffineForm(count: elements.count)
    var matrix = [Double](repeating: 0, count: elements.count * state.count)
    for (row, place) in places.enumerated() { matrix[row * state.count + place] = 1 }
    form.matrices[.state] = matrix
    return form
  }
}

extension AffineForm {
  /// The rows of several, one after the other.
  init?(stacking forms: [AffineForm]) {
    guard let first = forms.first else { return nil }
    guard forms.count > 1 else {
      self = first
      return
    }
    bias = forms.flatMap(\.bias)
    var sizes: [Source: Int] = [:]
    for form in forms {
      for (source, matrix) in form.matrices { sizes[source] = matrix.count / form.bias.count }
    }
    for (source, size) in sizes {
      matrices[source] = forms.flatMap { form in
        form.matrices[source] ?? Array(repeating: 0, count: form.bias.count * size)
      }
    }
  }
}
