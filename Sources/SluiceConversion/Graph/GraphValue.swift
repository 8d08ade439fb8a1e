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

/// What a name of the graph stands for.
enum GraphValue {
  case constant(ConstantValue)
  case features(FeatureValue)
}

/// What flows through the chain of layers: never its numbers, only what they are.
struct FeatureValue {
  /// What an axis counts. An axis of size 1 that was put in has no atoms, a merged one several.
  enum Atom: Hashable {
    /// An axis of the sequence input.
    case input(Int, size: Int?)
    /// The features that the last layer writes.
    case features(Int)
    /// The final states of several layers.
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
    /// Features of the last step.
    case last
    /// h after the last step, of these layers.
    case finalHidden([Int])
    /// C after the last step, of these layers.
    case finalCell([Int])
  }

  var content: Content
  var axes: [Axis]
  /// The state of the chain that wrote it: a value of an older one has been passed by.
  var version: Int

  /// The size of an axis.
  func extent(_ axis: Int) -> Extent {
    let atoms = Self.significant(axes[axis])
    if atoms.count == 1, case .input(let index, nil) = atoms[0] { return .axis(index) }
    var product = 1
    for atom in atoms {
      guard let size = atom.size else { return .unknown }
      let (next, overflow) = product.multipliedReportingOverflow(by: size)
      guard !overflow else { return .unknown }
      product = next
    }
    return .known(product)
  }

  /// The atoms of an axis without those of size 1 that were merged into it.
  static func significant(_ axis: Axis) -> Axis {
    guard axis.count > 1 else { return axis }
    let atoms = axis.filter { $0.size != 1 }
    // Of nothing but ones, the features are what the axis is.
    return atoms.isEmpty ? Array(axis.suffix(1)) : atoms
  }
}
