// Not synthesised beside the enumerations: an array is an allocation, and the reading half must
// compile where there are none. Raw values are those of the file, without holes.

extension LayerKind: CaseIterable {
  /// Every kind of the format.
  public static var allCases: [LayerKind] { cases(from: 1) }
}

extension Activation: CaseIterable {
  /// Every activation of the format.
  public static var allCases: [Activation] { cases(from: 0) }
}

extension StorageType: CaseIterable {
  /// Every storage type of the format.
  public static var allCases: [StorageType] { cases(from: 1) }
}

/// The values from one raw value on, up to the first that there is not.
private func cases<Value: RawRepresentable>(from first: UInt32) -> [Value]
where Value.RawValue == UInt32 {
  var cases: [Value] = []
  while let value = Value(rawValue: first + UInt32(cases.count)) { cases.append(value) }
  return cases
}
