import Foundation
import SluiceImport
import SluiceNetwork

/// Files that come into being whole or not at all.
public enum BlobFile {
  /// Writes `bytes` to `path`, all or nothing: a file without a name in the same folder, synchronised,
  /// then put in place.
  ///
  /// A symbolic link stays: what it leads to is written. A file that is replaced keeps its mode, and
  /// its owner and group where the system allows that. What is there and no regular file (a device, a
  /// FIFO, a directory) is refused. On failure the file at `path` is as it was, and nothing else is
  /// left; neither is where a signal ends a process of one thread.
  public static func write(_ bytes: [UInt8], to path: String) throws(ConversionError) {
    let place = try place(of: path)
    do throws(WriteError) {
      if try !writeUnnamed(bytes, to: place) { try writeNamed(bytes, to: place) }
    } catch {
      throw failure(path, error.doing, error.error)
    }
    synchroniseFolder(of: place)
  }

  /// Refuses a path to which `write` could not write now: for who computes for long before.
  public static func check(_ path: String) throws(ConversionError) {
    let place = try place(of: path)
    guard unsafe faccessat(place.folder, [0x2E, 0], W_OK, 0) == 0 else {
      throw failure(path, "cannot create a file there", .last)
    }
  }

  private static func failure(
    _ path: String, _ doing: String, _ error: SystemError
  ) -> ConversionError {
    ConversionError(.unwritable, file: path, reason: "\(doing): \(error)")
  }

  /// Where a file of this path lies or would.
  private static func place(of path: String) throws(ConversionError) -> FilePlace {
    // First: a pipe that /dev/stdout leads to has no name, and so no place.
    var target = stat()
    if unsafe stat(FileName.characters(of: path), &target) == 0,
      target.st_mode & S_IFMT != S_IFREG
    {
      throw ConversionError(
        .unwritable, file: path, reason: "is there and no regular file; it is not replaced")
    }
    do throws(SystemError) { return try FilePlace(path) } catch {
      throw failure(path, "cannot create a file there", error)
    }
  }

  /// Writes a file that has no name until it is whole, so that nothing can be left of it; false where
  /// the file system or the system has no such files.
  private static func writeUnnamed(
    _ bytes: [UInt8], to place: borrowing FilePlace
  ) throws(WriteError) -> Bool {
    // O_TMPFILE, which is no constant that Swift sees.
    let flags = 0o20_000_000 | O_DIRECTORY | O_WRONLY | O_CLOEXEC
    let descriptor = unsafe openat(place.folder, [0x2E, 0], flags, place.creationMode)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    try fill(descriptor, bytes, like: place.status)
    let source = FileName.characters(of: "/proc/self/fd/\(descriptor)")
    func link(_ name: [CChar]) -> Bool {
      unsafe linkat(AT_FDCWD, source, place.folder, name, AT_SYMLINK_FOLLOW) == 0
    }
    if place.status == nil {
      if link(place.name) { return true }
      // Somebody else's file came between: it is replaced.
      guard errno == EEXIST else { return false }
    }
    return try HeldSignals.during { () throws(WriteError) in
      let temporary = temporaryName()
      guard link(temporary) else { return false }
      try rename(temporary, to: place)
      return true
    }
  }

  /// The same through a name of its own, while signals wait that would leave it behind.
  private static func writeNamed(
    _ bytes: [UInt8], to place: borrowing FilePlace
  ) throws(WriteError) {
    try HeldSignals.during { () throws(WriteError) in
      let temporary = temporaryName()
      let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
      let descriptor = unsafe openat(place.folder, temporary, flags, place.creationMode)
      guard descriptor >= 0 else { throw WriteError("cannot create a file there") }
      defer { close(descriptor) }
      do throws(WriteError) { try fill(descriptor, bytes, like: place.status) } catch {
        unsafe unlinkat(place.folder, temporary, 0)
        throw error
      }
      try rename(temporary, to: place)
    }
  }

  /// Puts the file `temporary` in place, or takes it away.
  private static func rename(
    _ temporary: [CChar], to place: borrowing FilePlace
  ) throws(WriteError) {
    guard unsafe renameat(place.folder, temporary, place.folder, place.name) != 0 else { return }
    let error = WriteError("cannot be put in place")
    unsafe unlinkat(place.folder, temporary, 0)
    throw error
  }

  /// Writes and synchronises everything, with the mode and owner of `old`.
  private static func fill(
    _ descriptor: Int32, _ bytes: [UInt8], like old: stat?
  ) throws(WriteError) {
    guard writeAll(bytes, to: descriptor) else { throw WriteError("cannot be written") }
    if let old {
      var mode = old.st_mode & 0o7777
      if fchown(descriptor, old.st_uid, old.st_gid) != 0 {
        // Another's file: its group is not ours, and none is to read more than before.
        mode &= fchown(descriptor, .max, old.st_gid) == 0 ? 0o1777 : 0o1707
      }
      guard fchmod(descriptor, mode) == 0 else { throw WriteError("cannot be given its mode") }
    }
    guard fsync(descriptor) == 0 else { throw WriteError("cannot be synchronised") }
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

  /// A name that nothing has, short whatever the file's own is.
  private static func temporaryName() -> [CChar] {
    FileName.characters(of: ".sluice-\(String(UInt64.random(in: 0 ... .max), radix: 16)).tmp")
  }

  /// Makes the new name outlast a crash. Not every file system can; the file is in place anyway.
  private static func synchroniseFolder(of place: borrowing FilePlace) {
    let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC
    let descriptor = unsafe openat(place.folder, [0x2E, 0], flags)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }
}

extension FilePlace {
  /// The mode to create a file with: nobody else's until it has that of the file that was there.
  fileprivate var creationMode: mode_t { status == nil ? 0o666 : 0o600 }
}

/// What could not be done to a file, and why.
private struct WriteError: Error {
  let doing: String
  let error: SystemError

  /// What the last call was for.
  init(_ doing: String) {
    error = .last
    self.doing = doing
  }
}

/// Signals that wait, so that they do not end the process between two steps.
private enum HeldSignals {
  static func during<Result>(
    _ body: () throws(WriteError) -> Result
  ) throws(WriteError) -> Result {
    var (all, before) = (sigset_t(), sigset_t())
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_BLOCK, &all, &before)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
    return try body()
  }
}
