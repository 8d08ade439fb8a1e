import Glibc

/// Standard output and standard error.
enum Console {
  /// Lines on standard output, at once.
  static func print(_ text: String) {
    guard !write(text + "\n", to: STDOUT_FILENO) else { return }
    // Nobody reads on, as behind `head`: no failure. Anything else, such as a full disk, is one.
    if errno == EPIPE { exit(0) }
    complain("sluice: standard output: \(unsafe String(cString: strerror(errno)))")
    exit(ToolError.Status.failed.rawValue)
  }

  static func print(_ json: JSON) {
    print(json.text)
  }

  /// A sentence on standard error. Control characters out of file names do not reach a terminal.
  static func complain(_ sentence: String) {
    // A terminal may show a line of progress still.
    let start = isatty(STDERR_FILENO) == 1 ? "\r\u{1B}[K" : ""
    writeError(start + printable(sentence) + "\n")
  }

  /// A character of a text that may hold anything, fit for a terminal.
  static func printable(_ scalar: Unicode.Scalar) -> Character {
    scalar.properties.generalCategory == .control ? "?" : Character(scalar)
  }

  /// `text` fit for a terminal.
  static func printable(_ text: String) -> String {
    String(text.unicodeScalars.map { printable($0) })
  }

  static func writeError(_ text: String) {
    _ = write(text, to: STDERR_FILENO)
  }

  private static func write(_ text: String, to descriptor: Int32) -> Bool {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { return false }
      bytes = bytes.dropFirst(written)
    }
    return true
  }
}

/// A line on standard error for work of more than a second, on a terminal only.
struct Progress {
  private let start = Clock.nanoseconds
  private var lastShown: UInt64 = 0
  private var isShown = false
  private let isTerminal = isatty(STDERR_FILENO) == 1

  /// Says how far the work is; shows it at most ten times a second.
  mutating func report(_ text: @autoclosure () -> String) {
    let now = Clock.nanoseconds
    guard isTerminal, now - start > 1_000_000_000, now - lastShown > 100_000_000 else { return }
    Console.writeError("\r\u{1B}[K\(Console.printable(text()))")
    (lastShown, isShown) = (now, true)
  }

  /// Takes the line away.
  func finish() {
    if isShown { Console.writeError("\r\u{1B}[K") }
  }
}

/// A line on standard error while work runs that cannot be interrupted, on a terminal only.
struct Notice {
  private let isShown: Bool

  init(_ text: String, shown: Bool) {
    isShown = shown && isatty(STDERR_FILENO) == 1
    if isShown { Console.writeError(text) }
  }

  /// Takes the line away.
  func finish() {
    if isShown { Console.writeError("\r\u{1B}[K") }
  }
}
