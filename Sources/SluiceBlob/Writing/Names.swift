// The names of the one table, for readers of texts; the writing half, for it has Strings.

extension LayerKind {
  /// The kind of this name, as JSON spells it: `layer_norm`.
  package init?(named name: String) {
    guard let kind = Self.allCases.first(where: { $0.name.utf8.elementsEqual(name.utf8) })
    else { return nil }
    self = kind
  }

  /// The name, as JSON spells it.
  package var name: String { traits.name.description }
}

extension Activation {
  /// The function of this name, as JSON spells it: `hard_sigmoid`.
  package init?(named name: String) {
    guard let activation = Self.allCases.first(where: { $0.name.utf8.elementsEqual(name.utf8) })
    else { return nil }
    self = activation
  }

  /// The function of this name in any spelling with the same letters and digits, in any case:
  /// `HardSigmoid`, `hardsigmoid`, `hard_sigmoid`.
  package init?(spelled name: String) {
    let wanted = Self.letters(name)
    guard let activation = Self.allCases.first(where: { Self.letters($0.name) == wanted })
    else { return nil }
    self = activation
  }

  /// The name, as JSON spells it.
  package var name: String { traits.name.description }

  private static func letters(_ name: String) -> [UInt8] {
    name.utf8.filter { $0 != UInt8(ascii: "_") }
      .map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
  }
}

extension StorageType {
  /// The type of this name: `int8`.
  package init?(named name: String) {
    guard let type = Self.allCases.first(where: { $0.name.utf8.elementsEqual(name.utf8) })
    else { return nil }
    self = type
  }

  /// The name, as command lines spell it.
  package var name: String { traits.name.description }
}
