import Glibc
import Sluice
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Synchronization

/// The files of an archive through a model, each as `sluice run` of it alone would, by several threads.
final class ArchiveRun: Sendable {
  private let archive: Archive
  private let model: Model
  /// The model's.
  private let path: String
  private let names: [String?]
  private let missing: [MissingPolicy]
  private let record: ArchiveRecord
  /// Those whose outputs are not there yet.
  private let files: [Archive.File]
  private let isForPrograms: Bool
  private let isQuiet: Bool
  private let start = Clock.nanoseconds
  private let state: Mutex<State>

  private struct State {
    var begun = 0
    var scored = 0
    var failed = 0
    var rows = 0
    var missing = MissingCount()
    var progress: Progress
    /// Why nothing more is begun.
    var end: ToolError?
  }

  /// - Parameters:
  ///   - path: the model's.
  ///   - names: those of its inputs; empty where nothing is said.
  init(
    _ archive: Archive, _ model: consuming Model, _ path: String, names: [String?],
    _ missing: [MissingPolicy], _ arguments: Arguments
  ) throws(ToolError) {
    let record = try ArchiveRecord(
      of: archive, model: model.hash, missing: arguments[RunOptions.missing], arguments)
    files = archive.files.filter { !record.holds($0) }
    for folder in Set(files.map { $0.target.prefix(upTo: $0.target.lastIndex(of: "/")!) }) {
      try converting { () throws(ConversionError) in try Folder.make(String(folder)) }
    }
    (self.archive, self.path, self.names, self.missing) = (archive, path, names, missing)
    self.record = record
    self.model = model
    (isForPrograms, isQuiet) = (arguments.isForPrograms, arguments.isQuiet)
    state = Mutex(State(progress: Progress(quiet: arguments.isQuiet)))
  }

  /// Scores what is left on so many threads.
  func run(threads: Int) throws(ToolError) {
    Threads.run(min(threads, files.count)) { self.work() }
    let end = state.withLock { state in
      state.progress.finish()
      return state
    }
    if let error = end.end { throw error }
    tell(end)
    if end.failed > 0 {
      throw ToolError(
        .failed,
        "\(end.failed.grouped) of \(archive.files.count.grouped) files failed, and have no output",
        isReported: true)
    }
  }

  private func work() {
    while let file = next() {
      let stamp = FileStamp(file.source)
      do throws(ToolError) {
        let (rows, missing) = try score(file)
        state.withLock { state in
          state.scored += 1
          state.rows += rows
          state.missing += missing
          // A file that is no longer there was read, and is not known again.
          do throws(ToolError) { if let stamp { try record.add(file, stamp) } } catch {
            state.end = error
          }
          let members: [JSON.Member] = [("rows", .integer(rows)), ("output", .path(file.target))]
          if isForPrograms { Console.print(.object([("file", .path(file.source))] + members)) }
        }
      } catch {
        // What it had of an earlier run is none of what it holds now.
        unsafe unlink(FileName.characters(of: file.target))
        state.withLock { state in
          state.failed += 1
          Console.complain("sluice: \(error.message)")
          if isForPrograms {
            Console.print(.object([("file", .path(file.source)), error.member]))
          }
        }
      }
    }
  }

  private func next() -> Archive.File? {
    state.withLock { state in
      let now = state
      state.progress.report(text(now))
      guard state.begun < files.count, state.end == nil else { return nil }
      state.begun += 1
      return files[state.begun - 1]
    }
  }

  private func score(_ file: Archive.File) throws(ToolError) -> (rows: Int, missing: MissingCount) {
    let source = try RowSource(
      file.source, file.format, model, names: names, mayMiss: missing.contains { $0 != .refuse })
    let sinks = RowSinks(
      file: try RowFile(file.target, file.targetFormat), saysMissing: false)
    var run = RowRun(source, missing, sinks)
    try run.run(model, path, writesAll: false)
    return (run.count, run.missingCount)
  }

  private var seconds: Double { Double(Clock.nanoseconds - start) / 1e9 }

  /// How far it is.
  private func text(_ state: State) -> String {
    let (done, seconds) = (state.scored + state.failed, seconds)
    let before = archive.files.count - files.count
    var text = "\((before + done).grouped) of \(archive.files.count.grouped) files"
    if done > 0 {
      text +=
        ", \(Int(Double(state.rows) / seconds).grouped) rows a second, "
        + "\(Int((seconds / Double(done) * Double(files.count - done)).rounded(.up)).grouped) s left"
    }
    return text
  }

  private func tell(_ end: State) {
    let (before, seconds) = (archive.files.count - files.count, seconds)
    if isForPrograms {
      return Console.print(
        .object([
          ("input", .path(archive.folder)), ("files", .integer(archive.files.count)),
          ("scored", .integer(end.scored)), ("there", .integer(before)),
          ("failed", .integer(end.failed)), ("rows", .integer(end.rows)),
          ("seconds", .double(seconds)), ("missing", end.missing.json),
          ("output", .path(archive.output)),
        ]))
    }
    guard !isQuiet else { return }
    Console.print(
      "\(end.scored.grouped) of \(archive.files.count.of("file")) scored, \(before.grouped) there before, "
        + "\(end.failed.grouped) failed")
    if end.rows > 0 {
      Console.print(
        "\(end.rows.grouped) rows, \(Int(Double(end.rows) / seconds).grouped) a second")
    }
    if let note = end.missing.note { Console.print(note) }
    Console.print("written to \(archive.output.printable)")
  }
}
