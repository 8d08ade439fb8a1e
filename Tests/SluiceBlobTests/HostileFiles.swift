import Foundation
import SluiceBlob
import Synchronization
import Testing

/// The files of the tests named B1 to B38, for readers in other languages.
///
/// Where the environment's `SLUICE_HOSTILE_FILES` names a folder, what such a test finds refused is
/// written there: `B17-3-88-1.sluice` is the test's third file, refused at byte 88, its hash checked
/// (1) or not (0).
enum HostileFiles {
  private static let folder = ProcessInfo.processInfo.environment["SLUICE_HOSTILE_FILES"]
  private static let counts = Mutex<[String: Int]>([:])

  /// Writes the first few files of every test, then ever fewer of its many.
  static func record(_ bytes: some Collection<UInt8>, _ error: BlobError?, checkingHash: Bool) {
    guard let folder, let error, let name = Test.current?.displayName,
      let match = name.prefixMatch(of: /B[0-9]+/)
    else { return }
    let test = String(match.output)
    let count = counts.withLock { counts in
      counts[test, default: 0] += 1
      return counts[test, default: 0]
    }
    guard count <= 16 || count & (count - 1) == 0 else { return }
    let file = "\(folder)/\(test)-\(count)-\(error.offset)-\(checkingHash ? 1 : 0).sluice"
    do {
      try Data(bytes).write(to: URL(fileURLWithPath: file))
    } catch {
      Issue.record("\(file): \(error)")
    }
  }
}
