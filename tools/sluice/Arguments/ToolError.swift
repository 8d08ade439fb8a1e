import Sluice
import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork

/// Why the tool stops: an exit status, and one sentence for standard error.
struct ToolError: Error {
  /// The exit statuses but 0.
  enum Status: Int32 {
    /// The work failed: a comparison out of bounds, a file that cannot be written.
    case failed = 1
    /// Unusable arguments.
    case usage = 2
    /// A bad or unsupported file.
    case badFile = 3
  }

  let status: Status
  /// The sentence; empty where the command has said everything already.
  let message: String
  /// Whether the output holds a report already, which says the same to programs.
  let isReported: Bool
  /// The members of the error for programs, beside status and message.
  private(set) var details: [JSON.Member] = []

  init(_ status: Status, _ message: String = "", isReported: Bool = false) {
    self.status = status
    self.message = message
    self.isReported = isReported
  }

  init(_ error: ConversionError) {
    self.init(error.kind == .unwritable ? .failed : .badFile, error.description)
    details = [
      ("kind", .string("\(error.kind)")), ("file", .path(error.file)),
      ("place", error.place.isEmpty ? .null : .string(error.place)),
      ("reason", .path(error.reason)),
    ]
  }

  /// The error with one more member for programs.
  func with(_ name: String, _ value: JSON) -> ToolError {
    var error = self
    error.details.append((name, value))
    return error
  }

  /// The error for programs, in place of what the command would have printed.
  var json: JSON { .object([member]) }

  /// The same as a member of an object that says more.
  var member: JSON.Member {
    (
      "error",
      .object([("status", .integer(Int(status.rawValue))), ("message", .path(message))] + details)
    )
  }

  /// What opening the model at `path` threw.
  init(_ error: ModelError, file path: String) {
    switch error {
    case .unknownInstructionSet, .unavailableInstructionSet:
      self.init(.usage, error.description)
    case .outOfMemory, .notLocked: self.init(.failed, "\(path): \(error)")
    case .invalid(let rule) where rule.kind == .wrongMagic:
      self.init(
        .badFile, "\(path): \(error) A model of another format becomes a blob by 'sluice convert'.")
    case .unreadable, .notARegularFile, .invalid, .layerDiffers, .notStreamable, .streamTooLarge,
      .tooManyOperations:
      self.init(.badFile, "\(path): \(error)")
    }
  }
}

/// Runs `body`, a conversion or comparison, with its error as the tool's.
func converting<Result: ~Copyable>(
  _ body: () throws(ConversionError) -> Result
) throws(ToolError) -> Result {
  do throws(ConversionError) { return try body() } catch { throw ToolError(error) }
}

/// Throws where `SLUICE_ISA` names no instruction set of this machine: before anything is written.
func checkInstructionSet() throws(ToolError) {
  do throws(ModelError) { _ = try InstructionSet.chosen() } catch {
    throw ToolError(error, file: "")
  }
}

/// Maps and validates the model at `path`.
func openModel(_ path: String) throws(ToolError) -> Model {
  do throws(ModelError) {
    return unsafe try Model(path: FileName.characters(of: path), options: .init())
  } catch {
    throw ToolError(error, file: path)
  }
}

/// A model of a blob that was just made of `source`.
func openModel(_ bytes: [UInt8], _ source: String) throws(ToolError) -> Model {
  do throws(ModelError) {
    // A copy: an array's memory has no alignment.
    return unsafe try bytes.span.bytes.withUnsafeBytes { (buffer) throws(ModelError) in
      unsafe try Model(bytes: buffer, options: .init(memory: .copied))
    }
  } catch {
    throw ToolError(error, file: source)
  }
}

/// A stream of `model`, which came from `path`, to take steps; or sequences of so many, which a model that
/// reads backwards takes too.
func openStream(
  _ model: borrowing Model, _ path: String, sequence: Int? = nil
) throws(ToolError) -> ModelStream {
  do throws(ModelError) {
    guard model.isStreamable else {
      guard let sequence else { throw .notStreamable }
      return try ModelStream(model, blockSize: sequence)
    }
    return try ModelStream(model)
  } catch { throw ToolError(error, file: path) }
}
