import Foundation
import Sluice

/// A file in a folder of its own that goes when this object goes.
final class TemporaryFile {
  let folder: URL
  let url: URL
  var path: String { url.path }

  init(_ bytes: some Collection<UInt8>, name: String = "model.sluice") throws {
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("sluice-\(UUID().uuidString)")
    url = folder.appendingPathComponent(name)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
  }

  deinit {
    try? FileManager.default.removeItem(at: folder)
  }

  /// The number of the process's mappings of a file in the folder, deleted ones included.
  func mappingCount() throws -> Int {
    // Not by a String's initializer: for a file of unknown size it reads no more than a page.
    let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/self/maps"))
    let maps = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
    return maps.split(separator: "\n").count { $0.contains(folder.lastPathComponent) }
  }
}

/// The error that `body` throws, nil where it does not.
func modelError(_ body: () throws(ModelError) -> Void) -> ModelError? {
  do throws(ModelError) {
    try body()
    return nil
  } catch {
    return error
  }
}
