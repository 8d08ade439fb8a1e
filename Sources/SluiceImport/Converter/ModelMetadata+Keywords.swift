import SluiceBlob
import SluiceNetwork

extension ModelMetadata {
  /// The frames of a model that spots words in samples, and how its probabilities become words.
  package struct Keywords: Sendable, Equatable {
    static let decisionKeys: Set<String> = [
      "background", "threshold", "end_threshold", "smoothing", "hold",
    ]

    /// Samples a second.
    package let rate: Int
    /// New samples of a frame.
    package let hop: Int
    /// Samples of it that the frame before ended with.
    package let context: Int
    /// One for each output.
    package let labels: [String]
    /// The label that is no word; nil for none.
    package let background: Int?
    // What is not said has the detector's own value.
    package let threshold: Double?
    package let endThreshold: Double?
    /// Milliseconds.
    package let smoothing: Int?
    /// Milliseconds.
    package let hold: Int?
  }
}

extension ModelMetadata.Keywords {
  /// Reads `decision` and what stands beside it; `task` is the node that says the task.
  init(
    _ root: JSONNode, task: JSONNode, labels: [String]?, allowingUnknown: Bool
  ) throws(ConversionError) {
    guard let labels, labels.count >= 2 else {
      throw task.malformed(
        "needs labels, an array of at least two: a word for each output, in the model's order")
    }
    self.labels = labels
    rate = try root.member("sample_rate").integer(in: 1...1 << 20)
    hop = try root.member("hop").integer(in: 1...1 << 20)
    context = try root.member("context").integer(in: 0...1 << 20)
    let decision = try root.optional("decision")
    if let decision, !allowingUnknown { _ = try decision.object(keys: Self.decisionKeys) }
    func number(_ key: String) throws(ConversionError) -> Double? {
      guard let node = try decision?.optional(key) else { return nil }
      let number = try node.double()
      guard Float(number) > 0, number <= 1 else {
        throw node.malformed("\(number); expected a probability above 0 and up to 1")
      }
      return number
    }
    func milliseconds(_ key: String, upTo most: Int) throws(ConversionError) -> Int? {
      try decision?.optional(key)?.integer(in: 0...most)
    }
    threshold = try number("threshold")
    endThreshold = try number("end_threshold")
    if let decision, let threshold, let endThreshold, endThreshold > threshold {
      throw decision.malformed(
        "end_threshold is \(endThreshold) and threshold \(threshold); expected the first to be "
          + "no greater")
    }
    smoothing = try milliseconds("smoothing", upTo: 1000)
    hold = try milliseconds("hold", upTo: 60_000)
    guard let node = try decision?.optional("background") else {
      background = nil
      return
    }
    let name = try node.string()
    guard let index = labels.firstIndex(where: { $0.utf8.elementsEqual(name.utf8) }) else {
      throw node.malformed("\"\(quotable(name))\" is none of the labels; expected one of them")
    }
    background = index
  }

  /// Why a model of such inputs and outputs is none of these; nil where it is.
  package func misfit(
    inputs: Int, outputs: Int, readsTokens: Bool, isSequence: Bool
  ) -> (place: String, reason: String)? {
    let needed =
      ": a model that spots keywords reads hop and context samples a step and writes a probability for "
      + "each of labels"
    guard !readsTokens, inputs == hop + context else {
      let read = readsTokens ? "tokens" : "\(inputs) numbers"
      return ("$.hop", "the model reads \(read), not \(hop + context)" + needed)
    }
    guard outputs == labels.count else {
      return ("$.labels", "\(labels.count) labels for \(outputs) outputs" + needed)
    }
    return isSequence ? nil : ("$.task", "the model writes once, behind the last step" + needed)
  }
}
