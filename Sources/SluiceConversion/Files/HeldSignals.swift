import Foundation
import SluiceImport
import SluiceNetwork

/// Signals that wait, so that they do not end the process between two steps.
enum HeldSignals {
  static func during<Result>(
    _ body: () throws(ConversionError) -> Result
  ) throws(ConversionError) -> Result {
    var (all, before) = (sigset_t(), sigset_t())
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_BLOCK, &all, &before)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
    return try body()
  }
}

/// What goes before a signal ends this process: a program that it runs, and a folder with one file.
///
/// One at a time. What a signal calls may neither allocate nor lock: it reads these variables, which change
/// while signals are held, and calls what POSIX allows there.
enum SignalCleanup {
  private static let signals = [SIGHUP, SIGINT, SIGQUIT, SIGTERM]
  nonisolated(unsafe) private static var folder: UnsafeMutablePointer<CChar>?
  nonisolated(unsafe) private static var file: UnsafeMutablePointer<CChar>?
  nonisolated(unsafe) private static var before: [(signal: Int32, action: sigaction)] = []
  /// The leader of a group of processes, 0 for none.
  nonisolated(unsafe) static var program: pid_t = 0

  /// From here on a signal that would end the process removes `file` and `folder` first.
  ///
  /// Signals that are ignored, as under nohup, stay so.
  static func begin(_ folder: String, _ file: String) {
    precondition(unsafe Self.folder == nil, "one at a time")
    unsafe Self.folder = strdup(FileName.characters(of: folder))
    unsafe Self.file = strdup(FileName.characters(of: file))
    unsafe program = 0
    unsafe before = []
    for signal in signals {
      var (action, old) = (sigaction(), sigaction())
      unsafe sigaction(signal, nil, &old)
      guard unsafe unsafeBitCast(old.__sigaction_handler.sa_handler, to: Int.self) != 1 else {
        continue
      }
      unsafe action.__sigaction_handler.sa_handler = { SignalCleanup.end(by: $0) }
      unsafe sigfillset(&action.sa_mask)
      unsafe sigaction(signal, &action, nil)
      unsafe before.append((signal, old))
    }
  }

  /// Signals do what they did before; the folder is the caller's to remove.
  static func end() {
    for (signal, action) in unsafe before {
      var action = action
      unsafe sigaction(signal, &action, nil)
    }
    unsafe free(folder)
    unsafe free(file)
    unsafe (folder, file, before) = (nil, nil, [])
  }

  /// Ends the program, for which it has two seconds, removes what is there, and dies of the signal.
  private static func end(by signal: Int32) {
    if unsafe program > 0 { unsafe stop(program, within: 100) }
    if let file = unsafe file { unsafe unlink(file) }
    if let folder = unsafe folder { unsafe rmdir(folder) }
    Foundation.signal(signal, SIG_DFL)
    raise(signal)
  }

  /// Ends a group of processes, those that stay after as many turns of 20 ms by force.
  static func stop(_ leader: pid_t, within turns: Int) {
    kill(-leader, SIGTERM)
    var pause = timespec(tv_sec: 0, tv_nsec: 20_000_000)
    for _ in 0..<turns where waitpid(leader, nil, WNOHANG) == 0 {
      unsafe nanosleep(&pause, nil)
    }
    // Its children, and itself if it is still there.
    kill(-leader, SIGKILL)
    waitpid(leader, nil, 0)
  }
}
