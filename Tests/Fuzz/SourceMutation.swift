import TestSupport

/// Changes to a safetensors file that keep its header's length right.
enum SafetensorsMutation {
  /// Changes the header or the data; nil where the file has no header that could be told.
  static func mutate(
    _ input: [UInt8], limit: Int, _ random: inout some RandomNumberGenerator
  ) -> [UInt8]? {
    guard input.count > 8, Int.random(in: 0..<16, using: &random) > 0 else { return nil }
    let length = input.load(8, at: 0)
    guard length <= UInt64(input.count - 8) else { return nil }
    var header = Array(input[8..<8 + Int(length)])
    var data = Array(input[(8 + Int(length))...])
    if Int.random(in: 0..<8, using: &random) == 0 {
      data = data.mutated(limit: max(limit - 8 - header.count, 1))
    } else {
      header = header.mutated(limit: max(limit - 8 - data.count, 1))
    }
    var file = [UInt8](repeating: 0, count: 8)
    file.store(UInt64(header.count), 8, at: 0)
    return file + header + data
  }
}

/// Changes to the tree of a protobuf message: all lengths around a change are made right.
enum ProtobufMutation {
  /// A field of a message, its value still as bytes.
  private struct Field {
    var number: UInt64
    var wireType: UInt64
    /// A varint, a fixed number, or bytes without their length.
    var value: [UInt8]
  }

  /// A changed copy; nil where the bytes are no message.
  static func mutate(
    _ input: [UInt8], limit: Int, _ random: inout some RandomNumberGenerator
  ) -> [UInt8]? {
    guard Int.random(in: 0..<16, using: &random) > 0, let fields = parse(input) else { return nil }
    return change(fields, depth: 0, limit: limit, &random)
  }

  /// The message after one change, in it or in a message within.
  private static func change(
    _ fields: [Field], depth: Int, limit: Int, _ random: inout some RandomNumberGenerator
  ) -> [UInt8] {
    var fields = fields
    guard let index = fields.indices.randomElement(using: &random) else { return [] }
    switch Int.random(in: 0..<10, using: &random) {
    case 0: fields.remove(at: index)
    case 1: fields.insert(fields[index], at: fields.indices.randomElement(using: &random)!)
    case 2: fields.swapAt(index, fields.indices.randomElement(using: &random)!)
    case 3: fields[index].value = fields.randomElement(using: &random)!.value
    case 4: fields[index].number = UInt64.random(in: 1..<24, using: &random)
    default:
      let field = fields[index]
      if field.wireType == 2, depth < 6, let inner = parse(field.value), !inner.isEmpty {
        fields[index].value = change(inner, depth: depth + 1, limit: limit, &random)
      } else if field.wireType == 0 {
        fields[index].value = varint(number(&random))
      } else {
        fields[index].value = field.value.mutated(limit: max(field.value.count, 16))
        let size = field.wireType == 1 ? 8 : 4
        if field.wireType != 2 {
          let padded = fields[index].value + [UInt8](repeating: 0, count: size)
          fields[index].value = Array(padded[..<size])
        }
      }
    }
    return fields.flatMap { field in
      varint(field.number << 3 | field.wireType)
        + (field.wireType == 2 ? varint(UInt64(field.value.count)) : []) + field.value
    }
  }

  private static func number(_ random: inout some RandomNumberGenerator) -> UInt64 {
    switch Int.random(in: 0..<4, using: &random) {
    case 0: UInt64.random(in: 0..<32, using: &random)
    case 1: 1 << UInt64.random(in: 0..<64, using: &random)
    case 2: 0 &- UInt64.random(in: 1..<4, using: &random)
    default: UInt64.random(in: 0..<1 << 20, using: &random)
    }
  }

  private static func parse(_ bytes: [UInt8]) -> [Field]? {
    var fields: [Field] = []
    var at = 0
    while at < bytes.count {
      guard let key = readVarint(bytes, &at), key >> 3 > 0, key >> 3 < 1 << 29 else { return nil }
      let start = at
      switch key & 7 {
      case 0: guard readVarint(bytes, &at) != nil else { return nil }
      case 1: at += 8
      case 5: at += 4
      case 2:
        guard let length = readVarint(bytes, &at), length <= UInt64(bytes.count - at) else {
          return nil
        }
        fields.append(
          Field(number: key >> 3, wireType: 2, value: Array(bytes[at..<at + Int(length)])))
        at += Int(length)
        continue
      default: return nil
      }
      guard at <= bytes.count else { return nil }
      fields.append(Field(number: key >> 3, wireType: key & 7, value: Array(bytes[start..<at])))
    }
    return fields
  }

  private static func readVarint(_ bytes: [UInt8], _ at: inout Int) -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) where at < bytes.count {
      value |= UInt64(bytes[at] & 0x7F) << shift
      at += 1
      if bytes[at - 1] < 0x80 { return value }
    }
    return nil
  }

  private static func varint(_ value: UInt64) -> [UInt8] {
    var (bytes, rest): ([UInt8], UInt64) = ([], value)
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }
}
