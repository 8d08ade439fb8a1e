import SluiceConversion
import SluiceImport
import SluiceNetwork

extension Arguments {
  /// A file that the command's words name.
  private struct NamedFile {
    /// What names it: an option, or the operand itself.
    let name: String
    let path: String
    let isWritten: Bool
    let place: FilePlace.Identity?

    init(_ name: String, _ path: String, isWritten: Bool) {
      (self.name, self.path, self.isWritten) = (name, path, isWritten)
      place = (try? FilePlace(path))?.identity
    }

    /// Whether both are one file, links followed; of files in no folder whether they are called so.
    func isSame(as other: NamedFile) -> Bool {
      guard let place, let another = other.place else { return path == other.path }
      return place == another
    }
  }

  /// Refuses a path that is empty, and a file to write that is another one of this command, before
  /// any work: what it holds would be lost.
  func checkFiles() throws(ToolError) {
    for operand in operands where operand.isEmpty { throw usage("an operand is empty") }
    var files = operands.map { NamedFile($0, $0, isWritten: false) }
    for option in syntax.options {
      guard let role = option.file, let path = self[option] else { continue }
      guard !path.isEmpty else {
        throw usage("the option '\(option.name)' names no file: its value is empty")
      }
      // Standard input, or standard output: no file of any name.
      guard path != "-" else { continue }
      files.append(NamedFile("the file of '\(option.name)'", path, isWritten: role == .written))
    }
    for (index, file) in files.enumerated() {
      for other in files[(index + 1)...] where file.isWritten || other.isWritten {
        guard file.isSame(as: other) else { continue }
        throw usage(
          file.isWritten && other.isWritten
            ? "two outputs have one name: \(file.name) is \(other.name)"
            : "\(file.name) is \(other.name), which would be lost")
      }
    }
  }

  /// Refuses to write `option`'s file over `path`, which the command reads unasked.
  func check(_ option: Syntax.Option, isNot path: String) throws(ToolError) {
    guard let written = self[option], written != "-" else { return }
    let file = NamedFile(option.name, written, isWritten: true)
    guard file.isSame(as: NamedFile(path, path, isWritten: false)) else { return }
    throw usage("the file of '\(option.name)' is \(path), which would be lost")
  }
}
