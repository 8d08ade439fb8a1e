/// What the daemon is told when it starts.
public struct ServingSettings: Sendable, Equatable {
  /// A model by the name that clients open it by.
  public struct NamedFile: Sendable, Equatable {
    /// Letters, digits, `.`, `_` and `-`, 63 at most.
    public let name: String
    /// The file, which a reload opens anew.
    public let path: String

    package init(name: String, path: String) {
      self.name = name
      self.path = path
    }
  }

  /// The models, at least one.
  public var models: [NamedFile] = []
  /// Where to listen for clients, `@name` for an abstract name; nil where the manager passes a socket.
  public var socket: String?
  /// Where to listen for those who read metrics.
  public var metrics: String?
  /// Streams of each model.
  public var streamCount = 256
  /// Connections of each thread.
  public var connectionCount = 256
  /// Threads of the data path.
  public var threadCount = 1
  /// Streams of a model that step together.
  public var batchSize = 32
  /// Of a thread's time, what streams with a period may take together.
  public var greatestLoad = 0.8
  /// Seconds that a stream with a name is kept while nobody has it open.
  public var retention = 300.0
  /// User ids that may connect; nil for the daemon's own and root.
  public var users: [UInt32]?
  /// Group ids whose users may connect too.
  public var groups: [UInt32] = []
  /// A file of SHA-256 sums of the models that may run, as `sha256sum` writes them.
  public var allowedSums: String?

  /// Nothing said.
  public init() {}
}

extension ServingSettings {
  /// An option of the command line.
  public struct Option: Sendable {
    /// With its dashes.
    public let name: String
    /// What stands for the value in a help.
    public let value: String
    /// What it does.
    public let help: String
    fileprivate let set: @Sendable (inout ServingSettings, String) throws(ServingError) -> Void
  }

  /// Every option.
  public static let options: [Option] = [
    Option(
      name: "--socket", value: "PATH", help: "where clients connect; @NAME for an abstract one"
    ) {
      (settings, text) throws(ServingError) in settings.socket = text
    },
    Option(name: "--metrics", value: "PATH", help: "where metrics are read, over HTTP") {
      (settings, text) throws(ServingError) in settings.metrics = text
    },
    Option(name: "--streams", value: "N", help: "streams of each model (256)") {
      (settings, text) throws(ServingError) in
      settings.streamCount = try count(text, 1...65536, "--streams")
    },
    Option(name: "--connections", value: "N", help: "connections of each thread (256)") {
      (settings, text) throws(ServingError) in
      settings.connectionCount = try count(text, 1...4096, "--connections")
    },
    Option(name: "--threads", value: "N", help: "threads that step streams (1)") {
      (settings, text) throws(ServingError) in
      settings.threadCount = try count(text, 1...256, "--threads")
    },
    Option(name: "--batch", value: "N", help: "streams that step together at most (32)") {
      (settings, text) throws(ServingError) in
      settings.batchSize = try count(text, 1...256, "--batch")
    },
    Option(
      name: "--load", value: "PERCENT",
      help: "of a thread's time, what streams with a period may take (80)"
    ) { (settings, text) throws(ServingError) in
      settings.greatestLoad = Double(try count(text, 1...100, "--load")) / 100
    },
    Option(
      name: "--retain", value: "SECONDS",
      help: "how long a named stream outlives its connection (300)"
    ) { (settings, text) throws(ServingError) in
      settings.retention = Double(try count(text, 0...31_536_000, "--retain"))
    },
    Option(
      name: "--allow-uid", value: "ID,...",
      help: "users that may connect (the daemon's own and root)"
    ) { (settings, text) throws(ServingError) in settings.users = try ids(text, "--allow-uid") },
    Option(name: "--allow-gid", value: "ID,...", help: "groups whose users may connect too") {
      (settings, text) throws(ServingError) in settings.groups = try ids(text, "--allow-gid")
    },
    Option(
      name: "--allow-hash", value: "FILE",
      help: "SHA-256 sums, as sha256sum prints them, of the models that may run"
    ) { (settings, text) throws(ServingError) in settings.allowedSums = text },
  ]

  /// What a command line says.
  ///
  /// - Parameter words: without the program's name.
  /// - Throws: `ServingError` of kind `usage`.
  public init(words: [String]) throws(ServingError) {
    self.init()
    var rest = words[...]
    var (seen, optionsEnded): (Set<String>, Bool) = ([], false)
    while let word = rest.popFirst() {
      guard !optionsEnded, word.hasPrefix("-"), word != "-" else {
        try add(word)
        continue
      }
      if word == "--" {
        optionsEnded = true
        continue
      }
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0])
      guard let option = Self.options.first(where: { $0.name == name }) else {
        throw ServingError(.usage, "unknown option '\(name)'; --help lists the options")
      }
      guard seen.insert(name).inserted else {
        throw ServingError(.usage, "the option '\(name)' stands twice")
      }
      guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst(), !value.isEmpty
      else { throw ServingError(.usage, "the option '\(name)' needs a value") }
      try option.set(&self, value)
    }
    guard !models.isEmpty else {
      throw ServingError(.usage, "expected a model: FILE.sluice, or NAME=FILE.sluice")
    }
    guard models.count * streamCount <= 1 << 20 else {
      throw ServingError(.usage, "more than 1,048,576 streams of all models; fewer '--streams'")
    }
  }

  /// `NAME=FILE`, or a file whose name without `.sluice` is the model's.
  private mutating func add(_ word: String) throws(ServingError) {
    let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    var (name, path) = (String(parts[0]), word)
    if parts.count == 2, !name.contains("/") {
      path = String(parts[1])
    } else {
      name = word.split(separator: "/").last.map(String.init) ?? ""
      if name.hasSuffix(".sluice") { name.removeLast(7) }
    }
    let isUsable = name.utf8.allSatisfy {
      (48...57).contains($0) || (65...90).contains($0 & 0xDF) || [45, 46, 95].contains($0)
    }
    guard isUsable, (1...63).contains(name.utf8.count), !path.isEmpty else {
      throw ServingError(
        .usage,
        "'\(word.printable)' gives no name of letters, digits, '.', '_' and '-', 63 at most: NAME=FILE"
      )
    }
    guard !models.contains(where: { $0.name == name }) else {
      throw ServingError(.usage, "two models are called '\(name)'; NAME=FILE gives another name")
    }
    guard models.count < 16 else { throw ServingError(.usage, "more than 16 models") }
    models.append(NamedFile(name: name, path: path))
  }

  private static func count(
    _ text: String, _ range: ClosedRange<Int>, _ option: String
  ) throws(ServingError) -> Int {
    guard let number = Int(text), range.contains(number) else {
      throw ServingError(
        .usage,
        "'\(text.printable)' after '\(option)' is no whole number from \(range.lowerBound) to "
          + "\(range.upperBound)")
    }
    return number
  }

  private static func ids(_ text: String, _ option: String) throws(ServingError) -> [UInt32] {
    var ids: [UInt32] = []
    for word in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let id = UInt32(word) else {
        throw ServingError(
          .usage, "'\(String(word).printable)' after '\(option)' is no number of a user or group")
      }
      ids.append(id)
    }
    return ids
  }
}
