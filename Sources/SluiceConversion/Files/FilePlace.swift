import Foundation
import SluiceImport
import SluiceNetwork

/// Where a path leads, links followed: a name in a folder, where a file is or may come to be.
package struct FilePlace: ~Copyable {
  /// What tells two places apart, however they are called.
  package struct Identity: Hashable, Sendable {
    fileprivate let device: UInt64
    fileprivate let folder: UInt64
    fileprivate let name: [CChar]
  }

  /// A descriptor of the folder.
  let folder: Int32
  /// The file's name in it, NUL-terminated.
  let name: [CChar]
  /// What is there now; nil for nothing.
  let status: stat?

  /// Links that may follow each other, as in the kernel.
  private static let linkLimit = 40

  /// Follows `path`; throws the system's error number where it does not lead anywhere.
  package init(_ path: String) throws(SystemError) {
    var rest = FileName.bytes(of: path)
    guard !rest.isEmpty, !rest.contains(0) else { throw SystemError(number: ENOENT) }
    // What following ends at, to be checked below: some links of /proc lead where no name does.
    var target = stat()
    let hasTarget = unsafe stat(FileName.characters(of: path), &target) == 0
    var base = AT_FDCWD
    defer { if base != AT_FDCWD { close(base) } }
    for _ in 0..<Self.linkLimit {
      let end = rest.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
      let last = rest[end...].map { CChar(bitPattern: $0) } + [0]
      guard last.count > 1, last != [0x2E, 0], last != [0x2E, 0x2E, 0] else {
        throw SystemError(number: EISDIR)
      }
      let parent = end == 0 ? [0x2E, 0] : rest[..<end].map { CChar(bitPattern: $0) } + [0]
      let opened = unsafe openat(base, parent, Self.pathOnly | O_DIRECTORY | O_CLOEXEC)
      guard opened >= 0 else { throw SystemError.last }
      if base != AT_FDCWD { close(base) }
      base = opened
      var found = stat()
      guard unsafe fstatat(base, last, &found, AT_SYMLINK_NOFOLLOW) == 0 else {
        let error = SystemError.last
        guard error.number == ENOENT, !hasTarget else { throw error }
        (folder, name, status) = (base, last, nil)
        base = AT_FDCWD
        return
      }
      if found.st_mode & S_IFMT == S_IFLNK {
        rest = try Self.link(base, last)
        continue
      }
      guard found.st_dev == target.st_dev, found.st_ino == target.st_ino else {
        throw SystemError(number: ENOENT)
      }
      (folder, name, status) = (base, last, found)
      base = AT_FDCWD
      return
    }
    throw SystemError(number: ELOOP)
  }

  deinit { close(folder) }

  /// `O_PATH`: the folder need be passed through alone, not listed.
  private static let pathOnly: Int32 = 0o10_000_000

  /// What a link says.
  private static func link(_ folder: Int32, _ name: [CChar]) throws(SystemError) -> [UInt8] {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe readlinkat(folder, name, &buffer, buffer.count)
    guard count > 0 else { throw count < 0 ? SystemError.last : SystemError(number: ENOENT) }
    return buffer[..<count].map { UInt8(bitPattern: $0) }
  }

  /// What tells the place apart from others; nil where the system does not say.
  package var identity: Identity? {
    var status = stat()
    guard unsafe fstat(folder, &status) == 0 else { return nil }
    return Identity(device: UInt64(status.st_dev), folder: UInt64(status.st_ino), name: name)
  }
}

/// A number with which the system refused a call.
package struct SystemError: Error, CustomStringConvertible {
  package let number: Int32

  /// That of the last call.
  package static var last: SystemError { SystemError(number: errno) }

  package var description: String { unsafe String(cString: strerror(number)) }
}
