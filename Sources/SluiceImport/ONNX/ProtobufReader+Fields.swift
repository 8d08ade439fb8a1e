import SluiceNetwork

extension ProtobufReader {
  private func wrong(_ field: Field, _ expected: String) -> ConversionError {
    malformed(field.offset, "the field \(field.number) is not \(expected)")
  }

  func integer(_ field: Field) throws(ConversionError) -> Int64 {
    guard case .varint(let value) = field.payload else { throw wrong(field, "an integer") }
    return Int64(bitPattern: value)
  }

  func float(_ field: Field) throws(ConversionError) -> Float {
    guard case .fixed32(let bits) = field.payload else { throw wrong(field, "a float") }
    return Float(bitPattern: bits)
  }

  func range(_ field: Field) throws(ConversionError) -> Range<Int> {
    guard case .bytes(let range) = field.payload else { throw wrong(field, "a message or bytes") }
    return range
  }

  func string(_ field: Field) throws(ConversionError) -> String {
    guard let text = source.text(try range(field)) else {
      throw malformed(field.offset, "text that is not UTF-8")
    }
    return text
  }

  /// A reader of the message that `field` holds.
  func submessage(_ field: Field, _ name: String) throws(ConversionError) -> ProtobufReader {
    ProtobufReader(source, name, try range(field))
  }

  /// Appends the integers of a repeated field, packed or one at a time, up to `limit` in all.
  ///
  /// A byte can be an integer: a limit keeps a short text from becoming eight times as long.
  func append(
    _ field: Field, to values: inout [Int64], limit: Int
  ) throws(ConversionError) {
    func add(_ value: Int64) throws(ConversionError) {
      guard values.count < limit else {
        throw malformed(field.offset, "more than \(limit) integers")
      }
      values.append(value)
    }
    guard case .bytes(let range) = field.payload else { return try add(try integer(field)) }
    var packed = ProtobufReader(source, message, range)
    while !packed.isAtEnd { try add(Int64(bitPattern: try packed.varint())) }
  }

  /// How many numbers of `type` a field of typed data holds, without a copy of them.
  func count(_ field: Field, of type: ONNXTensor.ElementType) throws(ConversionError) -> Int {
    switch (field.payload, type) {
    case (.bytes(let range), .float) where range.count % 4 == 0: return range.count / 4
    case (.bytes(let range), .double) where range.count % 8 == 0: return range.count / 8
    case (.fixed32, .float), (.fixed64, .double): return 1
    case (_, .float), (_, .double): throw wrong(field, "a whole number of numbers")
    case (.varint, _): return 1
    case (.bytes(let range), _):
      var packed = ProtobufReader(source, message, range)
      var count = 0
      while !packed.isAtEnd {
        _ = try packed.varint()
        count += 1
      }
      return count
    default: throw wrong(field, "integers")
    }
  }

  /// Appends the floats of a repeated field, packed or one at a time.
  func append(_ field: Field, to values: inout [Float]) throws(ConversionError) {
    guard case .bytes(let range) = field.payload else {
      values.append(try float(field))
      return
    }
    guard range.count % 4 == 0 else { throw wrong(field, "a whole number of floats") }
    values += source.map(range, as: UInt32.self, Float.init(bitPattern:))
  }

  /// Appends the doubles of a repeated field, packed or one at a time.
  func append(_ field: Field, to values: inout [Double]) throws(ConversionError) {
    switch field.payload {
    case .fixed64(let bits): values.append(Double(bitPattern: bits))
    case .bytes(let range) where range.count % 8 == 0:
      values += source.map(range, as: UInt64.self, Double.init(bitPattern:))
    default: throw wrong(field, "a whole number of doubles")
    }
  }
}
