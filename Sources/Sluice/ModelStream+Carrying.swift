extension Model {
  /// What the model computes but for its numbers, hashed: kinds, sizes, connections and functions of its
  /// layers, not weights or their types. States move between models of the same: see
  /// ``ModelStream/carryState(of:)``.
  public var topologyHash: UInt64 { plan.topologyHash }
}

extension ModelStream {
  /// Continues from where a stream of *another* model is, one with the same topology: h, C and the columns
  /// that convolutions keep, as floats. Weights that were trained further, or stored as another type,
  /// take over a running sequence so, without a cold start.
  ///
  /// The source goes on as it was. Never allocates.
  ///
  /// - Precondition: ``hasTopology(of:)``.
  public mutating func carryState(of source: borrowing ModelStream) {
    precondition(hasTopology(of: source), "The other stream's model has another topology")
    adoptCarried(of: source)
  }

  /// `carryState` without its precondition.
  package mutating func adoptCarried(of source: borrowing ModelStream) {
    phase = source.phase
    plan.copyState(from: source.place, source.plan, to: place)
  }

  /// Whether the models of both have the same ``Model/topologyHash``, and states of the same shapes.
  public func hasTopology(of other: borrowing ModelStream) -> Bool {
    plan.hasTopology(of: other.plan)
  }
}
