import Sluice
import SluiceBlob
import SluiceImport
import SluiceNetwork

/// What metadata of some bytes are, by the converter's reader and by the runtime's; the fuzzer's and the tests'.
enum MetadataCase {
  /// What the runtime looks up.
  private static let pointers = [
    "", "/sample_rate", "/hop", "/task", "/inputs/0/unit", "/custom/a~1b/1",
    "/calibrated_range/0/1",
  ]

  /// Reads the bytes in both ways; where the converter takes them, both must find the same.
  ///
  /// - Returns: what the converter refuses.
  static func run(_ bytes: [UInt8]) -> ConversionError? {
    for pointer in pointers { _ = number(pointer, in: bytes) }
    let text = String(decoding: bytes, as: UTF8.self)
    do throws(ConversionError) {
      let metadata = try ModelMetadata(text: text, file: "m.json")
      let root = try JSONReader.parse(file: "m.json", Array(text.utf8))
      for key in ["sample_rate", "hop", "context", "horizon", "longest_text"] {
        let expected = try root.optional(key)?.double()
        precondition(number("/\(key)", in: Array(text.utf8)) == expected, "\(key) is another")
      }
      let merged = try metadata.merged(over: ModelMetadata(text: #"{"hop": 3}"#, file: "n.json"))
      _ = try merged.applied(to: network)
    } catch { return error }
    return nil
  }

  private static let network = Network(
    layers: [.init(name: "a", operation: .activation(.tanh, size: 1))],
    provenance: Provenance(source: "", format: "", hash: 0))

  private static func number(_ pointer: String, in text: [UInt8]) -> Double? {
    unsafe text.withUnsafeBytes { text in
      unsafe Array(pointer.utf8).withUnsafeBytes { pointer -> Double? in
        guard let place = unsafe JSONPlace(text)?.value(at: pointer) else { return nil }
        if var string = place.string { while string.next() != nil {} }
        _ = place.count
        var elements = place.elements
        while elements.next() != nil {}
        return place.number
      }
    }
  }
}
