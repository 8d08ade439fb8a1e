import Sluice

/// What was asked for on the command line.
struct Options {
  var filter: Regex<AnyRegexOutput>?
  var instructionSet: InstructionSet?
  var json: String?
  var html: String?
  /// Where to write the chosen rows' models, in place of measuring.
  var blobs: String?
  var core: Int?
  var seed: UInt64 = 1
  var isQuick = false
  var isCheck = false
  var huge = false
  var isList = false
  var isHelp = false

  /// How to use it.
  static let usage = """
    Measures every kernel against the limits of this machine and the targets.

        SluiceBench [--filter REGEX] [--isa baseline|avx2|avx512] [--core N] [--quick] [--huge]
                    [--json FILE|-] [--html FILE] [--seed N] [--check] [--list] [--blobs FOLDER]

      --filter   rows whose name matches, such as lstm/step or 64x64; --list prints the names
      --core     the core to stay on; else the one it starts on
      --quick    a tenth of the time, for a first look
      --huge     asks for pages of 2 MiB for the weights
      --json     every number, - for standard output (tables then go to standard error)
      --html     a page with plots and tables
      --check    exit status 1 if a row misses its target
      --blobs    measures nothing, but writes the rows' models for others to measure
    """

  /// - Throws: a sentence.
  init(_ arguments: some Sequence<String>) throws(Absence) {
    var rest = arguments.makeIterator()
    while let option = rest.next() {
      switch option {
      case "--quick": isQuick = true
      case "--check": isCheck = true
      case "--huge": huge = true
      case "--list": isList = true
      case "--help", "-h": isHelp = true
      case "--filter", "--isa", "--json", "--html", "--blobs", "--core", "--seed":
        guard let value = rest.next() else { throw Absence(description: "\(option): no value") }
        guard take(option, value) else {
          throw Absence(
            description:
              "\(option): '\(value)' is not a value of it; expected \(Self.values(of: option))")
        }
      default: throw Absence(description: "unknown option \(option); see --help")
      }
    }
  }

  /// What an option takes, for an error.
  private static func values(of option: String) -> String {
    switch option {
    case "--isa": InstructionSet.allCases.map(\.rawValue).joined(separator: ", ")
    case "--filter": "a regular expression"
    case "--core": "a number from 0 to 1023"
    default: "a number from 0 to 2^53"
    }
  }

  private mutating func take(_ option: String, _ value: String) -> Bool {
    switch option {
    case "--json": json = value
    case "--html": html = value
    case "--blobs": blobs = value
    case "--filter":
      filter = try? Regex(value)
      return filter != nil
    case "--isa":
      instructionSet = InstructionSet(rawValue: value)
      return instructionSet != nil
    case "--core":
      core = Int(value)
      return core.map { $0 >= 0 && $0 < 1024 } ?? false
    default:
      guard let number = UInt64(value), number < 1 << 53 else { return false }
      seed = number
    }
    return true
  }
}
