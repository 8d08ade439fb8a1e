import Sluice
import SluiceBlob

/// A model that was opened to be served: immutable, shared by all threads.
@safe
package final class ServedModel: Sendable {
  package let model: Model
  /// Of how many that this process has opened under the name it is one; from 1.
  package let generation: UInt32
  /// SHA-256 of its bytes, in hexadecimal digits.
  package let sum: String

  /// What a stream may take, so that a small file cannot ask for gigabytes.
  private static var streamLimit: Int { 1 << 26 }

  /// Opens and validates a file, in a copy that nobody can change.
  ///
  /// - Parameter allowed: the sums of models that may run; nil for all.
  /// - Throws: `ServingError`, whose message names the file.
  package init(
    _ file: ServingSettings.NamedFile, generation: UInt32, allowed: Set<String>?
  ) throws(ServingError) {
    do throws(ModelError) {
      model = try Model(
        contentsOf: file.path,
        options: Model.Options(memory: .sealed, maximumStreamByteCount: Self.streamLimit))
    } catch {
      throw ServingError(.badFile, "\(file.path.printable): \(error)")
    }
    self.generation = generation
    let facts = unsafe model.facts
    sum = unsafe SHA256.hex(
      of: UnsafeRawBufferPointer(start: facts.pointee.bytes, count: facts.pointee.byte_count))
    if let allowed, !allowed.contains(sum) {
      throw ServingError(
        .badFile, "\(file.path.printable): its SHA-256 \(sum) is not among those allowed")
    }
    guard model.isStreamable else {
      throw ServingError(
        .badFile,
        "\(file.path.printable): the model needs whole sequences; served are models that step")
    }
    let most = 4 * max(model.readsTokens ? 1 : model.inputSize, model.outputSize, 1)
    guard most <= 60_000, model.stateByteCount <= 60_000 else {
      throw ServingError(
        .badFile, "\(file.path.printable): a row or state of more than 60,000 bytes fits no message"
      )
    }
  }

  /// The sums that a file lists: a line each, as sha256sum writes them; `#` begins a remark.
  package static func allowedSums(_ path: String) throws(ServingError) -> Set<String> {
    guard let text = readText(path, limit: 1 << 20) else {
      throw ServingError(.badFile, "\(path.printable): cannot be read, or has more than 1 MiB")
    }
    var sums: Set<String> = []
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      guard let word = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" }).first,
        !word.hasPrefix("#")
      else { continue }
      guard word.utf8.count == 64, word.allSatisfy({ $0.isASCII && $0.isHexDigit }) else {
        throw ServingError(
          .badFile, "\(path.printable):\(number + 1): expected 64 hexadecimal digits")
      }
      sums.insert(word.lowercased())
    }
    return sums
  }
}
