import Foundation
import SluiceImport
import SluiceNetwork

/// A file that is whole, synchronised where that is wanted, and not in place yet: without a name where the file system has such files,
/// else under one of its own, which goes with it.
final class StagedFile {
  private let place: FilePlace
  private let isSynchronised: Bool
  private let descriptor: Int32
  private var temporary: [CChar]?
  /// A second name of what the file replaced, while that may have to come back.
  private var replaced: [CChar]?

  /// Writes all of it, with the mode and owner of what is at `place`.
  init(
    _ bytes: [UInt8], for place: consuming FilePlace, synchronised: Bool
  ) throws(WriteError) {
    isSynchronised = synchronised
    // O_TMPFILE, which is no constant that Swift sees.
    let unnamed = 0o20_000_000 | O_DIRECTORY | O_WRONLY | O_CLOEXEC
    var opened = unsafe openat(place.folder, [0x2E, 0], unnamed, place.creationMode)
    if opened >= 0, unsafe access(FileName.characters(of: Self.path(of: opened)), F_OK) != 0 {
      // Without /proc nothing could give it a name.
      close(opened)
      opened = -1
    }
    if opened < 0 {
      let name = Self.temporaryName()
      let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
      opened = unsafe openat(place.folder, name, flags, place.creationMode)
      guard opened >= 0 else { throw WriteError("cannot create a file there") }
      temporary = name
    }
    descriptor = opened
    self.place = place
    try fill(bytes)
  }

  deinit {
    close(descriptor)
    if let temporary { unsafe unlinkat(place.folder, temporary, 0) }
    if let replaced { unsafe unlinkat(place.folder, replaced, 0) }
  }

  /// Puts the file in place. What was there is kept for ``takeBack()`` where that is wanted and the file
  /// system has second names.
  func putInPlace(revocably: Bool) throws(WriteError) {
    if revocably, place.status != nil {
      let name = Self.temporaryName()
      if unsafe linkat(place.folder, place.name, place.folder, name, 0) == 0 { replaced = name }
    }
    try putInPlace()
  }

  /// Undoes ``putInPlace(revocably:)``: what was there is there again, or nothing.
  func takeBack() {
    defer { synchroniseFolder() }
    if let name = replaced {
      if unsafe renameat(place.folder, name, place.folder, place.name) == 0 { replaced = nil }
    } else if place.status == nil {
      unsafe unlinkat(place.folder, place.name, 0)
    }
  }

  private func putInPlace() throws(WriteError) {
    defer { synchroniseFolder() }
    if temporary == nil {
      if place.status == nil {
        if link(place.name) { return }
        // Somebody else's file came between: it is replaced.
        guard errno == EEXIST else { throw WriteError("cannot be put in place") }
      }
      let name = Self.temporaryName()
      guard link(name) else { throw WriteError("cannot be put in place") }
      temporary = name
    }
    guard let name = temporary else { return }
    guard unsafe renameat(place.folder, name, place.folder, place.name) == 0 else {
      throw WriteError("cannot be put in place")
    }
    temporary = nil
  }

  private func link(_ name: [CChar]) -> Bool {
    let source = FileName.characters(of: Self.path(of: descriptor))
    return unsafe linkat(AT_FDCWD, source, place.folder, name, AT_SYMLINK_FOLLOW) == 0
  }

  private static func path(of descriptor: Int32) -> String { "/proc/self/fd/\(descriptor)" }

  /// Writes and synchronises everything, with the mode and owner of what was there.
  private func fill(_ bytes: [UInt8]) throws(WriteError) {
    guard Self.writeAll(bytes, to: descriptor) else { throw WriteError("cannot be written") }
    if let old = place.status {
      var mode = old.st_mode & 0o7777
      if fchown(descriptor, old.st_uid, old.st_gid) != 0 {
        // Another's file: its group is not ours, and none is to read more than before.
        mode &= fchown(descriptor, .max, old.st_gid) == 0 ? 0o1777 : 0o1707
      }
      guard fchmod(descriptor, mode) == 0 else { throw WriteError("cannot be given its mode") }
    }
    guard !isSynchronised || fsync(descriptor) == 0 else {
      throw WriteError("cannot be synchronised")
    }
  }

  private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    unsafe bytes.withUnsafeBytes { buffer in
      var offset = 0
      while offset < buffer.count {
        let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[offset...])
        let written = unsafe write(descriptor, rest.baseAddress, rest.count)
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
  private func synchroniseFolder() {
    guard isSynchronised else { return }
    let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC
    let folder = unsafe openat(place.folder, [0x2E, 0], flags)
    guard folder >= 0 else { return }
    fsync(folder)
    close(folder)
  }
}

extension FilePlace {
  /// The mode to create a file with: nobody else's until it has that of the file that was there.
  fileprivate var creationMode: mode_t { status == nil ? 0o666 : 0o600 }
}
