import Glibc
import SluiceConversion
import SluiceImport
import SluiceNetwork

/// Where results are written: a file that comes into being whole, at the end, or what takes them as they come:
/// standard output, a FIFO, a device.
struct OutputFile {
  /// The path as it was named; `-` is standard output.
  let path: String
  /// What takes bytes as they come; nil for a file.
  private let descriptor: Int32?
  /// Whether a file outlasts a power cut from the moment on that it is in place.
  private let isLasting: Bool
  private var bytes: [UInt8] = []

  /// Whether bytes are out as soon as they are written.
  var isLive: Bool { descriptor != nil }

  /// Whether `path` is standard output, by its name or by another, as /dev/stdout.
  static func isStandardOutput(_ path: String) -> Bool {
    if path == "-" { return true }
    var (named, standard) = (stat(), stat())
    guard unsafe stat(FileName.characters(of: path), &named) == 0,
      unsafe fstat(STDOUT_FILENO, &standard) == 0
    else { return false }
    // Of two devices that are one, the numbers of their nodes may be two.
    return named.st_dev == standard.st_dev && named.st_ino == standard.st_ino
      || named.st_mode & S_IFMT == S_IFCHR && standard.st_mode & S_IFMT == S_IFCHR
        && named.st_rdev == standard.st_rdev
  }

  /// A FIFO is waited for until somebody reads.
  init(_ path: String, lasting: Bool = true) throws(ToolError) {
    (self.path, isLasting) = (path, lasting)
    guard !Self.isStandardOutput(path) else {
      descriptor = STDOUT_FILENO
      return
    }
    var status = stat()
    let name = FileName.characters(of: path)
    guard unsafe stat(name, &status) == 0, ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT)
    else {
      // A source may run for hours before the file is written.
      try converting { () throws(ConversionError) in try BlobFile.check(path) }
      descriptor = nil
      return
    }
    let opened = unsafe open(name, O_WRONLY | O_CLOEXEC)
    guard opened >= 0 else { throw Self.failure(path) }
    descriptor = opened
  }

  mutating func write(_ more: [UInt8]) throws(ToolError) {
    guard let descriptor else {
      bytes += more
      return
    }
    if descriptor == STDOUT_FILENO { return Console.write(more) }
    guard Console.write(more[...], to: descriptor) else { throw Self.failure(path) }
  }

  /// Puts a file in place, with `head` before what was written.
  mutating func finish(head: [UInt8] = []) throws(ToolError) {
    guard descriptor == nil else { return try write(head) }
    let all = head + bytes
    try converting { () throws(ConversionError) in
      try isLasting ? BlobFile.write(all, to: path) : BlobFile.writeSoon(all, to: path)
    }
  }

  private static func failure(_ path: String) -> ToolError {
    ToolError(
      ConversionError(
        .unwritable, file: path, reason: "cannot be written: \(systemError())"))
  }
}
