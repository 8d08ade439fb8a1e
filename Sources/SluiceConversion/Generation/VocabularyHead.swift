import Sluice
import SluiceBlob
import SluiceNetwork

/// The outputs of a model that scores every word of its vocabulary as the next one.
package struct VocabularyHead: Sendable {
  package let scores: TokenSampler.Scores
  /// The token that stands for what the vocabulary lacks; nil where it has none.
  package let unknown: Int?

  /// - Parameter trainer: the script of this project that trains such a model, which errors name.
  /// - Throws: `ConversionError` that says what the model lacks.
  package init(
    of model: borrowing Model, file: String, trainer: String = "train_characters.py"
  ) throws(ConversionError) {
    let blob = model.blob
    let wanted =
      "expected a model that reads tokens and after each writes a score for every word of its vocabulary, "
      + "as tools/python/training/\(trainer) trains"
    guard model.readsTokens, blob.vocabularyCount > 0 else {
      throw .unsupported(file, "", "has no vocabulary; \(wanted)")
    }
    guard model.outputSize == blob.vocabularyCount else {
      throw .unsupported(
        file, "",
        "writes \(model.outputSize) numbers for a vocabulary of \(blob.vocabularyCount) words; \(wanted)"
      )
    }
    guard model.output == .sequence, model.isStreamable else {
      throw .unsupported(file, "", "reads whole sequences, and no token can follow one; \(wanted)")
    }
    let last = blob.record(at: blob.layerCount - 1)
    guard last.kind == .dense || last.kind == .activation else {
      throw .unsupported(file, "", "ends in a layer of kind \(last.kind); \(wanted)")
    }
    switch last.outputActivation.kind {
    case .identity, .logSoftmax: scores = .logits
    case .softmax: scores = .probabilities
    default:
      throw .unsupported(
        file, "",
        "ends in \(last.outputActivation), which gives no scores that add up; \(wanted): logits, softmax or its logarithm"
      )
    }
    let first = unsafe String(decoding: blob.word(at: Tokenizer.unknownID), as: UTF8.self)
    unknown = first == "<unk>" ? Tokenizer.unknownID : nil
  }
}
