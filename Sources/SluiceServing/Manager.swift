import Glibc
import _SluiceServing

/// What started the daemon, as systemd speaks with it: by environment variables, and datagrams to its socket. Without
/// one nothing is said.
struct Manager {
  /// A file that was passed, by its name.
  struct Passed {
    let file: Int32
    let name: String
  }

  private let socket: String?
  /// Files that were passed.
  let passed: [Passed]
  /// Microseconds after which a silent daemon is ended; nil where nobody watches.
  let watchdog: Int64?

  /// Reads the environment, and takes out of it what is for this process alone.
  init() {
    let isOurs = Self.variable("LISTEN_PID").flatMap { Int32($0) } == getpid()
    let count = isOurs ? Self.variable("LISTEN_FDS").flatMap { Int32($0) } ?? 0 : 0
    let names = (Self.variable("LISTEN_FDNAMES") ?? "")
      .split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    passed = (0..<max(min(count, 4096), 0)).map { index in
      // Files begin at 3.
      sluice_set_nonblocking(3 + index)
      return Passed(file: 3 + index, name: Int(index) < names.count ? names[Int(index)] : "")
    }
    socket = Self.variable("NOTIFY_SOCKET")
    let isWatched =
      Self.variable("WATCHDOG_PID").flatMap { Int32($0) }.map { $0 == getpid() } ?? true
    let interval = Self.variable("WATCHDOG_USEC").flatMap { Int64($0) }
    watchdog = isWatched ? interval.flatMap { $0 > 0 ? $0 : nil } : nil
    for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "WATCHDOG_PID", "WATCHDOG_USEC"] {
      unsafe unsetenv(name)
    }
  }

  private static func variable(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }

  /// Says lines of `NAME=VALUE`, with a file or without.
  func say(_ lines: [String], file: Int32 = -1) {
    guard let socket else { return }
    let bytes = Array(lines.joined(separator: "\n").utf8)
    let failure = unsafe bytes.withUnsafeBytes {
      unsafe sluice_send_to(socket, $0.baseAddress!, $0.count, file)
    }
    if failure != 0 {
      Log.say(.warning, "the manager was not told '\(lines[0])': \(errorText(failure))")
    }
  }

  /// Begins a reload, of which ``ready(_:)`` is the end.
  func reloading() {
    say(["RELOADING=1", "MONOTONIC_USEC=\(sluice_nanoseconds(false) / 1000)"])
  }

  func ready(_ status: String) { say(["READY=1", "STATUS=\(status)"]) }

  /// Hands a file over to be kept beyond the process, in the place of others of that name.
  func keep(_ file: Int32, name: String) {
    say(["FDSTORE=1", "FDNAME=\(name)", "FDPOLL=0"], file: file)
  }

  func letGo(name: String) { say(["FDSTOREREMOVE=1", "FDNAME=\(name)"]) }
}
