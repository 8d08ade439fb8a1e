import Glibc
import SluiceServing

/// The daemon as a program of its own: `sluice serve` without the converter.
@main enum Sluiced {
  static func main() {
    let words = (1..<max(Int(CommandLine.argc), 1)).compactMap { index in
      unsafe CommandLine.unsafeArgv[index].map { unsafe String(cString: $0) }
    }
    exit(Serving.main(words))
  }
}
