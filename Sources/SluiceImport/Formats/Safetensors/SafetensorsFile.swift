import SluiceNetwork

/// A safetensors file whose header has been checked in full; tensors are read on demand.
package struct SafetensorsFile {
  /// The element types that are known, with their size in bytes.
  static let types = [
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8,
    "U32": 4, "U16": 2, "U8": 1, "BOOL": 1,
  ]
  /// A longer header is refused, as by the format's own reader.
  static let maximumHeaderLength = 100_000_000

  /// One tensor: where it lies, not what it holds.
  package struct Entry {
    let type: String
    let shape: [Int]
    /// Its bytes, from the start of the file.
    let range: Range<Int>
    /// As many elements as `shape` says.
    let count: Int
  }

  let source: SourceBytes
  package let tensors: [Name: Entry]
  let metadata: [Name: String]

  package init(_ source: SourceBytes) throws(ConversionError) {
    self.source = source
    func malformed(_ reason: String) -> ConversionError {
      .malformed(source.file, "byte 0", reason)
    }
    guard source.count >= 8 else { throw malformed("\(source.count) bytes, expected at least 8") }
    let length = source.integer(at: 0, as: UInt64.self)
    guard length <= UInt64(Self.maximumHeaderLength) else {
      throw malformed("a header of \(length) bytes, above \(Self.maximumHeaderLength)")
    }
    guard length <= UInt64(source.count - 8) else {
      throw malformed("a header of \(length) bytes is beyond the file")
    }
    let end = 8 + Int(length)
    guard end > 8, source[8] == UInt8(ascii: "{") else {
      throw .malformed(source.file, "byte 8", "expected the header's opening brace")
    }
    let header = try JSONReader.parse(source, 8..<end)
    var tensors: [Name: Entry] = [:]
    var metadata: [Name: String] = [:]
    for (name, member) in try header.members() {
      if name == "__metadata__" {
        metadata = try Self.metadata(member)
      } else {
        tensors[Name(name)] = try Self.entry(member, data: end..<source.count)
      }
    }
    self.tensors = tensors
    self.metadata = metadata
    try checkCoverage(end..<source.count)
  }

  private static func metadata(_ node: JSONNode) throws(ConversionError) -> [Name: String] {
    var metadata: [Name: String] = [:]
    for (key, member) in try node.members() { metadata[Name(key)] = try member.string() }
    return metadata
  }

  private static func entry(
    _ node: JSONNode, data: Range<Int>
  ) throws(ConversionError) -> Entry {
    _ = try node.object(keys: ["dtype", "shape", "data_offsets"])
    let type = try node.member("dtype")
    let name = try type.string()
    guard let size = types[name] else {
      throw type.unsupported(
        "the type \(quotable(name)); expected weights as F32, F64, F16 or BF16: save them as one of "
          + "these (torch: tensor.float())")
    }
    let shapeNode = try node.member("shape")
    var shape: [Int] = []
    for size in try shapeNode.elements() { shape.append(try size.integer(in: 0...Int.max)) }
    guard shape.count <= 8 else { throw shapeNode.malformed("more than 8 axes") }
    let offsetsNode = try node.member("data_offsets")
    let offsets = try offsetsNode.elements()
    guard offsets.count == 2 else { throw offsetsNode.malformed("expected two offsets") }
    let begin = try offsets[0].integer(in: 0...data.count)
    let end = try offsets[1].integer(in: 0...data.count)
    guard begin <= end else { throw offsetsNode.malformed("the end lies before the beginning") }
    guard let count = elementCount(of: shape),
      case let (bytes, overflow) = count.multipliedReportingOverflow(by: size), !overflow,
      bytes == end - begin
    else {
      throw offsetsNode.malformed("\(end - begin) bytes do not match \(name) of shape \(shape)")
    }
    let range = data.lowerBound + begin..<data.lowerBound + end
    return Entry(type: name, shape: shape, range: range, count: count)
  }

  /// Every byte belongs to one tensor: nothing can hide between them, nothing is shared.
  private func checkCoverage(_ data: Range<Int>) throws(ConversionError) {
    var end = data.lowerBound
    let ordered = tensors.sorted {
      ($0.value.range.lowerBound, $0.value.range.upperBound, $0.key)
        < ($1.value.range.lowerBound, $1.value.range.upperBound, $1.key)
    }
    for (name, entry) in ordered {
      guard entry.range.lowerBound == end else {
        let what = entry.range.lowerBound < end ? "overlaps another tensor" : "follows a hole"
        throw .malformed(source.file, "tensor \(quotable(name))", "begins where it \(what)")
      }
      end = entry.range.upperBound
    }
    guard end == data.upperBound else {
      throw .malformed(source.file, "byte \(end)", "bytes that belong to no tensor")
    }
  }
}
