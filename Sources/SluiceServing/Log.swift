import Glibc

/// What the daemon says, a line at a time, on standard error: to a journal with the level before it.
enum Log {
  enum Level: Int {
    case error = 3
    case warning = 4
    case notice = 5
    case info = 6
  }

  /// Where a manager reads it, and not a person.
  private static let isForJournal =
    unsafe getenv("JOURNAL_STREAM") != nil || getenv("NOTIFY_SOCKET") != nil

  static func say(_ level: Level, _ text: String) {
    let line = (isForJournal ? "<\(level.rawValue)>" : "sluiced: ") + text.printable + "\n"
    let bytes = Array(line.utf8)
    _ = unsafe bytes.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
  }
}

/// What an errno stands for.
func errorText(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }

extension String {
  /// Without control characters, which would end a line or act on a terminal.
  var printable: String {
    String(
      String.UnicodeScalarView(unicodeScalars.map { $0.value < 32 || $0.value == 127 ? "?" : $0 }))
  }
}
