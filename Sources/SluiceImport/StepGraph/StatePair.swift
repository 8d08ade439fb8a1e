import SluiceNetwork

/// A state input of a graph of one step, and the output that a layer makes of it.
///
/// Whoever runs the graph carries states from output to input in their order, or by their names; a
/// stream keeps those of each layer. Only where all of these agree does it compute the same.
struct StatePair {
  let input: Name
  let output: Name

  /// Why the states that come out as `pairs` say, in the order of the outputs, are not carried as the
  /// layers carry them; nil where they are.
  ///
  /// - Parameter order: the state inputs as the graph lists them.
  static func refusal(of pairs: [StatePair], order: [Name]) -> String? {
    // A state may come out twice.
    var seen: Set<Name> = []
    let pairs = pairs.filter { seen.insert($0.input).inserted }
    let what = pairs.prefix(8).map {
      "\"\(quotable($0.output))\" is the next \"\(quotable($0.input))\""
    }.joined(separator: ", ")
    if pairs.map(\.input) != order {
      return "the states come out in another order than they go in: by the layers \(what); "
        + "list the outputs in the order of the inputs, \(quotable(order))"
    }
    guard let byName = namesakes(pairs), byName != pairs.map(\.input) else { return nil }
    return "the states are not those that their names say: by the layers \(what); "
      + "name or connect them the other way round"
  }

  /// The input of the most similar name for each output; nil unless each has one of its own.
  private static func namesakes(_ pairs: [StatePair]) -> [Name]? {
    guard (2...64).contains(pairs.count) else { return nil }
    var found: [Name] = []
    for pair in pairs {
      let scores = pairs.map { likeness(pair.output, $0.input) }
      guard let best = scores.max(), best > 0, scores.count(where: { $0 == best }) == 1,
        let index = scores.firstIndex(of: best)
      else { return nil }
      found.append(pairs[index].input)
    }
    return Set(found).count == pairs.count ? found : nil
  }

  /// Bytes that two names share at their beginning and at their end.
  static func likeness(_ a: Name, _ b: Name) -> Int {
    func common(_ a: [UInt8], _ b: [UInt8]) -> Int {
      zip(a, b).prefix { $0 == $1 }.count
    }
    let (a, b) = (Array(a.text.utf8), Array(b.text.utf8))
    let first = common(a, b)
    return first + common(a.dropFirst(first).reversed(), b.dropFirst(first).reversed())
  }
}
