import Foundation
import SluiceBlob
import SluiceNetwork

/// The bytes of a source, mapped where they come from a file, and its name for errors.
///
/// A byte costs a comparison and a load: readers of hostile text look at each of them.
@safe
package struct SourceBytes: @unchecked Sendable {
  /// The file, as the caller named it.
  package let file: String
  /// How many bytes there are.
  package let count: Int
  /// Whether ``file`` is the path that the bytes were read from.
  let isFile: Bool
  private let start: UnsafeRawPointer
  private let memory: Memory

  /// What frees the bytes; nobody writes them.
  @safe
  private final class Memory {
    let bytes: UnsafeMutableRawBufferPointer
    let isMapped: Bool

    init(_ bytes: UnsafeMutableRawBufferPointer, isMapped: Bool) {
      unsafe self.bytes = bytes
      self.isMapped = isMapped
    }

    deinit {
      if isMapped {
        unsafe munmap(bytes.baseAddress!, bytes.count)
      } else {
        unsafe bytes.deallocate()
      }
    }
  }

  /// Bytes already in memory, under the name of a file.
  package init(file: String, _ bytes: [UInt8]) {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 16)
    unsafe copy.copyBytes(from: bytes)
    unsafe self.init(file: file, count: bytes.count, Memory(copy, isMapped: false))
  }

  private init(file: String, count: Int, _ memory: Memory, isFile: Bool = false) {
    self.file = file
    self.count = count
    self.isFile = isFile
    self.memory = memory
    unsafe start = UnsafeRawPointer(memory.bytes.baseAddress!)
  }

  /// Maps the file at `path`: a regular file only, since a FIFO or a device would never end.
  package init(path: String) throws(ConversionError) {
    try self.init(path: path, followingLinks: true)
  }

  /// Maps the file of this name in the folder of `model`: a regular file with that one name alone, since
  /// a link may lead to what whoever sent the model could not read.
  ///
  /// - Precondition: `name` is plain, and `model` was read from a file.
  init(named name: String, beside model: SourceBytes) throws(ConversionError) {
    try self.init(path: model.folder + name, followingLinks: false)
  }

  /// The path of the folder that the file lies in, with a slash behind it; empty for the working folder.
  var folder: String { file.utf8.lastIndex(of: 0x2F).map { String(file[...$0]) } ?? "" }

  private init(path: String, followingLinks: Bool) throws(ConversionError) {
    func failure(_ reason: String) -> ConversionError {
      ConversionError(.unreadable, file: path, reason: reason)
    }
    guard !path.utf8.contains(0) else { throw failure("a path holds no NUL") }
    // Opening a FIFO would block until a writer comes.
    let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (followingLinks ? 0 : O_NOFOLLOW)
    let descriptor = unsafe open(FileName.characters(of: path), flags)
    guard descriptor >= 0 else {
      throw failure(
        !followingLinks && errno == ELOOP
          ? "is a link; put the file itself there" : "cannot be opened: \(systemError())")
    }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw failure(systemError()) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw failure("is not a regular file") }
    guard followingLinks || status.st_nlink == 1 else {
      throw failure("has another name (a hard link); copy the file itself there")
    }
    let count = Int(status.st_size)
    guard count > 0 else {
      self.init(file: path, [])
      return
    }
    let mapped = unsafe mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else {
      throw failure("cannot be mapped: \(systemError())")
    }
    let bytes = unsafe UnsafeMutableRawBufferPointer(start: mapped, count: count)
    unsafe self.init(file: path, count: count, Memory(bytes, isMapped: true), isFile: true)
  }

  /// The file's name without its folder, for other programs.
  package var lastPathComponent: String {
    FileName.readable(file.split(separator: "/").last.map(String.init) ?? file)
  }

  /// The bytes, for as long as this value lives.
  private var raw: UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(start: start, count: count)
  }

  /// The byte at `offset`, which lies within the bytes.
  package subscript(offset: Int) -> UInt8 {
    precondition(offset >= 0 && offset < count, "within the bytes")
    return unsafe start.load(fromByteOffset: offset, as: UInt8.self)
  }

  /// A copy of the bytes of `range`, which lies within the bytes.
  package func array(_ range: Range<Int>) -> [UInt8] {
    unsafe Array(UnsafeRawBufferPointer(rebasing: raw[range]))
  }

  /// The text of `range`, which lies within the bytes; nil where it is not UTF-8.
  func text(_ range: Range<Int>) -> String? {
    unsafe String(validating: UnsafeRawBufferPointer(rebasing: raw[range]), as: UTF8.self)
  }

  /// The little-endian integer at `offset`, whose bytes lie within the bytes.
  func integer<T: FixedWidthInteger>(at offset: Int, as type: T.Type = T.self) -> T {
    precondition(offset >= 0 && offset <= count - MemoryLayout<T>.size, "within the bytes")
    return T(littleEndian: unsafe start.loadUnaligned(fromByteOffset: offset, as: T.self))
  }

  /// `range` read as little-endian integers of type `T`, each passed through `transform`.
  func map<T: FixedWidthInteger, Result>(
    _ range: Range<Int>, as type: T.Type, _ transform: (T) -> Result
  ) -> [Result] {
    let size = MemoryLayout<T>.size
    return (0..<range.count / size).map {
      transform(integer(at: range.lowerBound + $0 * size, as: T.self))
    }
  }

  /// XXH64 of all bytes, with seed 0.
  var hash: UInt64 { unsafe XXH64.hash(raw) }
}

/// What the system said of the last call that failed.
package func systemError() -> String {
  unsafe String(cString: strerror(errno))
}
