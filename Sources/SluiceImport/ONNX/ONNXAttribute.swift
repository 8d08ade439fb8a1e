import SluiceNetwork

/// An attribute of a node.
struct ONNXAttribute {
  /// Its value, of the kinds that are understood.
  enum Value {
    case float(Float)
    case integer(Int64)
    case string(String)
    case tensor(ONNXTensor)
    case floats([Float])
    case integers([Int64])
    case strings([String])
    case graph(ONNXSubgraph)
    /// Graphs, a type or a sparse tensor: never descended into.
    case other
  }

  let name: Name
  let value: Value

  init(_ name: Name, _ value: Value) { (self.name, self.value) = (name, value) }

  init(_ reader: ProtobufReader, _ scope: ONNXSubgraph.Scope) throws(ConversionError) {
    var reader = reader
    var (name, type): (Name, Int64) = ("", 0)
    var found: (value: Value, type: Int64)?
    var (floats, integers, strings): ([Float], [Int64], [String]) = ([], [], [])
    while let field = try reader.next() {
      switch field.number {
      case 1: name = Name(try reader.string(field))
      case 2: found = (.float(try reader.float(field)), 1)
      case 3: found = (.integer(try reader.integer(field)), 2)
      case 4: found = (.string(try reader.string(field)), 3)
      case 5:
        found = (
          .tensor(try ONNXTensor(reader.source, reader.range(field), files: scope.files)), 4
        )
      case 7: try reader.append(field, to: &floats)
      case 8: try reader.append(field, to: &integers, limit: 1 << 16)
      case 9: strings.append(try reader.string(field))
      case 6: found = (.graph(try ONNXSubgraph(reader.submessage(field, "GraphProto"), scope)), 5)
      case 10, 11, 14, 15, 22, 23: found = (.other, 0)
      case 13: _ = try reader.string(field)
      case 20: type = try reader.integer(field)
      default: throw reader.unsupported(field)
      }
    }
    guard !name.isEmpty else { throw .malformed(reader.source.file, "attribute", "has no name") }
    self.name = name
    if !floats.isEmpty { found = (.floats(floats), 6) }
    if !integers.isEmpty { found = (.integers(integers), 7) }
    if !strings.isEmpty { found = (.strings(strings), 8) }
    if let found {
      guard type == 0 || found.type == 0 || type == found.type else {
        throw .malformed(
          reader.source.file, "attribute \(quotable(name))", "its value is not of its type")
      }
      value = found.value
    } else {
      // A value of 0 or an empty list need not stand in the file; its type does.
      switch type {
      case 1: value = .float(0)
      case 2: value = .integer(0)
      case 3: value = .string("")
      case 6: value = .floats([])
      case 7: value = .integers([])
      case 8: value = .strings([])
      default: value = .other
      }
    }
  }
}
