import Sluice
import SluiceBlob
import SluiceImport
import SluiceNetwork

/// A model run over a whole array, each sequence from the initial state.
package enum ArrayRun {
  /// Reads `[T, inputSize]` or `[B, T, inputSize]`, or ids `[T]` or `[B, T]`.
  ///
  /// - Parameter file: where the input came from, for errors.
  /// - Returns: `[T, outputSize]` or `[B, T, outputSize]`; without `T` where the model yields the
  ///   last step's output alone.
  /// - Throws: `ConversionError` where shape or type are others.
  package static func run(
    _ model: borrowing Model, _ input: Tensor, file: String
  ) throws(ConversionError) -> Tensor {
    let array = try SequenceArray(
      input, axes: model.readsTokens ? [.time] : [.time, .feature], inputSize: model.inputSize,
      readsIDs: model.readsTokens, file: file)
    return try run(model, array, file: file)
  }

  /// The same of an array that has been taken apart.
  static func run(
    _ model: borrowing Model, _ array: SequenceArray, file: String
  ) throws(ConversionError) -> Tensor {
    var stream: ModelStream
    do throws(ModelError) {
      // A model that reads backwards takes each sequence as a whole.
      stream =
        try model.isStreamable
        ? ModelStream(model) : ModelStream(model, blockSize: max(array.steps, 1))
    } catch {
      throw .unsupported(file, "", error.description)
    }
    var values: [Float] = []
    for sequence in array.sequences {
      values += stream.run(sequence, of: model, steps: array.steps)
    }
    var shape = array.hasBatch ? [array.sequences.count] : []
    if model.output == .sequence { shape.append(array.steps) }
    return Tensor(shape: shape + [model.outputSize], values)
  }
}
