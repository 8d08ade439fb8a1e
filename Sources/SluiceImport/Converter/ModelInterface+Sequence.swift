import SluiceNetwork

extension ModelInterface {
  /// One sequence in and one out: `[T, inputSize]`, or ids `[T]`, and `[T, outputSize]`, or
  /// `[outputSize]` of the last step; of several sequences with an axis `B` before.
  init(sequenceOf network: Network) {
    let steps: [Axis] = [.time, .feature]
    self.init(
      inputs: [.init(name: "input", role: .sequence(network.readsIDs ? [.time] : steps))],
      outputs: [
        .init(name: "output", role: network.output == .last ? .last([.feature]) : .sequence(steps))
      ])
  }
}
