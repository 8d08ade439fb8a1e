import Foundation

extension String {
  /// The file that the path names, links followed.
  var resolvedPath: String {
    URL(fileURLWithPath: self).resolvingSymlinksInPath().path
  }
}
