import Foundation
import Sluice
import SluiceBlob
import SluiceImport
import SluiceNetwork

/// Bytes at an address that is a multiple of 64, as a blob's must be.
@safe
package final class AlignedBytes {
  package let buffer: UnsafeMutableRawBufferPointer

  package init(_ bytes: [UInt8]) {
    unsafe buffer = .allocate(byteCount: bytes.count, alignment: 64)
    unsafe buffer.copyBytes(from: bytes)
  }

  deinit { unsafe buffer.deallocate() }
}

/// A blob in memory with a model and one stream of it, which may be kept in arrays.
package final class OpenBlob {
  // Before the model and the stream, which borrow it.
  private let bytes: AlignedBytes
  package let model: Model
  package var stream: ModelStream

  /// Opens the file that `contents` make.
  ///
  /// - Parameters:
  ///   - file: the name of the source, for errors.
  ///   - instructionSet: nil for the one that this CPU would choose.
  ///   - steps: the longest sequence that a model which reads backwards is to take.
  package init(
    _ contents: BlobContents, file: String, instructionSet: InstructionSet? = nil,
    steps: Int = 32
  ) throws(ConversionError) {
    bytes = AlignedBytes(contents.unvalidatedBytes())
    do throws(ModelError) {
      model = unsafe try Model(
        bytes: UnsafeRawBufferPointer(bytes.buffer),
        options: .init(checkingHash: false, instructionSet: instructionSet))
      stream =
        try model.isStreamable
        ? ModelStream(model) : ModelStream(model, blockSize: max(steps, 1))
    } catch {
      throw ConversionError(.unsupported, file: file, place: "as a blob", reason: "\(error)")
    }
  }

  /// One step from row `step` of `sequence`: what the last layer wrote.
  package func step(_ sequence: InputSequence, _ step: Int) -> [Float] {
    var y = [Float](repeating: 0, count: model.outputSize)
    switch sequence {
    case .ids(let ids): stream.step(token: Int(ids[step]), into: &y)
    case .features(let values, let size):
      let row = Array(values[step * size..<(step + 1) * size])
      stream.step(row, into: &y)
    }
    return y
  }
}

/// One sequence, as a stream reads it.
package enum InputSequence {
  /// `[T, size]`, row after row.
  case features([Float], size: Int)
  /// `[T]`, each an id that the model has.
  case ids([Int32])

  /// The first steps alone.
  func prefix(_ steps: Int) -> InputSequence {
    switch self {
    case .features(let values, let size): .features(Array(values.prefix(steps * size)), size: size)
    case .ids(let ids): .ids(Array(ids.prefix(steps)))
    }
  }
}

extension ModelStream {
  /// All of a sequence from the initial state: `[T, outputSize]`, or the last step's `[outputSize]`.
  package mutating func run(
    _ sequence: InputSequence, of model: borrowing Model, steps: Int
  ) -> [Float] {
    reset()
    return goOn(sequence, of: model, steps: steps)
  }

  /// All of a sequence from the state as it is.
  mutating func goOn(
    _ sequence: InputSequence, of model: borrowing Model, steps: Int
  ) -> [Float] {
    let rows = model.output == .last ? 1 : steps
    var output = [Float](repeating: 0, count: rows * model.outputSize)
    switch sequence {
    case .features(let values, _): process(values, into: &output)
    case .ids(let ids): process(tokens: ids, into: &output)
    }
    return output
  }
}
