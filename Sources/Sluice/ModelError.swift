import SluiceBlob

/// Why a model cannot be opened, or a stream not made.
public enum ModelError: Error, Equatable, Sendable {
  /// The file cannot be opened or mapped; the system's `errno`.
  case unreadable(errno: Int32)
  /// The path is a directory, FIFO, socket or device, or the file is empty.
  case notARegularFile
  /// The model's memory cannot be locked; the system's `errno`.
  case notLocked(errno: Int32)
  /// The bytes break a rule of the format.
  case invalid(BlobError)
  /// `SLUICE_ISA` is none of `baseline`, `avx2`, `avx512`.
  case unknownInstructionSet
  /// This CPU does not have the instruction set that was asked for.
  case unavailableInstructionSet(InstructionSet)
  /// The layer of that index is not there, or is not what a type of fixed size stands for.
  case layerDiffers(index: Int)
  /// The model reads backwards, so that it cannot take one step at a time.
  case notStreamable
  /// A stream of one step a block takes more bytes than ``Model/Options/maximumStreamByteCount``, or
  /// a stream or batch that was asked for does.
  case streamTooLarge(byteCount: Int, limit: Int)
  /// A step takes more operations than ``Model/Options/maximumStepOperationCount``.
  case tooManyOperations(count: Int, limit: Int)
  /// Memory ran out.
  case outOfMemory
}
