import Glibc
import SluiceConversion
import SluiceImport
import SluiceNetwork

/// The files of a folder, and of those below it, that hold rows, and where the outputs of each go: under its name
/// in another folder.
struct Archive: Sendable {
  struct File: Sendable {
    let source: String
    let format: RowFormat
    /// The path of its output below the folder of outputs, and as a whole.
    let name: String
    let target: String
    let targetFormat: RowFormat
  }

  /// The folder that is read, and the one that is written.
  let folder: String
  let output: String
  /// In the order of their names.
  let files: [File]

  /// Finds what `--input` and `--output` name.
  init(_ arguments: Arguments) throws(ToolError) {
    let folder = arguments[RunOptions.input] ?? ""
    let output = arguments[RunOptions.output] ?? ""
    let chosen = try RunOptions.choice(RunOptions.outputFormat, RowFormat.read, arguments)
    guard !Folder.isWithin(output, folder), !Folder.isWithin(folder, output) else {
      throw arguments.usage(
        "of the folders of --input and --output one is the other, or lies in it")
    }
    var names: [String] = []
    try Self.search(folder, below: "", &names)
    var files: [File] = []
    var sources: [String: String] = [:]
    for name in names {
      guard let format = RowFormat(path: name) else { continue }
      let target = chosen.map { Self.name(name, endingWith: $0) } ?? name
      if let other = sources.updateValue(name, forKey: target) {
        throw arguments.usage(
          "\(other) and \(name) of \(folder) would have one output, \(target)",
          "take them apart, or leave out --output-format")
      }
      files.append(
        File(
          source: "\(folder)/\(name)", format: format, name: target, target: "\(output)/\(target)",
          targetFormat: chosen ?? format))
    }
    guard !files.isEmpty else {
      throw ToolError(
        .badFile, "\(folder): has no file that ends with .npy, .csv, .jsonl or .ndjson")
    }
    (self.folder, self.output, self.files) = (folder, output, files)
  }

  private static func name(_ name: String, endingWith format: RowFormat) -> String {
    let dot = name.lastIndex(of: ".") ?? name.endIndex
    return "\(name[..<dot]).\(format.rawValue)"
  }

  /// What begins with a dot is another's, and a link to a folder may lead back.
  private static func search(
    _ folder: String, below: String, _ found: inout [String]
  ) throws(ToolError) {
    guard let names = Folder.names(in: folder) else {
      throw ToolError(.badFile, "\(folder): cannot be listed: \(systemError())")
    }
    for name in names where !name.hasPrefix(".") {
      let path = "\(folder)/\(name)"
      if Folder.isThere(path, followingLinks: false) {
        try search(path, below: "\(below)\(name)/", &found)
      } else if let format = RowFormat(path: name), RowFormat.read.contains(format),
        FileStamp(path) != nil
      {
        found.append(below + name)
      }
    }
  }
}

/// What tells a file that has changed since.
struct FileStamp: Equatable, Sendable {
  /// Bytes.
  let size: Int
  /// Nanoseconds since 1970.
  let modified: Int

  init(size: Int, modified: Int) { (self.size, self.modified) = (size, modified) }

  /// That of the regular file at `path`; nil where there is none.
  init?(_ path: String) {
    var status = stat()
    guard unsafe stat(FileName.characters(of: path), &status) == 0,
      status.st_mode & S_IFMT == S_IFREG
    else { return nil }
    size = Int(status.st_size)
    modified = status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec
  }
}
