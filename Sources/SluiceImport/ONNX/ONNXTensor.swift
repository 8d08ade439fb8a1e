import SluiceNetwork

/// A `TensorProto` whose shape and storage have been checked; its numbers are read on demand.
struct ONNXTensor {
  /// Element types of ONNX, by the value of `data_type`.
  enum ElementType: Int64 {
    case float = 1
    case int32 = 6
    case int64 = 7
    case bool = 9
    case float16 = 10
    case double = 11
    case bfloat16 = 16

    /// Bytes of an element in `raw_data`.
    var size: Int {
      switch self {
      case .bool: 1
      case .float16, .bfloat16: 2
      case .float, .int32: 4
      case .int64, .double: 8
      }
    }

    /// The field of `TensorProto` in which elements lie one by one.
    var field: Int {
      switch self {
      case .float: 4
      case .int32, .bool, .float16, .bfloat16: 5
      case .int64: 7
      case .double: 10
      }
    }
  }

  let source: SourceBytes
  /// The whole message.
  let range: Range<Int>
  /// What few tensors have, apart: a file can hold thousands of tensors.
  private var exception: Exception?
  private(set) var name: Name = ""
  private(set) var shape: [Int] = []
  private(set) var type = ElementType.float
  /// The bytes of `raw_data`; nil where the numbers lie in the field of their type.
  private(set) var raw: Range<Int>?

  private final class Exception: Sendable {
    let storage: SourceBytes?
    let refusal: ConversionError?

    init(storage: SourceBytes? = nil, refusal: ConversionError? = nil) {
      self.storage = storage
      self.refusal = refusal
    }
  }

  /// Where ``raw`` lies: the file itself, or one beside it.
  var storage: SourceBytes { exception?.storage ?? source }
  /// Why its numbers cannot be read, which matters only to who reads them; nil where they can.
  var refusal: ConversionError? { exception?.refusal }

  /// What an error calls the tensor.
  var place: String { name.isEmpty ? "byte \(range.lowerBound)" : "tensor \(quotable(name))" }

  /// - Parameter files: the files beside this one in which numbers may lie; nil where none may.
  init(
    _ source: SourceBytes, _ range: Range<Int>, files: ExternalFiles? = nil
  ) throws(ConversionError) {
    self.source = source
    self.range = range
    var reader = ProtobufReader(source, "TensorProto", range)
    var dims: [Int64] = []
    var typeCode: Int64 = 0
    var typedFields: [ProtobufReader.Field] = []
    var external = ExternalData()
    var isText = false
    while let field = try reader.next() {
      switch field.number {
      case 1: try reader.append(field, to: &dims, limit: 8)
      case 2: typeCode = try reader.integer(field)
      case 4, 5, 7, 10, 11: typedFields.append(field)
      case 8: name = Name(try reader.string(field))
      case 9:
        guard raw == nil else { throw reader.malformed(field.offset, "raw_data stands twice") }
        raw = try reader.range(field)
      case 12: _ = try reader.string(field)
      case 6: isText = true
      case 13: try external.append(reader.submessage(field, "StringStringEntryProto"))
      case 14: external.isNamed = try reader.integer(field) != 0
      case 16: _ = try reader.range(field)
      default: throw reader.unsupported(field)
      }
    }
    shape = dims.map { Int($0) }
    guard let type = ElementType(rawValue: typeCode), !isText else {
      exception = Exception(
        refusal: .unsupported(
          source.file, place,
          "the element type \(typeCode)\(Self.typeNames[typeCode].map { " (\($0))" } ?? ""); "
            + "expected float, float16, bfloat16, double, int32, int64 or bool"
            + (Self.quantisedTypes.contains(typeCode)
              ? "; of a quantised model convert the float model that it was made from" : "")))
      return
    }
    self.type = type
    if external.isNamed || external.location != nil {
      guard raw == nil, typedFields.isEmpty else {
        throw .malformed(source.file, place, "external data beside numbers in the file")
      }
      let needed = try byteCount
      do throws(ConversionError) {
        let (storage, range) = try external.bytes(of: self, needed: needed, in: files)
        (exception, raw) = (Exception(storage: storage), range)
      } catch {
        exception = Exception(refusal: error)
        return
      }
    }
    try checkStorage(typedFields)
  }

  /// A `SparseTensorProto`, whose name is that of its values: nothing here reads one.
  init(sparse reader: ProtobufReader) throws(ConversionError) {
    source = reader.source
    var reader = reader
    var values: Range<Int>?
    var dims: [Int64] = []
    while let field = try reader.next() {
      switch field.number {
      case 1: values = try reader.range(field)
      case 2: _ = try reader.range(field)
      case 3: try reader.append(field, to: &dims, limit: 8)
      default: throw reader.unsupported(field)
      }
    }
    range = values ?? 0..<0
    var inner = ProtobufReader(source, "TensorProto", range)
    while let field = try inner.next() {
      if field.number == 8 { name = Name(try inner.string(field)) }
    }
    exception = Exception(
      refusal: .unsupported(
        source.file, place, "is sparse (sparse_initializer); write all of its numbers out"))
  }

  /// Types that ONNX has and that no weights here are, by `data_type`.
  private static let typeNames: [Int64: String] = [
    2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 8: "string", 12: "uint32", 13: "uint64",
    14: "complex64", 15: "complex128", 17: "float8e4m3fn", 18: "float8e4m3fnuz", 19: "float8e5m2",
    20: "float8e5m2fnuz", 21: "uint4", 22: "int4", 23: "float4e2m1", 24: "float8e8m0", 25: "uint2",
    26: "int2", 27: "float6e2m3", 28: "float6e3m2",
  ]
  private static let quantisedTypes = Set<Int64>(2...5).union(17...28)

  /// Bytes of the numbers in `raw_data`.
  private var byteCount: Int {
    get throws(ConversionError) {
      let count = elementCount(of: shape)?.multipliedReportingOverflow(by: type.size)
      guard let count, !count.overflow else {
        throw .malformed(source.file, place, "the shape \(shape) is negative or too large")
      }
      return count.partialValue
    }
  }

  /// The numbers lie in raw_data or in the one field of their type, never in both.
  private func checkStorage(_ typedFields: [ProtobufReader.Field]) throws(ConversionError) {
    let byteCount = try byteCount
    guard raw == nil || typedFields.isEmpty else {
      throw .malformed(source.file, place, "raw_data beside a field of typed data")
    }
    guard typedFields.allSatisfy({ $0.number == type.field }) else {
      throw .malformed(source.file, place, "numbers in a field of another type")
    }
    if let raw {
      guard byteCount == raw.count else {
        throw .malformed(
          source.file, place,
          "\(raw.count) bytes of \(exception == nil ? "raw_data" : "external data") do not match the shape \(shape)"
        )
      }
    } else {
      let reader = ProtobufReader(source, "TensorProto", range)
      var found = 0
      for field in typedFields { found += try reader.count(field, of: type) }
      guard found == byteCount / type.size else {
        throw .malformed(source.file, place, "\(found) numbers do not match the shape \(shape)")
      }
    }
  }
}
