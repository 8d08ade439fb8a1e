import SluiceNetwork

/// The header of a `.npy` file: the Python dictionary literal that NumPy writes, and no other.
package struct NPYHeader {
  /// How a file begins, before its version: \x93NUMPY.
  package static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]
  /// Bytes of a dictionary, at most.
  package static let limit = 1 << 16

  let file: String
  let bytes: [UInt8]
  /// `f2`, `f4`, `f8`, `i4` or `i8`.
  package private(set) var type = ""
  package private(set) var shape: [Int] = []
  private var position = 0

  /// The header whose dictionary `bytes` are.
  package init(file: String, parsing bytes: [UInt8]) throws(ConversionError) {
    self.file = file
    self.bytes = bytes
    try parse()
  }

  /// Bytes of an element.
  package var elementSize: Int { type.hasSuffix("2") ? 2 : type.hasSuffix("4") ? 4 : 8 }
  /// Whether the elements are integers.
  package var isInteger: Bool { type.hasPrefix("i") }

  private func malformed(_ reason: String) -> ConversionError {
    .malformed(file, "byte \(position) of the header", reason)
  }

  private mutating func parse() throws(ConversionError) {
    var found: Set<String> = []
    try take("{")
    while !accepts("}") {
      let key = try string()
      guard found.insert(key).inserted else { throw malformed("the key '\(key)' stands twice") }
      try take(":")
      switch key {
      case "descr": try descr()
      case "fortran_order":
        guard !accepts("True") else {
          throw .unsupported(
            file, "fortran_order",
            "an array in Fortran order; save numpy.ascontiguousarray(x)")
        }
        try take("False")
      case "shape": try tuple()
      default: throw malformed("the key '\(quotable(key))' is unknown")
      }
      if !accepts(",") {
        try take("}")
        break
      }
    }
    skipSpace()
    guard position == bytes.count else { throw malformed("bytes after the dictionary") }
    guard found.count == 3 else { throw malformed("expected descr, fortran_order and shape") }
  }

  private mutating func descr() throws(ConversionError) {
    let text = try string()
    guard ["<f2", "<f4", "<f8", "<i4", "<i8"].contains(text) else {
      throw .unsupported(
        file, "descr",
        "the type '\(quotable(text))'; expected '<f2', '<f4', '<f8', '<i4' or '<i8'")
    }
    type = String(text.dropFirst())
  }

  private mutating func tuple() throws(ConversionError) {
    try take("(")
    while !accepts(")") {
      skipSpace()
      let start = position
      while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
      let digits = String(decoding: bytes[start..<position], as: UTF8.self)
      guard digits.utf8.count <= 20, let size = Int(digits) else {
        throw malformed("expected a size")
      }
      guard shape.count < 32 else { throw malformed("more than 32 axes") }
      shape.append(size)
      if !accepts(",") {
        try take(")")
        break
      }
    }
  }

  private mutating func string() throws(ConversionError) -> String {
    try take("'")
    let start = position
    while position < bytes.count, bytes[position] != UInt8(ascii: "'") { position += 1 }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    try take("'")
    return text
  }

  private mutating func skipSpace() {
    while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x0A {
      position += 1
    }
  }

  /// Whether `text` is next after white space; it is read if so.
  private mutating func accepts(_ text: String) -> Bool {
    skipSpace()
    guard bytes[position...].starts(with: text.utf8) else { return false }
    position += text.utf8.count
    return true
  }

  private mutating func take(_ text: String) throws(ConversionError) {
    guard accepts(text) else { throw malformed("expected \(text)") }
  }
}
