import SluiceNetwork

/// The lines of a text of RNNoise weights that could not be read, as its writers lay them out: of each layer
/// its sizes, W, of a GRU U, and b, each on a line of its own.
///
/// Line breaks mean nothing to who reads such a text, so that an array of another length shows only as
/// numbers that make no sense somewhere behind it. The lines tell which it is.
struct RNNoiseLines {
  private struct Line {
    var start: Int
    /// The first three numbers; 0 for what is none.
    var first: [Int] = []
    var count = 0
  }

  private let source: SourceBytes
  private var lines: [Line] = []

  init(_ source: SourceBytes) {
    self.source = source
    var line: Line?
    var word: [UInt8] = []
    for at in 0...source.count {
      let byte = at < source.count ? source[at] : 0x0A
      if !RNNoiseReader.isSpace(byte) {
        line = line ?? Line(start: at)
        if word.count < 12 { word.append(byte) }
        continue
      }
      if !word.isEmpty {
        line?.count += 1
        if line?.first.count ?? 3 < 3 {
          line?.first.append(Int(String(decoding: word, as: UTF8.self)) ?? 0)
        }
        word = []
      }
      guard byte == 0x0A, let ended = line else { continue }
      lines.append(ended)
      line = nil
      // The header, and four lines of each layer at most.
      guard lines.count < 1 + 4 * RNNoiseModel.Part.allCases.count else { return }
    }
  }

  /// What is wrong with the first line that holds another number of numbers than the sizes before it ask
  /// for; nil where none does, and where the lines are laid out otherwise.
  var error: ConversionError? {
    var rest = lines.dropFirst()
    for part in RNNoiseModel.Part.allCases {
      guard let sizes = rest.popFirst(), sizes.count == 3,
        sizes.first[..<2].allSatisfy({ (1...255).contains($0) })
      else { return nil }
      let (inputs, outputs) = (sizes.first[0], sizes.first[1])
      let columns = part.gateCount * outputs
      let arrays =
        [("input weights", inputs * columns)]
        + (part.isRecurrent ? [("recurrent weights", outputs * columns)] : [])
        + [("bias", columns)]
      for (what, expected) in arrays {
        guard let line = rest.popFirst() else { return nil }
        guard line.count != expected else { continue }
        let isDouble = part.isRecurrent && what == "bias" && line.count == 2 * expected
        return .init(
          isDouble ? .unsupported : .malformed, file: source.file, place: "byte \(line.start)",
          reason: "the \(what) of \(part.rawValue) has \(line.count) numbers on its line; expected "
            + "\(expected), as its \(inputs) inputs and \(outputs) outputs ask for"
            + (isDouble
              ? ": RNNoise's GRU has one bias for each gate; train it with reset_after=False" : ""))
      }
    }
    return nil
  }
}
