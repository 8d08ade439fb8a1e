import SluiceConversion
import SluiceImport
import SluiceNetwork
import TestSupport
import Testing

@Suite("safetensors: hostile input S1-S12 and what is read")
struct SafetensorsTests {
  private typealias Builder = SafetensorsBuilder

  private func open(_ source: SourceBytes) throws { _ = try SafetensorsFile(source) }

  private func open(_ header: String, _ data: [UInt8] = []) throws {
    try open(Builder.file(header, data))
  }

  private func raw(_ length: UInt64, _ rest: [UInt8] = []) -> SourceBytes {
    SourceBytes(file: "model.safetensors", littleEndian(length) + rest)
  }

  private func tensor(_ shape: String, _ offsets: String, type: String = "F32") -> String {
    "{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":\(offsets)}"
  }

  @Test("S1: under eight bytes", arguments: 0..<8)
  func short(_ count: Int) {
    let bytes = [UInt8](repeating: 0, count: count)
    #expect(
      refuses(.malformed, "byte 0") { try open(SourceBytes(file: "a.safetensors", bytes)) })
  }

  @Test("S2: a header of 2^64-1 bytes")
  func hugeLength() {
    #expect(refuses(.malformed, "18446744073709551615") { try open(raw(.max)) })
  }

  @Test("S3: a header of more than 100 MB")
  func longHeader() {
    #expect(refuses(.malformed, "above 100000000") { try open(raw(100_000_001)) })
  }

  @Test("S4: a header beyond the file", arguments: [1, 3, 1000] as [UInt64])
  func headerBeyond(_ length: UInt64) {
    #expect(refuses(.malformed, "beyond the file") { try open(raw(length)) })
  }

  @Test("S5: not UTF-8, not JSON, not an object")
  func headerText() {
    #expect(refuses(.malformed, "byte 9") { try open(raw(4, Array("{\"".utf8) + [0xFF, 0x22])) })
    #expect(refuses(.malformed, "byte 9") { try open("{x}") })
    #expect(refuses(.malformed, "byte 8") { try open("[]") })
    #expect(refuses(.malformed, "byte 8") { try open(" {}") })
    #expect(refuses(.malformed, "byte 8") { try open("") })
  }

  @Test("S6: a key twice, on both levels")
  func duplicates() {
    let one = tensor("[1]", "[0,4]")
    #expect(
      refuses(.malformed, "stands twice") {
        try open("{\"a\":\(one),\"a\":\(one)}", [0, 0, 0, 0])
      })
    #expect(
      refuses(.malformed, "stands twice") {
        try open("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}")
      })
  }

  @Test(
    "S7: metadata that is not strings", arguments: ["{\"a\":1}", "{\"a\":{}}", "[]", "\"\""])
  func metadata(_ value: String) {
    #expect(
      refuses(.malformed, "$.__metadata__") { try open("{\"__metadata__\":\(value)}") })
  }

  @Test("S8: ends before beginnings, holes, overlaps, other bounds")
  func coverage() {
    let bytes = [UInt8](repeating: 0, count: 12)
    func two(_ a: String, _ b: String) -> String {
      "{\"a\":\(tensor("[1]", a)),\"b\":\(tensor("[1]", b))}"
    }
    #expect(refuses(.malformed, "before the beginning") { try open(two("[4,0]", "[4,8]"), bytes) })
    #expect(refuses(.malformed, "tensor b", "hole") { try open(two("[0,4]", "[8,12]"), bytes) })
    #expect(refuses(.malformed, "tensor b", "overlaps") { try open(two("[0,4]", "[2,6]"), bytes) })
    #expect(refuses(.malformed, "tensor b", "overlaps") { try open(two("[0,4]", "[0,4]"), bytes) })
    #expect(refuses(.malformed, "tensor a", "hole") { try open(two("[4,8]", "[8,12]"), bytes) })
    #expect(refuses(.malformed, "no tensor") { try open(two("[0,4]", "[4,8]"), bytes) })
    #expect(refuses(.malformed, "$.b.data_offsets[1]") { try open(two("[0,4]", "[4,16]"), bytes) })
  }

  @Test(
    "S9: a range that is not shape times type",
    arguments: [
      "[2]", "[]", "[0]", "[1,1,2]", "[4611686018427387905]", "[4294967296,4294967296]",
      "[4611686018427387904,4]", "[0,9223372036854775807,9223372036854775807]",
    ])
  func product(_ shape: String) {
    let data = [UInt8](repeating: 0, count: 12)
    #expect(
      refuses(.malformed, "$.a.data_offsets", "do not match") {
        try open("{\"a\":\(tensor(shape, "[0,12]"))}", data)
      })
  }

  @Test("S10: an unknown type", arguments: ["F4", "F8_E4M3", "F6_E2M3", "I4", "f32", ""])
  func type(_ type: String) {
    #expect(
      refuses(.unsupported, "$.a.dtype") {
        try open("{\"a\":\(tensor("[1]", "[0,4]", type: type))}", [0, 0, 0, 0])
      })
  }

  @Test("S11: negative, fractional and enormous numbers", arguments: ["-1", "0.5", "1e400", "1e3"])
  func offsets(_ number: String) {
    #expect(
      refuses(.malformed) {
        try open("{\"a\":\(tensor("[1]", "[\(number),4]"))}", [0, 0, 0, 0])
      })
    #expect(
      refuses(.malformed) {
        try open("{\"a\":\(tensor("[\(number)]", "[0,4]"))}", [0, 0, 0, 0])
      })
  }

  @Test("S12: entries without end that share one range")
  func aliases() {
    let one = tensor("[]", "[0,4]")
    let entries = (0..<200_000).map { "\"\($0)\":\(one)" }.joined(separator: ",")
    let text = "{\(entries)}"
    let passes = Pass.count {
      #expect(refuses(.malformed, "more than") { try open(text, [0, 0, 0, 0]) })
    }
    #expect(passes <= Pass.maximum * Double(text.utf8.count >> 20))
    let few = "{\"a\":\(one),\"b\":\(one)}"
    #expect(refuses(.malformed, "overlaps") { try open(few, [0, 0, 0, 0]) })
  }

  @Test("Truncation at every length")
  func truncation() {
    let bytes = Builder.lstmDense.source
    let all = bytes.array(0..<bytes.count)
    for count in all.indices {
      let cut = SourceBytes(file: "a.safetensors", Array(all[..<count]))
      #expect(refuses(.malformed) { _ = try Converter.convert(cut) })
    }
  }

  @Test("Every floating-point type is read as float32")
  func types() throws {
    let data: [UInt8] =
      littleEndian((1.5 as Double).bitPattern) + littleEndian((-2 as Float).bitPattern)
      + littleEndian(UInt16(0x3C00)) + littleEndian(UInt16(0xBF80)) + littleEndian(Int64(-7))
      + littleEndian(Int32(9))
    let header =
      "{\"a\":\(tensor("[1]", "[0,8]", type: "F64")),\"b\":\(tensor("[1]", "[8,12]")),"
      + "\"c\":\(tensor("[1]", "[12,14]", type: "F16")),"
      + "\"d\":\(tensor("[1]", "[14,16]", type: "BF16")),"
      + "\"e\":\(tensor("[1]", "[16,24]", type: "I64")),"
      + "\"f\":\(tensor("[1]", "[24,28]", type: "I32"))}"
    let file = try SafetensorsFile(Builder.file(header, data))
    for (name, expected) in [("a", 1.5), ("b", -2), ("c", 1), ("d", -1)] as [(String, Float)] {
      #expect(try file.floats(name, #require(file.tensors[Name(name)])) == [expected])
    }
    #expect(try file.integers("e", #require(file.tensors["e"])) == [-7])
    #expect(try file.integers("f", #require(file.tensors["f"])) == [9])
    #expect(
      refuses(.unsupported, "tensor e") {
        _ = try file.floats("e", #require(file.tensors["e"]))
      })
  }

  @Test("A weight that is not finite is named with its index", arguments: [Float.nan, .infinity])
  func notFinite(_ value: Float) {
    var builder = Builder.lstmDense
    builder.tensors[1].values[7] = value
    #expect(
      refuses(.malformed, "rnn.weight_hh_l0", "element 7") {
        _ = try Converter.convert(builder.source)
      })
  }

  @Test("Metadata of no strings is as good as none")
  func emptyMetadata() throws {
    let builder = SafetensorsBuilder.lstmDense
    let source = builder.source
    let length = Int(source[0]) | Int(source[1]) << 8
    let header = String(decoding: source.array(8..<8 + length), as: UTF8.self)
    let file = SafetensorsBuilder.file(
      #"{"__metadata__":{},"# + header.dropFirst(), source.array(8 + length..<source.count))
    let network = try Converter.convert(file).network
    #expect(try network.blobContents().layers.count == 2)
  }
}
