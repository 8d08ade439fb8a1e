/// Named tensors of a source without a graph, and which of them have been used.
struct TensorTable {
  let file: SafetensorsFile
  private(set) var unused: Set<String>

  init(_ file: SafetensorsFile) {
    self.file = file
    unused = Set(file.tensors.keys)
  }

  func has(_ name: String) -> Bool { file.tensors[name] != nil }

  /// The shape of `name`, of `rank` axes, each at least 1.
  func shape(_ name: String, rank: Int) throws(ConversionError) -> [Int] {
    guard let entry = file.tensors[name] else { throw error(name, "the tensor is missing") }
    guard entry.shape.count == rank, !entry.shape.contains(0) else {
      throw error(name, "has the shape \(entry.shape), expected \(rank) axes, none of them empty")
    }
    return entry.shape
  }

  /// The numbers of `name`, whose shape must be `shape`; `why` tells where the sizes come from.
  mutating func take(
    _ name: String, shape: [Int], why: String
  ) throws(ConversionError) -> [Float] {
    guard let entry = file.tensors[name] else { throw error(name, "the tensor is missing") }
    guard entry.shape == shape else {
      throw error(name, "has the shape \(entry.shape), expected \(shape): \(why)")
    }
    guard unused.remove(name) != nil else { throw error(name, "two layers use it") }
    return try file.floats(name, entry)
  }

  func error(_ name: String, _ reason: String) -> ConversionError {
    .malformed(file.source.file, "tensor \(quotable(name))", reason)
  }
}
