import SluiceNetwork

/// What a source's own inputs and outputs are, in the source's order and shapes.
///
/// A network reads one step of one sequence at a time; this tells how a whole array of the source
/// is taken apart into those steps, and put together from them.
public struct ModelInterface: Sendable, Hashable {
  /// What an axis of an input or output counts.
  public enum Axis: Sendable, Hashable {
    /// The steps of a sequence.
    case time
    /// Independent sequences.
    case batch
    /// The features of a step.
    case feature
    /// An axis of size 1, such as the one direction of a recurrent node.
    case one
    /// The layers of a stack of final states.
    case layer
  }

  /// One input of the source.
  public struct Input: Sendable, Hashable {
    /// What the input is.
    public enum Role: Sendable, Hashable {
      /// The sequence. Token ids have no axis `feature`.
      case sequence([Axis])
      /// A weight or initial state that the caller gave as a constant: part of the network now.
      case constant
      /// A state that the caller of the graph keeps from step to step; here the stream does.
      case state
      /// Lengths or initial states that the caller may give at every run; by default sequences
      /// are as long as they are and start at zero.
      case free
      /// Further features of the row of which ``sequence(_:)`` has the first: side by side, in the graph's
      /// order.
      case features
      /// What does nothing but empty the state, as `done` of a policy: left out, where a stream is reset.
      case reset
      /// An input that no output depends on.
      case unused
    }
    /// The source's name for it.
    public let name: Name
    /// What it is.
    public let role: Role
  }

  /// One output of the source.
  public struct Output: Sendable, Hashable {
    /// What the output is.
    public enum Role: Sendable, Hashable {
      /// The network's output at every step.
      case sequence([Axis])
      /// The network's output at the last step.
      case last([Axis])
      /// h after the last step, of the layers at these indices in `Network.layers`.
      case finalHidden(layers: [Int], [Axis])
      /// C after the last step, of the layers at these indices in `Network.layers`.
      case finalCell(layers: [Int], [Axis])
      /// A state for the next step, which the stream keeps: what is left behind in these places after
      /// the last step, one after the other; none of past values.
      case state([StatePart])
    }

    /// h or C of a recurrent layer.
    public struct StatePart: Sendable, Hashable {
      /// The layer's index in `Network.layers`.
      public let layer: Int
      /// Whether it is C.
      public let isCell: Bool
      /// The one unit that it is; nil for all of them.
      public let unit: Int?

      /// C of a layer, or its h.
      package init(layer: Int, isCell: Bool, unit: Int? = nil) {
        self.layer = layer
        self.isCell = isCell
        self.unit = unit
      }
    }

    /// The source's name for it.
    public let name: Name
    /// What it is.
    public let role: Role
    /// Which of the network's outputs are this one's; nil for all, and for states.
    public var features: Range<Int>?
    /// How many of the role's axes each axis of the array merges into one; nil for one each.
    public var merged: [Int]?
    /// How many the axis ``Axis/layer`` counts, directions or steps, where the features stand apart by it.
    public var layerCount = 2
  }

  /// A recurrent layer's initial states where they differ from one sequence to the next.
  public struct InitialState: Sendable, Hashable {
    /// The layer's index in `Network.layers`.
    public let layer: Int
    /// h of each sequence; of one sequence or none where the network itself has it.
    public let hidden: [[Float]]
    /// C of each sequence, likewise.
    public let cell: [[Float]]
  }

  /// The inputs in the source's order.
  public var inputs: [Input]
  /// The outputs in the source's order.
  public var outputs: [Output]
  /// The steps that each sequence has; nil for all. Outputs behind a sequence's end are zero, and
  /// so are the final states of one without steps.
  public var lengths: [Int]?
  /// Initial states that differ from one sequence to the next.
  public var initialStates: [InitialState] = []
}
