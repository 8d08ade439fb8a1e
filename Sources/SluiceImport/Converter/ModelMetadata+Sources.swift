import SluiceNetwork

/// What sources say of their models beside the numbers.
extension ModelMetadata {
  /// The key of an ONNX file's `metadata_props` or a safetensors file's `__metadata__` under which a whole object of
  /// metadata stands, as `--meta` gives one.
  static let property = "sluice.metadata"

  /// What a model of JSON says: NAM, AIDA-X, RTNeural, GuitarML. Nil for nothing.
  ///
  /// Only what is of the right type: a program's notes on a model are no reason to refuse it.
  package init?(ofJSON root: JSONNode) throws(ConversionError) {
    // AIDA-X has them within its notes.
    let places = [root, try root.optional("metadata")].compactMap { $0 }
    func value(_ keys: String...) -> JSONNode? {
      for place in places {
        for key in keys {
          if let node = try? place.optional(key), node.value != .null { return node }
        }
      }
      return nil
    }
    var members: [JSON.Member] = []
    for key in ["name", "license"] {
      if let text = try? value(key)?.string() { members.append((key, .string(text))) }
    }
    if let rate = value("sample_rate", "samplerate"), let json = Self.rate(rate) {
      members.append(("sample_rate", json))
    }
    let notes = ["author", "date", "metadata"].compactMap { key -> JSON.Member? in
      guard let node = try? root.optional(key), node.value != .null, let json = try? node.json()
      else { return nil }
      return (key, json)
    }
    try self.init(members, custom: notes, file: root.file)
  }

  /// Samples a second, a number or its text; nil of anything else.
  private static func rate(_ node: JSONNode) -> JSON? {
    if case .string(let text) = node.value {
      guard let number = Double(text), number.isFinite, number > 0 else { return nil }
      return Int(exactly: number).map { .integer($0) } ?? .double(number)
    }
    guard let number = try? node.double(), number > 0 else { return nil }
    return try? node.json()
  }

  /// What the properties of a file say; nil for nothing. Those that are the converter's own or the framework's word
  /// for itself are left out.
  init?(properties: [(name: String, value: String)], file: String) throws(ConversionError) {
    let own = properties.first { $0.name == Self.property }
    let notes = properties.filter { !$0.name.hasPrefix("sluice.") && $0.name != "format" }
      .map { (name: $0.name, value: JSON.string($0.value)) }
    let others = try Self([], custom: notes, file: file)
    guard let own else {
      guard let others else { return nil }
      self = others
      return
    }
    let stated = try Self(text: own.value, file: "\(file) \"\(Self.property)\"")
    self =
      try others.map { (others) throws(ConversionError) in try stated.merged(over: others) }
      ?? stated
  }

  /// Members and notes, these as far as a blob has room for them; nil where there are none.
  private init?(
    _ members: [JSON.Member], custom notes: [JSON.Member], file: String
  ) throws(ConversionError) {
    var seen: Set<[UInt8]> = []
    let notes = notes.filter { seen.insert(Array($0.name.utf8)).inserted }
    let all = notes.isEmpty ? members : members + [("custom", .object(notes))]
    guard !all.isEmpty else { return nil }
    let text = JSON.object(all).text
    // Half of what a blob carries is left to the author.
    let fits = text.utf8.count <= 1 << 15
    guard fits || !members.isEmpty else { return nil }
    try self.init(text: fits ? text : JSON.object(members).text, file: file)
  }
}
