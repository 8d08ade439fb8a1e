import SluiceBlob

/// One token of a text.
public struct Token: Sendable, Hashable {
  /// The bytes of the text that it is made of.
  public let range: Range<Int>
  /// Its id in the vocabulary; ``Tokenizer/unknownID`` where it is not there.
  public let id: Int
  /// Whether the vocabulary has it.
  public let isKnown: Bool
}

/// Splits UTF-8 text into the tokens of a model's vocabulary, one after the other.
///
/// A word is a maximal run of ASCII letters, digits, apostrophes and bytes of 0x80 and above, looked
/// up with its ASCII letters in lower case. Every other byte above 0x20 but 0x7F is a token of its
/// own; what remains separates. Bytes, not characters: no table is needed, any bytes are a text, and
/// nothing is allocated.
///
/// A vocabulary that has a space for a word is one of pieces, as characters are: nothing separates and no letter
/// changes; the next token is the longest word that the text goes on with, or an unknown character.
public struct Tokenizer: Sendable {
  /// The id of every word that the vocabulary does not have.
  public static var unknownID: Int { 0 }
  /// The longest word that is looked up; a longer one is unknown.
  public static var longestWord: Int { 255 }

  private let blob: BlobView
  /// Where the next token is looked for: a byte of the text between two tokens.
  package var position = 0

  /// Whether tokens are pieces of the text, with nothing between them.
  package var isOfPieces: Bool { blob.hasPieces }

  /// A tokenizer at the start of a text.
  ///
  /// - Parameter blob: has the vocabulary; must stay mapped as long as the tokenizer is used.
  public init(_ blob: BlobView) {
    self.blob = blob
  }

  /// The next token of `text`, nil at its end.
  ///
  /// - Parameter text: the same bytes at every call.
  /// - Complexity: O(length of the token * log of the vocabulary).
  public mutating func next(in text: Span<UInt8>) -> Token? {
    if blob.hasPieces { return nextPiece(in: text) }
    // Every index is compared with the text's size right here: no check that could trap is left.
    var at = max(position, 0)
    while at < text.count, Tokenizer.separates(unsafe text[unchecked: at]) { at &+= 1 }
    position = at
    guard at < text.count else { return nil }
    let start = at
    at &+= 1
    if Tokenizer.isOfWord(unsafe text[unchecked: start]) {
      while at < text.count, Tokenizer.isOfWord(unsafe text[unchecked: at]) { at &+= 1 }
    }
    position = at
    let range = unsafe Range(uncheckedBounds: (start, at))
    let id = lookUp(range, in: text)
    return Token(range: range, id: id ?? Tokenizer.unknownID, isKnown: id != nil)
  }

  /// The next token where the words are pieces.
  private mutating func nextPiece(in text: Span<UInt8>) -> Token? {
    let start = max(position, 0)
    guard start < text.count else { return nil }
    let count = min(text.count &- start, Tokenizer.longestWord)
    let found = unsafe text.withUnsafeBytes { bytes -> (id: Int, count: Int)? in
      guard let base = bytes.baseAddress else { return nil }
      return unsafe blob.longestToken(
        in: UnsafeRawBufferPointer(start: base + start, count: count))
    }
    var end = start &+ (found?.count ?? 1)
    // An unknown character is its first byte of UTF-8 and those that continue it.
    while found == nil, end < text.count, unsafe text[unchecked: end] & 0xC0 == 0x80 { end &+= 1 }
    position = end
    return Token(
      range: unsafe Range(uncheckedBounds: (start, end)), id: found?.id ?? Tokenizer.unknownID,
      isKnown: found != nil)
  }

  /// The id of the word at `range`, which lies within the text.
  private func lookUp(_ range: Range<Int>, in text: Span<UInt8>) -> Int? {
    let count = range.upperBound &- range.lowerBound
    guard count <= Tokenizer.longestWord else { return nil }
    var word = InlineArray<255, UInt8>(repeating: 0)
    var index = 0
    while index < count {
      let byte = unsafe text[unchecked: range.lowerBound &+ index]
      unsafe word[unchecked: index] = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
      index &+= 1
    }
    return unsafe word.span.withUnsafeBytes { bytes in
      unsafe blob.tokenID(of: UnsafeRawBufferPointer(start: bytes.baseAddress, count: count))
    }
  }

  private static func separates(_ byte: UInt8) -> Bool { byte <= 0x20 || byte == 0x7F }

  private static func isOfWord(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x27, 0x80...: true
    default: false
    }
  }
}
