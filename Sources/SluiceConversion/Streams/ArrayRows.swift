import SluiceImport
import SluiceNetwork

/// The rows of a `.npy` file as they come: of `[T, columns]` or `[B, T, columns]`, or of ids `[T]` or
/// `[B, T]`; types and versions as ``NPY`` reads them.
package struct ArrayRows: RowReader {
  package let columns: Int
  /// Steps of each sequence, T.
  package let steps: Int
  /// Sequences, B; nil where there is no such axis.
  package let batch: Int?
  package var file: String { bytes.file }
  package var isRowMissing: Bool { false }

  private let bytes: ByteStream
  private let header: NPYHeader
  /// Of an element: what it is, and its bytes.
  private let element: Element
  private let size: Int
  private let readsIDs: Bool
  private var count = 0

  private enum Element: String {
    case half = "f2"
    case float = "f4"
    case double = "f8"
    case int32 = "i4"
    case int64 = "i8"
  }

  /// Reads the header.
  ///
  /// - Parameters:
  ///   - inputSize: features of a row.
  ///   - readsIDs: whether a row is one id in place of features.
  /// - Throws: where shape or type are others.
  package init(
    _ bytes: ByteStream, inputSize: Int, readsIDs: Bool
  ) throws(ConversionError) {
    header = try Self.header(bytes)
    (self.bytes, self.readsIDs, columns) = (bytes, readsIDs, readsIDs ? 1 : inputSize)
    (element, size) = (Element(rawValue: header.type) ?? .int64, header.elementSize)
    let (shape, axes) = (header.shape, readsIDs ? 1 : 2)
    let hasRows =
      (axes...axes + 1).contains(shape.count) && (readsIDs || shape.last == inputSize)
      && !shape.contains(0) && elementCount(of: shape) != nil
    guard hasRows else {
      let rest = readsIDs ? "T]" : "T, \(inputSize)]"
      throw .malformed(bytes.file, "shape \(shape)", "expected [\(rest) or [B, \(rest)")
    }
    guard header.isInteger == readsIDs else {
      let expected = readsIDs ? "token ids, int32 or int64" : "float32 or float64"
      throw .malformed(bytes.file, "type", "expected \(expected)")
    }
    steps = shape[shape.count - axes]
    batch = shape.count > axes ? shape[0] : nil
  }

  package mutating func next(into row: inout [Double]) throws(ConversionError) -> Bool {
    guard count < steps * (batch ?? 1) else {
      guard try bytes.available(1) == 0 else {
        throw malformed("more data than the shape \(header.shape) says")
      }
      return false
    }
    let there = try bytes.available(columns * size)
    guard there >= columns * size else {
      throw malformed("the data end before the shape \(header.shape) does", behind: there)
    }
    for column in 0..<columns { row[column] = number(column * size) }
    bytes.take(columns * size)
    count += 1
    return true
  }

  package func place(column: Int?) -> String {
    guard !readsIDs else { return "element \(count - 1)" }
    let (sequence, step) = (count - 1).quotientAndRemainder(dividingBy: steps)
    return "row [\(batch == nil ? "" : "\(sequence), ")\(step)]"
      + (column.map { ", column \($0)" } ?? "")
  }

  private func malformed(_ reason: String, behind count: Int = 0) -> ConversionError {
    .malformed(file, "byte \(bytes.offset + count)", reason)
  }

  private func number(_ index: Int) -> Double {
    let value = (0..<size).reduce(UInt64(0)) {
      $0 | UInt64(bytes[index + $1]) << (8 * UInt64($1))
    }
    return switch element {
    case .half: Double(float(half: UInt16(truncatingIfNeeded: value)))
    case .float: Double(Float(bitPattern: UInt32(truncatingIfNeeded: value)))
    case .double: Double(bitPattern: value)
    case .int32: Double(Int32(truncatingIfNeeded: value))
    case .int64: Double(Int64(bitPattern: value))
    }
  }

  private static func header(_ bytes: ByteStream) throws(ConversionError) -> NPYHeader {
    func malformed(_ at: Int, _ reason: String) -> ConversionError {
      .malformed(bytes.file, "byte \(at)", reason)
    }
    guard try bytes.available(10) >= 10,
      NPYHeader.magic.indices.allSatisfy({
        bytes[$0] == NPYHeader.magic[$0]
      })
    else { throw malformed(0, "expected the start of a .npy file") }
    guard bytes[6] == 1 || bytes[6] == 2, bytes[7] == 0 else {
      throw .unsupported(bytes.file, "byte 6", "version \(bytes[6]).\(bytes[7]) of .npy")
    }
    let start = bytes[6] == 1 ? 10 : 12
    guard try bytes.available(start) >= start else {
      throw malformed(8, "the file ends in its header")
    }
    let length = (8..<start).reduce(0) { $0 | Int(bytes[$1]) << (8 * ($1 - 8)) }
    guard length <= NPYHeader.limit, try bytes.available(start + length) >= start + length else {
      throw malformed(
        8, "a header of \(length) bytes is beyond the file or above \(NPYHeader.limit)")
    }
    let dictionary = (start..<start + length).map { bytes[$0] }
    bytes.take(start + length)
    return try NPYHeader(file: bytes.file, parsing: dictionary)
  }
}
