import Glibc
import SluiceImport
import SluiceNetwork

/// The bytes of a source in order, as they come: of a file, a FIFO, a device or standard input.
///
/// What has come is there at once: nothing waits for a buffer to fill.
package final class ByteStream {
  /// The source, as errors call it.
  package let file: String
  /// The offset of the next byte.
  package private(set) var offset = 0

  /// Negative for bytes in memory.
  private let descriptor: Int32
  /// What memory still has to give, in pieces of this size.
  private var memory: ArraySlice<UInt8> = []
  private let piece: Int
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)
  /// The bytes of the buffer that were read and not taken.
  private var filled = 0..<0
  private var isAtEnd = false

  /// Opens the source at `path`, `-` for standard input. A FIFO is waited for until somebody writes.
  package init(path: String) throws(ConversionError) {
    piece = 0
    guard path != "-" else {
      (file, descriptor) = ("standard input", STDIN_FILENO)
      return
    }
    let name = FileName.characters(of: path)
    var opened = unsafe open(name, O_RDONLY | O_CLOEXEC)
    while opened < 0, errno == EINTR { opened = unsafe open(name, O_RDONLY | O_CLOEXEC) }
    guard opened >= 0 else {
      throw ConversionError(
        .unreadable, file: path, reason: "cannot be opened: \(systemError())")
    }
    (file, descriptor) = (path, opened)
  }

  /// Bytes in memory that come `piece` at a time, under the name of a file.
  package init(file: String, _ bytes: [UInt8], piece: Int = .max) {
    (self.file, descriptor, self.piece) = (file, -1, max(piece, 1))
    memory = bytes[...]
  }

  deinit {
    if descriptor > STDIN_FILENO { close(descriptor) }
  }

  /// Waits until `count` bytes are there, or the end; says how many are.
  package func available(_ count: Int) throws(ConversionError) -> Int {
    while filled.count < count, !isAtEnd { try fill(room: count) }
    return filled.count
  }

  /// The byte at `index` of those that are there.
  package subscript(index: Int) -> UInt8 { buffer[filled.lowerBound + index] }

  /// Takes `count` bytes of those that are there.
  package func take(_ count: Int) {
    filled = filled.lowerBound + count..<filled.upperBound
    offset += count
  }

  /// Passes over `count` bytes; false where the source ends before.
  package func skip(_ count: Int) throws(ConversionError) -> Bool {
    var rest = count
    while rest > 0 {
      let there = min(try available(1), rest)
      guard there > 0 else { return false }
      take(there)
      rest -= there
    }
    return true
  }

  /// The next line without its end, nil behind the last.
  ///
  /// - Throws: where it has over `limit` bytes.
  package func line(limit: Int) throws(ConversionError) -> [UInt8]? {
    var searched = 0
    while true {
      let there = try available(searched + 1)
      let text = buffer[filled]
      let end = text[(text.startIndex + searched)...].firstIndex(of: UInt8(ascii: "\n"))
      let length = end.map { $0 - text.startIndex } ?? there
      guard length <= limit else {
        throw .malformed(file, "byte \(offset)", "a line of more than \(limit) bytes")
      }
      if end == nil, there > searched {
        searched = there
        continue
      }
      guard end != nil || there > 0 else { return nil }
      let hasReturn = length > 0 && self[length - 1] == UInt8(ascii: "\r")
      let line = Array(text.prefix(hasReturn ? length - 1 : length))
      take(end == nil ? length : length + 1)
      return line
    }
  }

  /// Reads what has come behind what is there.
  private func fill(room: Int) throws(ConversionError) {
    if filled.upperBound == buffer.count {
      let rest = Array(buffer[filled])
      // Whole where it is small, so that long lines cost no more than a copy each time they double.
      if rest.count > buffer.count / 2 || room > buffer.count {
        buffer += [UInt8](repeating: 0, count: max(buffer.count, room - buffer.count))
      }
      buffer.replaceSubrange(0..<rest.count, with: rest)
      filled = 0..<rest.count
    }
    let space = buffer.count - filled.upperBound
    let count: Int
    if descriptor < 0 {
      count = min(space, piece, memory.count)
      buffer.replaceSubrange(
        filled.upperBound..<filled.upperBound + count, with: memory.prefix(count))
      memory = memory.dropFirst(count)
    } else {
      let start = filled.upperBound
      count = unsafe buffer.withUnsafeMutableBytes {
        unsafe read(descriptor, $0.baseAddress! + start, space)
      }
      if count < 0, errno == EINTR || Descriptor.waited(for: descriptor, POLLIN) { return }
      guard count >= 0 else {
        throw ConversionError(.unreadable, file: file, reason: "cannot be read: \(systemError())")
      }
    }
    isAtEnd = count == 0
    filled = filled.lowerBound..<filled.upperBound + count
  }
}

/// Descriptors that another program has set not to block, as a pipe that it shares may be.
package enum Descriptor {
  /// Whether the last call failed since `descriptor` would have blocked (`errno`), and it was waited until it is ready.
  package static func waited(for descriptor: Int32, _ events: Int32) -> Bool {
    guard errno == EAGAIN || errno == EWOULDBLOCK else { return false }
    var request = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    // What poll says, an end or an error too, the next call says again.
    while unsafe poll(&request, 1, -1) < 0 {
      guard errno == EINTR else { return false }
    }
    return true
  }
}
