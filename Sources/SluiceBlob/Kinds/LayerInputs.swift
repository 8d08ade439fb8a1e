/// The layers that a layer reads, by their indices; empty stands for the layer just before.
public struct LayerInputs: Sendable {
  /// The most inputs that a record can list.
  @inlinable public static var capacity: Int { 11 }
  /// The index that stands for the model's input.
  @inlinable public static var modelInput: Int { -1 }

  /// How many are listed.
  public private(set) var count = 0
  private var indices = InlineArray<11, Int32>(repeating: 0)

  /// No list: the layer just before, of the first layer the model's input.
  public init() {}

  /// The given indices.
  ///
  /// - Precondition: there are at most ``capacity``, each -1 or a layer's.
  public init(_ indices: some Sequence<Int>) {
    for index in indices { append(index) }
  }

  /// The index at `position`, ``modelInput`` for the model's input.
  ///
  /// - Precondition: `position` is at least 0 and less than ``count``.
  public subscript(position: Int) -> Int {
    precondition(position >= 0 && position < count, "No such input")
    return Int(indices[position])
  }

  /// Lists one more.
  ///
  /// - Precondition: there are fewer than ``capacity``, and `index` is -1 or a layer's.
  public mutating func append(_ index: Int) {
    precondition(count < LayerInputs.capacity, "Too many inputs")
    indices[count] = Int32(index)
    count += 1
  }
}

extension LayerInputs: Hashable {
  /// Whether both list the same.
  public static func == (a: LayerInputs, b: LayerInputs) -> Bool {
    guard a.count == b.count else { return false }
    for position in 0..<a.count where a[position] != b[position] { return false }
    return true
  }

  /// Hashes what is listed.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(count)
    for position in 0..<count { hasher.combine(self[position]) }
  }
}
