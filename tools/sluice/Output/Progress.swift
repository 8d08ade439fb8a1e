import Glibc

/// How far work of more than a second is, on standard error: on a terminal one line that changes,
/// elsewhere (a log) a line now and then.
struct Progress {
  private let start = Clock.nanoseconds
  private var lastShown: UInt64 = 0
  private var isShown = false
  private let terminal = Terminal.error
  private let isQuiet: Bool
  /// When a log gets its next line, in nanoseconds since the start: after 5 s, 10 s, 20 s and so on.
  private var nextLine: UInt64 = 5_000_000_000

  init(quiet: Bool) { isQuiet = quiet }

  /// Says how far the work is; on a terminal at most ten times a second.
  mutating func report(_ text: @autoclosure () -> String) {
    guard !isQuiet else { return }
    let now = Clock.nanoseconds
    guard let terminal else {
      guard now - start > nextLine else { return }
      Console.writeError("sluice: \(text().printable)\n")
      return nextLine *= 2
    }
    guard now - start > 1_000_000_000, now - lastShown > 100_000_000 else { return }
    terminal.show(text())
    (lastShown, isShown) = (now, true)
  }

  /// Takes the line away.
  func finish() {
    if isShown { terminal?.clear() }
  }
}

/// A line on standard error while work runs that cannot be interrupted.
struct Notice {
  private let terminal: Terminal?

  init(_ text: String, shown: Bool) {
    terminal = shown ? Terminal.error : nil
    guard shown else { return }
    if let terminal {
      terminal.show(text)
    } else {
      Console.writeError("sluice: \(text.printable)\n")
    }
  }

  /// Takes the line away where it can be.
  func finish() { terminal?.clear() }
}

/// The terminal that standard error is.
struct Terminal {
  private let descriptor: Int32

  /// Nil where standard error is none.
  static var error: Terminal? {
    isatty(STDERR_FILENO) == 1 ? Terminal(descriptor: STDERR_FILENO) : nil
  }

  /// Its width now, in columns; 80 where it does not tell.
  private var width: Int {
    var size = winsize()
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// Shows `text` in place of the line before; a line that wrapped could not be taken away.
  func show(_ text: String) {
    Console.writeError("\r\u{1B}[K\(text.printable.shortened(to: width - 1))")
  }

  func clear() { Console.writeError("\r\u{1B}[K") }
}

extension String {
  /// At most `count` characters: the end, which tells how far work is, and the beginning.
  func shortened(to count: Int) -> String {
    guard self.count > count else { return self }
    guard count > 8 else { return String(suffix(max(count, 0))) }
    let end = (count - 3) * 2 / 3
    return "\(prefix(count - 3 - end))...\(suffix(end))"
  }
}
