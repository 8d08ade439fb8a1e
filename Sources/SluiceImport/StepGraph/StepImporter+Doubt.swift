import SluiceNetwork

extension StepImporter {
  /// Why it is not certain which output is the next of a state; nil where it is.
  ///
  /// A layer's h may come out as features, and what is carried be a function of it, as in
  /// `y, h = gru(x, h); return y, 0.9 * h`: a stream, which carries h as it is, would compute something else.
  ///
  /// - Parameters:
  ///   - pairs: the outputs that are a layer's state as it is.
  ///   - features: the indices of the outputs of features.
  func doubt(about pairs: [StatePair], _ features: [Int]) -> String? {
    for output in features {
      if let reason = doubt(about: pairs, output) { return reason }
    }
    return nil
  }

  private func doubt(about pairs: [StatePair], _ features: Int) -> String? {
    guard case .view(let view)? = values[model.outputs[features].name],
      input(continuedBy: view) == nil
    else { return nil }
    let output = model.outputs[features].name
    for (index, pair) in pairs.enumerated() {
      if let other = pairs[..<index].first(where: { $0.input == pair.input }) {
        return "\"\(quotable(other.output))\" and \"\(quotable(pair.output))\" are both the next "
          + "\"\(quotable(pair.input))\", beside the features \"\(quotable(output))\": a second output of "
          + "features? Leave one out"
      }
      guard case .view(let given)? = values[pair.input],
        case .view(let state)? = values[pair.output],
        view.count == given.count, !isNearer(pair, state, than: (features, view), to: given)
      else { continue }
      return "which of \"\(quotable(pair.output))\" and \"\(quotable(output))\" is the next "
        + "\"\(quotable(pair.input))\" is not certain. A stream carries a layer's state as it is, the "
        + "former: where that is meant, give it the shape of the input and a name like its own, "
        + "behind the features"
    }
    return nil
  }

  /// Whether a state's output is more like its input than the output of features is: by its shape, else
  /// by its name, else as it stands behind.
  private func isNearer(
    _ pair: StatePair, _ state: StepView, than features: (index: Int, view: StepView),
    to given: StepView
  ) -> Bool {
    let fits = (state.shape == given.shape, features.view.shape == given.shape)
    if fits.0 != fits.1 { return fits.0 }
    let likeness = (
      StatePair.likeness(pair.output, pair.input),
      StatePair.likeness(model.outputs[features.index].name, pair.input)
    )
    if likeness.0 != likeness.1 { return likeness.0 > likeness.1 }
    let position = model.outputs.firstIndex { $0.name == pair.output } ?? 0
    return features.index < position
  }
}
