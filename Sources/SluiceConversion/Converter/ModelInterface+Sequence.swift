extension ModelInterface {
  /// One sequence in and one out: `[T, inputSize]`, or ids `[T]`, and `[T, outputSize]`.
  init(sequenceOf network: Network) {
    let steps: [Axis] = [.time, .feature]
    self.init(
      inputs: [.init(name: "input", role: .sequence(network.readsIDs ? [.time] : steps))],
      outputs: [
        .init(name: "output", role: network.output == .last ? .last(steps) : .sequence(steps))
      ])
  }
}
