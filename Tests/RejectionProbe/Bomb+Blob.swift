import SluiceBlob
import TestSupport

extension Bomb {
  /// Blobs whose fault lies as far behind as it can, their hash made right.
  static func blobs() throws -> [Bomb] {
    var random = SeededRandom(seed: 1)
    let rows = size / 32
    let table = SampleBlobs.contents(
      of: [.embedding(tokenCount: rows, outputSize: 8)], &random)
    var wrong = try table.bytes()
    let weights = wrong.count - 64 * 3 - 4
    for index in 0..<4 { wrong[weights + index] = 0xFF }
    var hash = try table.bytes()
    hash[hash.count - 1] ^= 1

    var words = SampleBlobs.contents(
      of: [.embedding(tokenCount: 1 << 16, outputSize: 1)], &random)
    words.vocabulary = (0..<1 << 16).map { "w\($0)" }
    let vocabulary = try words.bytes()

    let layers = [LayerRecord](repeating: .activation(.tanh, size: 1), count: 1024)
    var chain = SampleBlobs.contents(of: layers, &random)
    chain.provenance = repeated("[],", #"{"a":["#, "[]]}")
    let provenance = try chain.bytes()
    return [
      Bomb("last-weight.sluice", rehashed(wrong)),
      Bomb("hash.sluice", hash),
      Bomb("vocabulary.sluice", try damaged(vocabulary, from: .vocabulary)),
      Bomb("provenance.sluice", rehashed(provenance.dropLastBracket())),
      Bomb("zeros.sluice", [UInt8](repeating: 0, count: size)),
    ]
  }

  private static func rehashed(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    let hash = unsafe bytes.withUnsafeBytes { unsafe XXH64.hash(ofBlob: $0) }
    bytes.replaceSubrange(24..<32, with: littleEndian(hash))
    return bytes
  }

  /// The last byte of a section that is not zero, changed.
  private static func damaged(_ bytes: [UInt8], from id: SectionID) throws -> [UInt8] {
    var bytes = bytes
    let memory = AlignedBytes(bytes)
    guard let range = try memory.view().range(of: id) else { return bytes }
    let end = Int(range.offset + range.length)
    bytes[end - 1] = 0xFF
    return rehashed(bytes)
  }
}

extension [UInt8] {
  /// The bytes with the last closing bracket opened.
  fileprivate func dropLastBracket() -> [UInt8] {
    var copy = self
    if let index = copy.lastIndex(of: UInt8(ascii: "]")) { copy[index] = UInt8(ascii: "[") }
    return copy
  }
}
