import Foundation
import SluiceImport
import SluiceNetwork

/// Folders, whatever bytes their names are.
package enum Folder {
  /// The names in a folder, sorted, without itself and its parent; nil where it cannot be listed.
  package static func names(in folder: String) -> [String]? {
    guard let stream = unsafe opendir(FileName.characters(of: folder)) else { return nil }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) {
        unsafe Array($0.prefix { $0 != 0 })
      }
      names.append(FileName.text(of: name))
    }
    return names.filter { $0 != "." && $0 != ".." }.sorted()
  }

  /// Whether `path` is a folder; a link to one where links are followed.
  package static func isThere(_ path: String, followingLinks: Bool = true) -> Bool {
    var status = stat()
    let name = FileName.characters(of: path)
    let error = followingLinks ? unsafe stat(name, &status) : unsafe lstat(name, &status)
    return error == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Makes a folder, and those above it, where they are not.
  package static func make(_ path: String) throws(ConversionError) {
    guard !isThere(path) else { return }
    if let slash = path.lastIndex(of: "/"), slash > path.startIndex {
      try make(String(path[..<slash]))
    }
    // Another one may have made it meanwhile.
    guard unsafe mkdir(FileName.characters(of: path), 0o777) == 0 || isThere(path) else {
      throw ConversionError(
        .unwritable, file: path, reason: "the folder cannot be made: \(SystemError.last)")
    }
  }

  /// Whether `path`, which need not be there yet, is `folder` or would lie in it.
  package static func isWithin(_ path: String, _ folder: String) -> Bool {
    var (root, here, above) = (stat(), stat(), stat())
    guard unsafe stat(FileName.characters(of: folder), &root) == 0 else { return false }
    var place = path
    while unsafe stat(FileName.characters(of: place), &here) != 0 {
      guard let slash = place.lastIndex(of: "/") else {
        place = "."
        continue
      }
      place = slash == place.startIndex ? "/" : String(place[..<slash])
    }
    while here.st_dev != root.st_dev || here.st_ino != root.st_ino {
      place += "/.."
      guard unsafe stat(FileName.characters(of: place), &above) == 0,
        above.st_dev != here.st_dev || above.st_ino != here.st_ino
      else { return false }
      here = above
    }
    return true
  }
}
