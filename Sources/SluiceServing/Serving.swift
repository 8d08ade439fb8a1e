import Glibc
import _SluiceServing

/// The daemon.
public enum Serving {
  /// Serves until SIGTERM or SIGINT.
  ///
  /// - Parameter words: the command line without the program's name.
  /// - Returns: the exit status: 0 done, 1 failed, 2 unusable arguments, 3 a bad or unsupported file.
  public static func main(_ words: [String]) -> Int32 {
    if words.contains("--help") || words.contains("-h") {
      let text = Array((help + "\n").utf8)
      _ = unsafe text.withUnsafeBytes { unsafe write(1, $0.baseAddress, $0.count) }
      return 0
    }
    do throws(ServingError) {
      try Control(ServingSettings(words: words)).run()
      return 0
    } catch {
      Log.say(.error, error.message)
      return error.kind.rawValue
    }
  }

  /// What `--help` prints.
  public static let help: String = {
    let rows = ServingSettings.options.map { ("  \($0.name) \($0.value)", $0.help) }
    let width = rows.map(\.0.count).max() ?? 0
    return """
      Serves streams of models to local clients over a UNIX socket.

      Usage: sluiced [options] FILE.sluice|NAME=FILE.sluice...

      SIGHUP, or a new file in the place of a model's, reloads it; running streams are carried over.
      Under a service manager it takes sockets and states from it, and says when it is ready.

      Options:
      \(rows.map { $0.0 + String(repeating: " ", count: width + 2 - $0.0.count) + $0.1 }
        .joined(separator: "\n"))

      Example:
        sluiced --socket /run/user/1000/sluice --metrics /run/user/1000/sluice-metrics vad=silero.sluice
      """
  }()
}
