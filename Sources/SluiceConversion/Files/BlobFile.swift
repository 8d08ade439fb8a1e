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
  /// left; neither is where a signal ends a process of one thread: signals wait meanwhile.
  public static func write(_ bytes: [UInt8], to path: String) throws(ConversionError) {
    try write([(bytes, path)])
  }

  /// The same of a file that can be made again, which a power cut may cut off: many are in place sooner.
  package static func writeSoon(_ bytes: [UInt8], to path: String) throws(ConversionError) {
    try write([(bytes, path)], synchronised: false)
  }

  /// The same of several files: none is put in place before all of them are whole, and where one cannot
  /// be, those before it are taken back.
  public static func write(_ files: [(bytes: [UInt8], path: String)]) throws(ConversionError) {
    try write(files, synchronised: true)
  }

  private static func write(
    _ files: [(bytes: [UInt8], path: String)], synchronised: Bool
  ) throws(ConversionError) {
    try HeldSignals.during { () throws(ConversionError) in
      var staged: [StagedFile] = []
      for file in files {
        let place = try place(of: file.path)
        do throws(WriteError) {
          try staged.append(StagedFile(file.bytes, for: place, synchronised: synchronised))
        } catch {
          throw failure(file.path, error.doing, error.error)
        }
      }
      for (index, file) in staged.enumerated() {
        do throws(WriteError) {
          try file.putInPlace(revocably: index < staged.count - 1)
        } catch {
          for earlier in staged[..<index].reversed() { earlier.takeBack() }
          throw failure(files[index].path, error.doing, error.error)
        }
      }
    }
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
}

/// What could not be done to a file, and why.
struct WriteError: Error {
  let doing: String
  let error: SystemError

  /// What the last call was for.
  init(_ doing: String) {
    error = .last
    self.doing = doing
  }
}
