import SluiceNetwork

extension ONNXTensor {
  /// The tensor with its numbers.
  func tensor() throws(ConversionError) -> Tensor {
    if let refusal { throw refusal }
    // No axis beside one of size 0 may be longer than a file that holds as many bytes.
    guard !shape.contains(0) || shape.allSatisfy({ $0 <= max(source.count, 1 << 16) }) else {
      throw .malformed(source.file, place, "the shape \(shape), without elements, is too large")
    }
    return Tensor(shape: shape, elements: try elements())
  }

  /// The numbers: 16-bit floats as float32, booleans as integers.
  func elements() throws(ConversionError) -> Tensor.Elements {
    if let raw { return elements(raw) }
    var (integers, floats, doubles): ([Int64], [Float], [Double]) = ([], [], [])
    var reader = ProtobufReader(source, "TensorProto", range)
    while let field = try reader.next() {
      guard field.number == type.field else { continue }
      switch type {
      case .float: try reader.append(field, to: &floats)
      case .double: try reader.append(field, to: &doubles)
      default: try reader.append(field, to: &integers, limit: .max)
      }
    }
    switch type {
    case .float: return .float(floats)
    case .double: return .double(doubles)
    case .int32, .bool: return .int32(integers.map { Int32(truncatingIfNeeded: $0) })
    case .int64: return .int64(integers)
    case .float16: return .float(integers.map { float(half: UInt16(truncatingIfNeeded: $0)) })
    case .bfloat16: return .float(integers.map { float(brain: UInt16(truncatingIfNeeded: $0)) })
    }
  }

  private func elements(_ raw: Range<Int>) -> Tensor.Elements {
    switch type {
    case .float: .float(storage.map(raw, as: UInt32.self, Float.init(bitPattern:)))
    case .double: .double(storage.map(raw, as: UInt64.self, Double.init(bitPattern:)))
    case .int32: .int32(storage.map(raw, as: Int32.self) { $0 })
    case .int64: .int64(storage.map(raw, as: Int64.self) { $0 })
    case .bool: .int32(storage.map(raw, as: UInt8.self) { $0 == 0 ? 0 : 1 })
    case .float16: .float(storage.map(raw, as: UInt16.self, float(half:)))
    case .bfloat16: .float(storage.map(raw, as: UInt16.self, float(brain:)))
    }
  }
}

/// ONNX's `TensorProto` in a file of its own, as the ONNX backend tests hold inputs and outputs.
public enum TensorProtoFile {
  /// The tensor that the file at `path` holds, and its name; nil where the file is empty.
  ///
  /// An empty file stands for an optional input that is absent.
  public static func read(_ path: String) throws(ConversionError) -> (name: Name, Tensor)? {
    try read(SourceBytes(path: path))
  }

  package static func read(_ source: SourceBytes) throws(ConversionError) -> (name: Name, Tensor)? {
    guard source.count > 0 else { return nil }
    let proto = try ONNXTensor(source, 0..<source.count)
    return (proto.name, try proto.tensor())
  }
}
