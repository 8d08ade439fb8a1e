import SluiceNetwork

extension ONNXModel {
  /// A graph's input or output: `ValueInfoProto` down to its shape.
  static func value(_ reader: ProtobufReader) throws(ConversionError) -> Value {
    var reader = reader
    var value = Value(name: "")
    var type: Range<Int>?
    var name: Name = ""
    while let field = try reader.next() {
      switch field.number {
      case 1: name = Name(try reader.string(field))
      case 2: type = try reader.range(field)
      case 3: _ = try reader.string(field)
      case 4: _ = try reader.range(field)
      default: throw reader.unsupported(field)
      }
    }
    value = Value(name: name)
    if let type { try readType(ProtobufReader(reader.source, "TypeProto", type), into: &value) }
    return value
  }

  private static func readType(
    _ reader: ProtobufReader, into value: inout Value
  ) throws(ConversionError) {
    var reader = reader
    while let field = try reader.next() {
      if field.number == 6 { continue }
      guard field.number == 1 else {
        throw .unsupported(
          reader.source.file, "value \(quotable(value.name))", "a type that is no tensor")
      }
      var tensor = try reader.submessage(field, "TypeProto.Tensor")
      while let field = try tensor.next() {
        switch field.number {
        case 1: value.type = try tensor.integer(field)
        case 2: value.shape = try shape(tensor.submessage(field, "TensorShapeProto"))
        default: throw tensor.unsupported(field)
        }
      }
    }
  }

  private static func shape(_ reader: ProtobufReader) throws(ConversionError) -> [Int?] {
    var reader = reader
    var shape: [Int?] = []
    while let field = try reader.next() {
      guard field.number == 1 else { throw reader.unsupported(field) }
      guard shape.count < 8 else { throw reader.malformed(field.offset, "more than 8 axes") }
      var dimension = try reader.submessage(field, "Dimension")
      var size: Int?
      while let field = try dimension.next() {
        switch field.number {
        case 1:
          let value = try dimension.integer(field)
          guard value >= 0 else { throw dimension.malformed(field.offset, "a negative size") }
          size = Int(value)
        case 2, 3: _ = try dimension.string(field)
        default: throw dimension.unsupported(field)
        }
      }
      // A file that says 0 says nothing: no axis of a sequence is empty.
      shape.append(size == 0 ? nil : size)
    }
    return shape
  }
}
