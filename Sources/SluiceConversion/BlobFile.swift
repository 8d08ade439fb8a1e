import Foundation

/// Files that come into being whole or not at all.
public enum BlobFile {
  /// Writes `bytes` to `path`: a temporary file beside it, synchronised, then renamed over it.
  ///
  /// On failure the file at `path` is as it was, and nothing else is left. What is there and no
  /// regular file (a device, FIFO, directory or symbolic link) is refused: a rename would replace it.
  public static func write(_ bytes: [UInt8], to path: String) throws(ConversionError) {
    func failure(_ doing: String) -> ConversionError {
      ConversionError(.unwritable, file: path, reason: "\(doing): \(systemError())")
    }
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw ConversionError(.unwritable, file: path, reason: "is no path")
    }
    var status = stat()
    if unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      throw ConversionError(
        .unwritable, file: path, reason: "is there and no regular file; it is not replaced")
    }
    // The same directory: a rename is atomic only within one file system.
    let temporary = "\(path).\(UUID().uuidString).tmp"
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
    let descriptor = unsafe open(temporary, flags, 0o666)
    guard descriptor >= 0 else { throw failure("cannot create a file beside it") }
    var done = false
    defer {
      close(descriptor)
      if !done { unsafe unlink(temporary) }
    }
    guard writeAll(bytes, to: descriptor) else { throw failure("cannot be written") }
    guard fsync(descriptor) == 0 else { throw failure("cannot be synchronised") }
    guard unsafe rename(temporary, path) == 0 else { throw failure("cannot be put in place") }
    done = true
    synchroniseDirectory(of: path)
  }

  private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    unsafe bytes.withUnsafeBytes { buffer in
      var offset = 0
      while offset < buffer.count {
        let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[offset...])
        let written = unsafe Foundation.write(descriptor, rest.baseAddress, rest.count)
        if written < 0 && errno == EINTR { continue }
        guard written > 0 else { return false }
        offset += written
      }
      return true
    }
  }

  /// Makes the new name outlast a crash. Not every file system can; the file is in place anyway.
  private static func synchroniseDirectory(of path: String) {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }
}
