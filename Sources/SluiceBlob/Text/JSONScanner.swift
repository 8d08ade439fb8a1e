/// Checks that text, known to be UTF-8, is one JSON object (RFC 8259), without building anything.
///
/// What lies open is kept as one bit a level, object or array: no recursion, no memory.
struct JSONScanner {
  let file: BlobBytes
  let end: Int
  var at: Int
  /// A bit for each open level, the innermost lowest: 1 for an object.
  private var levels: UInt64 = 0
  private var depth = 0
  let notJSON: BlobError.Kind
  private let tooDeep: BlobError.Kind
  /// Whether an escaped surrogate must be half of a pair.
  let needsPairs: Bool

  init(
    file: BlobBytes, extent: Extent, notJSON: BlobError.Kind, tooDeep: BlobError.Kind,
    needsPairs: Bool = false
  ) {
    self.file = file
    at = extent.start
    end = extent.end
    self.notJSON = notJSON
    self.tooDeep = tooDeep
    self.needsPairs = needsPairs
  }

  /// Scans the whole text.
  ///
  /// - Throws: the two errors that it was given, at the first byte that cannot stand there.
  mutating func scanObject() throws(BlobError) {
    skipSpace()
    guard current == Character.openObject else { throw wrong }
    var expectsValue = true
    while true {
      if expectsValue {
        expectsValue = try scanValueStart()
      } else if depth == 0 {
        break
      } else {
        expectsValue = try scanAfterValue()
      }
    }
    skipSpace()
    if at != end { throw wrong }
  }

  /// Takes a scalar whole, or an opening bracket; returns whether a value must follow.
  private mutating func scanValueStart() throws(BlobError) -> Bool {
    skipSpace()
    switch current {
    case Character.openObject:
      try open(isObject: true)
      if current == Character.closeObject { return try close() }
      try scanKey()
      return true
    case Character.openArray:
      try open(isObject: false)
      if current == Character.closeArray { return try close() }
      return true
    case Character.quote: try scanString()
    case UInt8(ascii: "t"): try scanWord("true")
    case UInt8(ascii: "f"): try scanWord("false")
    case UInt8(ascii: "n"): try scanWord("null")
    default: try scanNumber()
    }
    return false
  }

  /// Takes a comma or a closing bracket; returns whether a value must follow.
  private mutating func scanAfterValue() throws(BlobError) -> Bool {
    skipSpace()
    let isObject = levels & 1 == 1
    if current == (isObject ? Character.closeObject : Character.closeArray) { return try close() }
    try take(UInt8(ascii: ","))
    if isObject {
      skipSpace()
      try scanKey()
    }
    return true
  }

  private mutating func scanKey() throws(BlobError) {
    try scanString()
    skipSpace()
    try take(UInt8(ascii: ":"))
  }

  private mutating func open(isObject: Bool) throws(BlobError) {
    if depth == BlobLimits.jsonDepth { throw BlobError(tooDeep, at: at) }
    depth += 1
    levels = levels << 1 | (isObject ? 1 : 0)
    at += 1
    skipSpace()
  }

  private mutating func close() throws(BlobError) -> Bool {
    depth -= 1
    levels >>= 1
    at += 1
    return false
  }
}
