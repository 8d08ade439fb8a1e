extension Sentence {
  /// The words one by one with a bar each, the verdict and the time, for people.
  var table: String {
    guard let probability else { return "Nothing to judge: the text holds no word." }
    let rows = words.map { word in
      [
        word.text.printable + (word.token.isKnown ? "" : " (unknown)"),
        Sentence.bar(word.probability), Double(word.probability).fixed(3),
      ]
    }
    let unknown = words.count { !$0.token.isKnown }
    let note = unknown == 0 ? "" : ", \(unknown) of \(words.count) words unknown"
    let time = nanosecondsPerStep.map { "; a step took \($0.grouped) ns (median)" } ?? ""
    return """
      \(Table(rows: rows).text)

      \(verdict(probability))\(note)\(time)
      """
  }

  /// The verdict and the text on one line.
  var line: String {
    guard let probability else { return "-  \(text.printable)" }
    return "\(verdict(probability))  \(text.printable)"
  }

  private func verdict(_ probability: Float) -> String {
    "\(label.map { $0.printable } ?? outputName) \(Double(probability).fixed(3))"
  }

  /// 24 cells, filled from the left, in eighths of a cell.
  private static func bar(_ probability: Float) -> String {
    let cells = 24
    let eighths =
      probability.isNaN ? 0 : Int((min(max(probability, 0), 1) * Float(8 * cells)).rounded())
    let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    let bar = String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
    return bar + String(repeating: "·", count: cells - bar.count)
  }
}
