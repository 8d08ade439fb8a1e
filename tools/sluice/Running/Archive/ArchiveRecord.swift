import Glibc
import SluiceConversion
import SluiceImport
import SluiceNetwork

/// What a folder of outputs knows of them: the model that made them, and of each file what it was when it was scored.
///
/// It lies there as `.sluice-run`, of texts that a zero ends: first what holds for all, then one for each output, behind
/// its being put in place. What a kill cut off is not known, and so scored once more; what a power cut cut off has
/// another size. One run writes to a folder at a time.
final class ArchiveRecord: Sendable {
  private static let name = ".sluice-run"
  private static let version = "sluice-run 1"

  private struct Entry {
    let input: FileStamp
    let outputSize: Int
  }

  private let entries: [String: Entry]
  private let path: String
  /// The folder, locked.
  private let folder: Int32
  private let descriptor: Int32

  /// Reads the record of the folder, or begins one.
  ///
  /// - Parameters:
  ///   - model: the model's hash.
  ///   - missing: what was stated of missing numbers; nil for nothing.
  /// - Throws: where the outputs there are of another model, of nobody knows whom, or of a run that goes on.
  init(
    of archive: Archive, model: UInt64, missing: String?, _ arguments: Arguments
  ) throws(ToolError) {
    let folder = archive.output
    try converting { () throws(ConversionError) in try Folder.make(folder) }
    path = "\(folder)/\(Self.name)"
    let opened = unsafe open(FileName.characters(of: folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard opened >= 0 else { throw ToolError(.failed, "\(folder): \(systemError())") }
    self.folder = opened
    guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
      throw ToolError(.failed, "\(folder): another run writes there; expected one at a time")
    }
    let hash = String(model, radix: 16)
    let digits = String(repeating: "0", count: 16 - hash.count) + hash
    let head = "\(Self.version) model \(digits) missing \(missing ?? "-")"
    entries = try Self.entries(path, head, archive, arguments)
    // What was cut off at the end is left out, so that what follows begins anew.
    var texts = [head]
    for (name, entry) in entries.sorted(by: { $0.key < $1.key }) {
      texts.append(Self.text(name, entry))
    }
    let bytes = texts.flatMap { text -> [UInt8] in FileName.bytes(of: text) + [0] }
    let path = self.path
    try converting { () throws(ConversionError) in try BlobFile.write(bytes, to: path) }
    descriptor = unsafe open(FileName.characters(of: path), O_WRONLY | O_APPEND | O_CLOEXEC)
    guard descriptor >= 0 else { throw ToolError(.failed, "\(path): \(systemError())") }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    close(folder)
  }

  /// Whether the file's output is there and whole, and the file is what it was then.
  func holds(_ file: Archive.File) -> Bool {
    guard let entry = entries[file.name], let output = FileStamp(file.target) else { return false }
    return entry.outputSize == output.size && entry.input == FileStamp(file.source)
  }

  /// Says that the output of `file` is in place; `input` is what the file was before it was read.
  func add(_ file: Archive.File, _ input: FileStamp) throws(ToolError) {
    guard let output = FileStamp(file.target) else { return }
    let text = Self.text(file.name, Entry(input: input, outputSize: output.size))
    guard Console.write((FileName.bytes(of: text) + [0])[...], to: descriptor) else {
      throw ToolError(.failed, "\(path): cannot be written: \(systemError())")
    }
  }

  private static func text(_ name: String, _ entry: Entry) -> String {
    "\(entry.input.size) \(entry.input.modified) \(entry.outputSize) \(name)"
  }

  /// What the record at `path` holds; none where there is no record, and no output either.
  private static func entries(
    _ path: String, _ head: String, _ archive: Archive, _ arguments: Arguments
  ) throws(ToolError) -> [String: Entry] {
    let advice = "name another folder, or take this one away"
    guard FileName.isThere(path) else {
      if let file = archive.files.first(where: { FileName.isThere($0.target) }) {
        throw arguments.usage(
          "\(file.target) is there, and \(archive.output) has no \(name) of a run that wrote it",
          advice)
      }
      return [:]
    }
    var texts = try texts(path)[...]
    let found = texts.popFirst().map { FileName.text(of: $0) } ?? ""
    guard found == head else {
      throw arguments.usage(
        found.hasPrefix(version)
          ? "\(archive.output) holds outputs of '\(found.dropFirst(version.count + 1))', and this is "
            + "'\(head.dropFirst(version.count + 1))'"
          : "\(path) is no record of this version's", advice)
    }
    var entries: [String: Entry] = [:]
    for text in texts {
      let fields = text.split(separator: UInt8(ascii: " "), maxSplits: 3).map {
        FileName.text(of: Array($0))
      }
      guard fields.count == 4, let size = Int(fields[0]), let modified = Int(fields[1]),
        let outputSize = Int(fields[2])
      else { continue }
      entries[fields[3]] = Entry(
        input: FileStamp(size: size, modified: modified), outputSize: outputSize)
    }
    return entries
  }

  /// The texts that are whole.
  private static func texts(_ path: String) throws(ToolError) -> [[UInt8]] {
    try converting { () throws(ConversionError) in
      let bytes = try ByteStream(path: path)
      var texts: [[UInt8]] = [[]]
      while try bytes.available(1) > 0 {
        if bytes[0] == 0 { texts.append([]) } else { texts[texts.count - 1].append(bytes[0]) }
        bytes.take(1)
      }
      return Array(texts.dropLast())
    }
  }
}
