import SluiceNetwork

/// The size of an axis as far as it is known at conversion.
enum Extent: Hashable, Sendable {
  case known(Int)
  /// That of an axis of the graph's sequence input: the number of steps or of sequences.
  case axis(Int)
  case unknown

  var known: Int? {
    if case .known(let size) = self { size } else { nil }
  }
}

/// What a name of the graph stands for that depends on the sequence.
enum GraphValue {
  case features(FeatureValue)
  /// Part of a layer norm that is spelled out operator by operator.
  case norm(NormValue)
  /// Whether x is above a number.
  case isAbove(FeatureValue, Float)
}

extension GraphValue {
  /// The size of each axis.
  var extents: [Extent] {
    switch self {
    case .features(let features), .isAbove(let features, _):
      features.axes.indices.map { features.extent($0) }
    case .norm(let norm): norm.source.axes.map { _ in .unknown }
    }
  }

  /// The number of axes.
  var rank: Int {
    switch self {
    case .features(let features), .isAbove(let features, _): features.axes.count
    case .norm(let norm): norm.source.axes.count
    }
  }
}

/// What flows between the layers: never its numbers, only what they are.
struct FeatureValue {
  /// What an axis counts. An axis of size 1 that was put in has no atoms, a merged one several.
  enum Atom: Hashable {
    /// An axis of the sequence input.
    case input(Int, size: Int?)
    /// The features that a layer writes.
    case features(Int)
    /// The final states of several layers, or the directions of one.
    case layers(Int)

    var size: Int? {
      switch self {
      case .input(_, let size): size
      case .features(let size), .layers(let size): size
      }
    }
  }
  typealias Axis = [Atom]

  /// What the numbers are.
  enum Content: Hashable {
    /// Token ids, before the embedding.
    case ids
    /// Features of every step.
    case sequence
    /// Features of every step, from the last to the first.
    case reversed
    /// Features of the last step.
    case last
    /// Features of as many steps, the last among them, each computed at its own step.
    case lastSteps(Int)
    /// Features of each sequence's own last step, where lengths are given.
    case end
    /// Features of the first step: of a layer that reads backwards, the state in which it ends.
    case first
    /// h after the last step, of these layers.
    case finalHidden([Int])
    /// C after the last step, of these layers.
    case finalCell([Int])
  }

  /// Steps around those of the input.
  struct Margin: Hashable {
    /// The input's axis of steps.
    let axis: Int
    /// Steps of zeros before the first and behind the last, until a convolution reads them.
    var before = 0
    var after = 0
    /// Steps that a convolution computed behind the last, until a slice takes them away.
    var surplus = 0
  }

  var content: Content
  var axes: [Axis]
  /// The layer that writes it, -1 for the input; of final states, which name theirs, any.
  var layer: Int
  var margin: Margin?

  /// The size of an axis.
  func extent(_ axis: Int) -> Extent {
    let atoms = Self.significant(axes[axis])
    if atoms.count == 1, case .input(let index, let size) = atoms[0] {
      guard let margin, margin.axis == index else {
        return size.map(Extent.known) ?? .axis(index)
      }
      let (total, overflow) = (size ?? 0).addingReportingOverflow(
        margin.before + margin.after + margin.surplus)
      return size == nil || overflow ? .unknown : .known(total)
    }
    var product = 1
    for atom in atoms {
      guard let size = atom.size else { return .unknown }
      let (next, overflow) = product.multipliedReportingOverflow(by: size)
      guard !overflow else { return .unknown }
      product = next
    }
    return .known(product)
  }

  /// Whether features of one direction, or of another part, do not stand side by side.
  var hasMixedFeatures: Bool {
    let atoms = axes.joined().filter { $0.size != 1 }
    let first = atoms.firstIndex { if case .features = $0 { true } else { false } }
    let last = atoms.lastIndex { if case .layers = $0 { true } else { false } }
    return if let first, let last { first < last } else { false }
  }

  /// The one atom that tells what an axis counts; nil where none or several do.
  static func sole(_ axis: Axis) -> Atom? {
    let atoms = significant(axis)
    return atoms.count == 1 ? atoms[0] : nil
  }

  /// Where in an axis features of several layers or directions stand side by side, how many and of
  /// what size.
  ///
  /// A single feature counts as well, though nothing else of size 1 does.
  static func layersOfFeatures(
    _ axis: Axis
  ) -> (range: Range<Int>, count: Int, size: Int)? {
    for (first, atom) in axis.enumerated() {
      guard case .layers(let count) = atom, count > 1 else { continue }
      for (second, next) in axis.enumerated().dropFirst(first + 1) {
        if case .features(let size) = next { return (first..<second + 1, count, size) }
        guard next.size == 1 else { return nil }
      }
    }
    return nil
  }

  /// The atoms of an axis without those of size 1 that were merged into it.
  static func significant(_ axis: Axis) -> Axis {
    guard axis.count > 1 else { return axis }
    let atoms = axis.filter { $0.size != 1 }
    // Of nothing but ones, the features are what the axis is.
    return atoms.isEmpty ? Array(axis.suffix(1)) : atoms
  }
}

/// How far a layer norm that is spelled out operator by operator has come.
struct NormValue {
  enum Stage: Hashable {
    /// mean x
    case mean
    /// x - mean x
    case centered
    /// (x - mean x)^2
    case squares
    /// mean (x - mean x)^2
    case variance
    /// The variance and a constant.
    case shifted(Float)
    /// The square root of that.
    case deviation(Float)
  }

  let stage: Stage
  /// x
  let source: FeatureValue
}
