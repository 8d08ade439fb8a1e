import SluiceNetwork

/// NumPy's `.npy` files: float16 (read as float32), float32, float64, int32 and int64 in C order,
/// versions 1 and 2.
public enum NPY {
  /// The array that the file at `path` holds.
  ///
  /// - Throws: `ConversionError` naming the byte offset or the header's key.
  public static func read(_ path: String) throws(ConversionError) -> Tensor {
    try read(SourceBytes(path: path))
  }

  package static func read(_ source: SourceBytes) throws(ConversionError) -> Tensor {
    func malformed(_ offset: Int, _ reason: String) -> ConversionError {
      .malformed(source.file, "byte \(offset)", reason)
    }
    guard source.count >= 10, source.array(0..<6) == NPYHeader.magic else {
      throw malformed(0, "expected the start of a .npy file")
    }
    guard source[6] == 1 || source[6] == 2, source[7] == 0 else {
      throw .unsupported(source.file, "byte 6", "version \(source[6]).\(source[7]) of .npy")
    }
    let start = source[6] == 1 ? 10 : 12
    guard source.count >= start else { throw malformed(8, "the file ends in its header") }
    let length =
      source[6] == 1
      ? Int(source.integer(at: 8, as: UInt16.self)) : Int(source.integer(at: 8, as: UInt32.self))
    guard length <= source.count - start, length <= NPYHeader.limit else {
      throw malformed(8, "a header of \(length) bytes is beyond the file or above 65536")
    }
    let header = try NPYHeader(
      file: source.file, parsing: source.array(start..<start + length))
    let data = start + length..<source.count
    guard let count = elementCount(of: header.shape) else {
      throw .malformed(source.file, "shape", "the product of \(header.shape) is too large")
    }
    let (expected, overflow) = count.multipliedReportingOverflow(by: header.elementSize)
    guard !overflow, expected == data.count else {
      throw malformed(
        data.lowerBound, "\(data.count) bytes of data do not match the shape \(header.shape)")
    }
    let elements: Tensor.Elements =
      switch header.type {
      case "f2": .float(source.map(data, as: UInt16.self, float(half:)))
      case "f4": .float(source.map(data, as: UInt32.self, Float.init(bitPattern:)))
      case "f8": .double(source.map(data, as: UInt64.self, Double.init(bitPattern:)))
      case "i4": .int32(source.map(data, as: Int32.self) { $0 })
      default: .int64(source.map(data, as: Int64.self) { $0 })
      }
    return Tensor(shape: header.shape, elements: elements)
  }

  /// The bytes of a file that holds `tensor`.
  public static func bytes(of tensor: Tensor) -> [UInt8] {
    let (type, data): (String, [UInt8]) =
      switch tensor.elements {
      case .float(let values): ("<f4", bytes(ofFloats: values))
      case .double(let values): ("<f8", littleEndian(values.map(\.bitPattern)))
      case .int32(let values): ("<i4", littleEndian(values))
      case .int64(let values): ("<i8", littleEndian(values))
      }
    return bytes(type: "'\(type)'", shape: tensor.shape, data)
  }

  /// The bytes of a file whose elements are of the type that a Python expression describes.
  package static func bytes(type: String, shape: [Int], _ data: [UInt8]) -> [UInt8] {
    let sizes = shape.map { "\($0)," }.joined(separator: " ")
    var header = "{'descr': \(type), 'fortran_order': False, 'shape': (\(sizes)), }"
    // Version 2 has four bytes for the header's length.
    let isLong = header.utf8.count > Int(UInt16.max) - 64
    let start = isLong ? 12 : 10
    // NumPy aligns the data to 64 bytes, with a new line before it.
    let unpadded = start + header.utf8.count + 1
    header += String(repeating: " ", count: (64 - unpadded % 64) % 64) + "\n"
    let count = header.utf8.count
    let length = isLong ? littleEndian([UInt32(count)]) : littleEndian([UInt16(count)])
    return NPYHeader.magic + [isLong ? 2 : 1, 0] + length + Array(header.utf8) + data
  }

  /// The little-endian bytes of float32.
  package static func bytes(ofFloats values: [Float]) -> [UInt8] {
    littleEndian(values.map(\.bitPattern))
  }

  private static func littleEndian<T: FixedWidthInteger>(_ values: [T]) -> [UInt8] {
    let ordered = values.map(\.littleEndian)
    return unsafe ordered.withUnsafeBytes { unsafe [UInt8]($0) }
  }
}
