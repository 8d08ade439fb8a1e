import SluiceBlob
import SluiceImport
import SluiceNetwork

extension LayerRecord {
  /// What makes this record another than `wanted`, in the words of the field: what it is, and what
  /// was expected.
  func differences(from wanted: LayerRecord) -> String {
    let found = zip(traits, wanted.traits).filter { $0.value != $1.value }.map {
      "\($0.name) \($0.value); expected \($1.value)"
    }
    return found.isEmpty ? "its numbers lie elsewhere" : found.joined(separator: ", ")
  }

  /// What a reader would tell two layers apart by.
  private var traits: [(name: String, value: String)] {
    [
      ("kind", "\(kind)".words), ("variant", variant.map { "\($0)".words } ?? "none"),
      ("inputs", "\(inputSize)"), ("units", "\(hiddenSize)"), ("outputs", "\(outputSize)"),
      ("direction", "\(direction)".words), ("gate activation", gateActivation.words),
      ("candidate activation", candidateActivation.words),
      ("output activation", outputActivation.words),
      ("peepholes", cellFlags.contains(.peepholes) ? "present" : "none"),
      ("coupled gates", cellFlags.contains(.coupled) ? "present" : "none"),
      ("projection", cellFlags.contains(.projection) ? "present" : "none"),
      ("masked steps", cellFlags.contains(.masked) ? "passed over" : "none"),
      ("mask", maskCount == 0 ? "none" : "\(maskCount) features of \(maskValue)"),
      ("clip", clip == 0 ? "none" : "\(clip)"),
      ("cell clip", cellClip == 0 ? "none" : "\(cellClip)"),
      ("projection clip", projectionClip == 0 ? "none" : "\(projectionClip)"),
      ("columns", "\(columns.length)"),
      ("kernel size", "\(columns.kernelSize)"), ("stride", "\(columns.stride)"),
      ("dilation", "\(columns.dilation)"), ("groups", "\(columns.groups)"),
      ("padding", "\(columns.padding)".words + " \(columns.before) and \(columns.after)"),
      ("epsilon", "\(columns.epsilon)"), ("start", "\(columns.start)"),
      ("way over the columns", "\(columns.recurrence)"), ("delay", "\(delay)"),
      (
        "layers read",
        inputs.count == 0
          ? "the one before" : (0..<inputs.count).map { "\(inputs[$0])" }.joined(separator: " and ")
      ),
    ]
  }
}

extension ActivationFunction {
  /// The function and what it is given, for people.
  fileprivate var words: String {
    alpha == 0 && beta == 0 ? "\(kind)".words : "\("\(kind)".words) of \(alpha) and \(beta)"
  }
}

extension String {
  /// The words of a name of code: `resetBefore` is "reset before", `leakyReLU` "leaky ReLU".
  fileprivate var words: String {
    var text = ""
    for character in replacing("ReLU", with: " ReLU") {
      if character.isUppercase, text.last?.isLowercase == true, !text.hasSuffix(" Re") {
        text += " \(character.lowercased())"
      } else {
        text.append(character)
      }
    }
    return text
  }
}
