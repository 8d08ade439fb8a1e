import Foundation
import SluiceBlob

/// The bytes of a source, mapped where they come from a file, and its name for errors.
struct SourceBytes: Sendable {
  /// The file, as the caller named it.
  let file: String
  private let data: Data

  /// Bytes already in memory, under the name of a file.
  init(file: String, _ bytes: [UInt8]) {
    self.file = file
    data = Data(bytes)
  }

  /// Maps the file at `path`: a regular file only, since a FIFO or a device would never end.
  init(path: String) throws(ConversionError) {
    func failure(_ reason: String) -> ConversionError {
      ConversionError(.unreadable, file: path, reason: reason)
    }
    guard !path.utf8.contains(0) else { throw failure("a path holds no NUL") }
    // Opening a FIFO would block until a writer comes.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw failure("cannot be opened: \(systemError())") }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw failure(systemError()) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw failure("is not a regular file") }
    file = path
    let count = Int(status.st_size)
    guard count > 0 else {
      data = Data()
      return
    }
    let mapped = unsafe mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else {
      throw failure("cannot be mapped: \(systemError())")
    }
    data = unsafe Data(bytesNoCopy: mapped, count: count, deallocator: .unmap)
  }

  /// The file's name without its folder.
  var lastPathComponent: String { URL(fileURLWithPath: file).lastPathComponent }

  /// How many bytes there are.
  var count: Int { data.count }

  /// The byte at `offset`, which lies within the bytes.
  subscript(offset: Int) -> UInt8 { data[offset] }

  /// A copy of the bytes of `range`, which lies within the bytes.
  func array(_ range: Range<Int>) -> [UInt8] { [UInt8](data[range]) }

  /// The little-endian integer at `offset`, whose bytes lie within the bytes.
  func integer<T: FixedWidthInteger>(at offset: Int, as type: T.Type = T.self) -> T {
    precondition(offset >= 0 && offset <= count - MemoryLayout<T>.size, "within the bytes")
    return unsafe data.withUnsafeBytes {
      T(littleEndian: unsafe $0.loadUnaligned(fromByteOffset: offset, as: T.self))
    }
  }

  /// `range` read as little-endian integers of type `T`, each passed through `transform`.
  func map<T: FixedWidthInteger, Result>(
    _ range: Range<Int>, as type: T.Type, _ transform: (T) -> Result
  ) -> [Result] {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "within the bytes")
    let size = MemoryLayout<T>.size
    return unsafe data.withUnsafeBytes { bytes in
      (0..<range.count / size).map {
        transform(
          T(
            littleEndian: unsafe bytes.loadUnaligned(
              fromByteOffset: range.lowerBound + $0 * size, as: T.self)))
      }
    }
  }

  /// XXH64 of all bytes, with seed 0.
  var hash: UInt64 { unsafe data.withUnsafeBytes { unsafe XXH64.hash($0) } }
}

/// What the system said of the last call that failed.
func systemError() -> String {
  unsafe String(cString: strerror(errno))
}
