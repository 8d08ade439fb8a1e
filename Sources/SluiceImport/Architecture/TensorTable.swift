import SluiceNetwork

/// Named tensors of a source without a graph, and which of them have been used.
package struct TensorTable {
  /// The file, for errors.
  let file: String
  /// The shape of each tensor, by its name.
  private(set) var shapes: [Name: [Int]]
  private(set) var unused: Set<Name>
  /// Those that no layer needs to use.
  private var optional: Set<Name> = []
  /// The place of a tensor in the file, for errors.
  private let place: @Sendable (String) -> String
  private let read: @Sendable (String) throws(ConversionError) -> [Float]
  /// The names in the file of tensors that have another here.
  private var fileNames: [Name: String] = [:]

  /// The tensors of a safetensors file, read on demand.
  package init(_ source: SafetensorsFile) {
    self.init(file: source.source.file, shapes: source.tensors.mapValues(\.shape)) {
      "tensor \(quotable($0))"
    } read: { name throws(ConversionError) in
      guard let entry = source.tensors[Name(name)] else { return [] }
      return try source.floats(name, entry)
    }
  }

  /// Tensors that are in memory.
  init(
    file: String, tensors: [Name: Tensor], place: @escaping @Sendable (String) -> String
  ) {
    self.init(file: file, shapes: tensors.mapValues(\.shape), place: place) {
      name throws(ConversionError) in tensors[Name(name)]?.floats ?? []
    }
  }

  /// Tensors that are read when they are taken.
  init(
    file: String, shapes: [Name: [Int]], place: @escaping @Sendable (String) -> String,
    read: @escaping @Sendable (String) throws(ConversionError) -> [Float]
  ) {
    self.file = file
    self.shapes = shapes
    self.place = place
    self.read = read
    unused = Set(shapes.keys)
  }

  func has(_ name: String) -> Bool { shapes[Name(name)] != nil }

  /// The shape of `name`, of `rank` axes, each at least 1.
  func shape(_ name: String, rank: Int) throws(ConversionError) -> [Int] {
    guard let shape = shapes[Name(name)] else { throw missing(name) }
    guard shape.count == rank, !shape.contains(0) else {
      throw error(name, "has the shape \(shape), expected \(rank) axes, none of them empty")
    }
    return shape
  }

  /// The numbers of `name`, whose shape must be `shape`; `why` tells where the sizes come from.
  mutating func take(
    _ name: String, shape: [Int], why: String
  ) throws(ConversionError) -> [Float] {
    guard let found = shapes[Name(name)] else { throw missing(name) }
    guard found == shape else {
      throw error(name, "has the shape \(found), expected \(shape): \(why)")
    }
    guard unused.remove(Name(name)) != nil else { throw error(name, "two layers use it") }
    return try read(fileNames[Name(name)] ?? name)
  }

  /// Gives a tensor another name; returns whether there is one, and the name is free.
  mutating func rename(_ inFile: String, to name: String) -> Bool {
    guard fileNames[Name(inFile)] == nil, shapes[Name(name)] == nil,
      let shape = shapes.removeValue(forKey: Name(inFile)), unused.remove(Name(inFile)) != nil
    else { return false }
    shapes[Name(name)] = shape
    unused.insert(Name(name))
    fileNames[Name(name)] = inFile
    if optional.remove(Name(inFile)) != nil { optional.insert(Name(name)) }
    return true
  }

  /// Takes note that no layer needs to use `name`.
  mutating func makeOptional(_ name: Name) { optional.insert(name) }

  /// Takes note that `name`, which need not be there, has no part in what is computed.
  mutating func ignore(_ name: String) { unused.remove(Name(name)) }

  /// Takes note that the tensors of this prefix that are left, if there are any, have no part in what is
  /// computed.
  mutating func ignore(startingWith prefix: String) {
    unused = unused.filter { !$0.text.utf8.starts(with: prefix.utf8) }
  }

  /// Throws where a tensor has not been used.
  func checkAllUsed() throws(ConversionError) {
    let left = unused.subtracting(optional)
    guard left.isEmpty else {
      throw .malformed(
        file, "tensors \(quotable(left.sorted()))",
        "left over: no layer of the architecture uses them")
    }
  }

  /// What to say of a tensor that is not there: which are, so that an architecture can name them.
  private func missing(_ name: String) -> ConversionError {
    error(name, "the tensor is missing; \(list)")
  }

  /// The same, of a name that stands at `node`.
  func missing(at node: JSONNode) -> ConversionError {
    node.malformed("no tensor has that name; \(list)")
  }

  /// The tensors that no layer has used, or else all of them, with their shapes.
  private var list: String {
    guard !shapes.isEmpty else { return "there is none" }
    let names = unused.isEmpty ? shapes.keys.sorted() : unused.sorted()
    let listed = names.prefix(32).map { "\(quotable($0)) \(shapes[$0] ?? [])" }
    let rest = names.count > 32 ? " and \(names.count - 32) more" : ""
    let which = unused.isEmpty ? "there are" : "not used yet are"
    return "\(which) \(listed.joined(separator: ", "))\(rest)"
  }

  func error(_ name: String, _ reason: String) -> ConversionError {
    .malformed(file, place(name), reason)
  }

  func unsupported(_ name: String, _ reason: String) -> ConversionError {
    .unsupported(file, place(name), reason)
  }
}
