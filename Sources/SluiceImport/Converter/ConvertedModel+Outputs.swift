import SluiceNetwork

extension ConvertedModel {
  /// The source's outputs that running the blob does not write: states after the last step, which the
  /// stream keeps. Of these it writes h alone, of a last layer that reads forwards, where no features come out.
  package var unwrittenOutputs: [Name] {
    let hasFeatures = !writesStatesAlone
    return interface.outputs.filter { output in
      switch output.role {
      case .finalCell: true
      case .finalHidden(let layers, _): hasFeatures || !isLastForwards(layers)
      case .sequence, .last, .state: false
      }
    }.map(\.name)
  }

  /// Why the blob would write something else than the source's outputs; nil where it would not.
  package var refusalOfOutputs: String? {
    let unwritten = unwrittenOutputs
    guard !unwritten.isEmpty, writesStatesAlone else { return nil }
    return
      "nothing but states after the last step, of which a blob writes h of the last layer, forwards, and "
      + "nothing of \(quotable(unwritten)); export what every step gives beside them, and read the states "
      + "from the stream"
  }

  private var writesStatesAlone: Bool {
    interface.outputs.allSatisfy { output in
      switch output.role {
      case .finalHidden, .finalCell: true
      case .sequence, .last, .state: false
      }
    }
  }

  private func isLastForwards(_ layers: [Int]) -> Bool {
    guard layers == [network.layers.count - 1],
      case .recurrent(let cell) = network.layers[layers[0]].operation
    else { return false }
    return !cell.form.isReverse
  }
}
