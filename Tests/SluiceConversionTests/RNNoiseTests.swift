import Foundation
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

@Suite("RNNoise v0.1")
struct RNNoiseTests {
  static let weights = CaseFolder.data + "/rnnoise"
  private static let fixtures = CaseFolder.package.appendingPathComponent("Tests/Fixtures/Models")

  private func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: Self.fixtures.appendingPathComponent(name)))
  }

  private func convert(_ bytes: [UInt8], _ name: String = "m.rnn") throws -> ConvertedModel {
    try Converter.convert(SourceBytes(file: name, bytes))
  }

  private func refused(
    _ bytes: [UInt8], _ texts: String..., kind: ConversionError.Kind = .malformed
  ) -> Bool {
    refuses(kind, texts.joined()) { _ = try convert(bytes) }
  }

  @Test("The gains stand first, then the activity; the three files say what they are")
  func layout() throws {
    let model = try convert(try bytes("rnnoise_bytes/model.rnn"))
    #expect(model.network.inputSize == 7 && model.network.outputSize == 7)
    #expect(model.network.provenance.format == "RNNoise")
    let text = try bytes("rnnoise_text/model.rnnn")
    #expect(try convert(text, "m.txt").network.provenance.format == "RNNoise")
    let tensors = try convert(try bytes("rnnoise_safetensors/model.safetensors"), "m")
    #expect(tensors.inferred == RNNoiseModel.summary)
  }

  @Test("Every cut of the bytes is refused, and whatever follows them")
  func cut() throws {
    let whole = try bytes("rnnoise_bytes/model.rnn")
    for length in 0..<whole.count { #expect(refused(Array(whole[..<length]), "ends within")) }
    #expect(refused(whole + [0], "1 bytes behind"))
  }

  @Test("Sizes that do not fit together, and unknown activations")
  func sizes() throws {
    let whole = try bytes("rnnoise_bytes/model.rnn")
    // Where each layer begins: 3 bytes, then its weights.
    let starts = [0, 43, 166, 169 + 27 * (16 + 9 + 1)]
    for (index, start) in starts.enumerated() where index > 0 {
      for change: UInt8 in [1, 128, 255] {
        var wrong = whole
        wrong[start] ^= change
        #expect(refused(wrong, "as the layers before it tell"))
      }
    }
    for start in starts {
      var none = whole
      none[start + 1] = 0
      #expect(refused(none, "0 outputs"))
      var unknown = whole
      unknown[start + 2] = 3
      #expect(refused(unknown, "the activation 3", kind: .unsupported))
    }
  }

  @Test("The text: numbers out of range, no numbers, another version, cuts, what follows")
  func text() throws {
    let whole = String(decoding: try bytes("rnnoise_text/model.rnnn"), as: UTF8.self)
    let words = whole.split(separator: " ")
    func with(_ word: String, at index: Int) -> [UInt8] {
      var changed = words.map(String.init)
      changed[index] = word
      return Array(changed.joined(separator: " ").utf8)
    }
    for word in ["128", "-129", "1e2", "x", "99999999999999999999", "0x1", "1.0"] {
      #expect(refused(with(word, at: 20), "expected an integer of -128 to 127"), "\(word)")
    }
    #expect(refused(Array((whole + "1").utf8), "bytes behind"))
    #expect(refused(Array(words.dropLast().joined(separator: " ").utf8), "weights of vad_output"))
    let future = whole.replacingOccurrences(of: "version 1", with: "version 2")
    #expect(refused(Array(future.utf8), "the version 2", kind: .unsupported))
    #expect(try convert(Array((whole + "\n\n").utf8)).network.outputSize == 7)
  }

  @Test("Tensors: another scale, another type, and sizes that do not fit together")
  func tensors() throws {
    let whole = try bytes("rnnoise_safetensors/model.safetensors")
    /// The file with `text` in the place of as many bytes of the header.
    func with(_ text: String, for other: String) throws -> [UInt8] {
      let range = try #require(whole.firstRange(of: Array(other.utf8)))
      return Array(whole[..<range.lowerBound]) + Array(text.utf8)
        + Array(whole[range.upperBound...])
    }
    let scaled = try with("\"1/128\"", for: "\"1/256\"")
    #expect(refuses(.unsupported, "expected \"1/256\"") { _ = try convert(scaled, "m") })
    for (other, text, kind) in [
      ("\"I8\",\"shape\":[4,1]", "\"U8\",\"shape\":[4,1]", ConversionError.Kind.unsupported),
      ("[20,33]", "[33,20]", .malformed), ("[7,5]", "[5,7]", .malformed),
    ] {
      #expect(refuses(kind, "tensor") { _ = try convert(try with(text, for: other), "m") })
    }
  }

  @Test(
    "The original's gains and activity over 200 frames",
    .enabled(
      if: FileManager.default.fileExists(atPath: weights),
      "the folder of third-party data is absent"),
    arguments: ["weights.rnn", "weights_rnn_int8.safetensors"])
  func original(_ name: String) throws {
    let expected = try SafetensorsFile(
      SourceBytes(path: "\(Self.weights)/weights.rnn.oracle.safetensors"))
    func rows(_ name: String) throws -> [Float] {
      try expected.floats(name, try #require(expected.tensors[Name(name)]))
    }
    let network = try Converter.convert(source: "\(Self.weights)/\(name)").network
    let blob = try OpenBlob(network.blobContents(), file: name)
    let (frames, gains, activity) = (try rows("x"), try rows("gains"), try rows("vad"))
    #expect(network.inputSize == 42 && network.outputSize == 23 && gains.count == 200 * 22)
    var (worst, worstActivity): (Float, Float) = (0, 0)
    for t in 0..<200 {
      let y = blob.step(.features(frames, size: 42), t)
      for band in 0..<22 { worst = max(worst, abs(y[band] - gains[t * 22 + band])) }
      worstActivity = max(worstActivity, abs(y[22] - activity[t]))
    }
    #expect(worst <= 1e-4 && worstActivity <= 1e-4, "\(worst), \(worstActivity)")
  }

  @Test("A line of the text with too many or too few numbers is named, with how many there are")
  func lines() throws {
    let text = String(decoding: try bytes("rnnoise_text/model.rnnn"), as: UTF8.self)
    let lines = text.split(separator: "\n").map(String.init)
    // The header, three lines of the dense layer, four of each GRU.
    let names = [
      2: "input weights of input_dense", 3: "bias of input_dense", 5: "input weights of vad_gru",
      6: "recurrent weights of vad_gru", 7: "bias of vad_gru", 11: "bias of noise_gru",
      18: "bias of denoise_output", 21: "bias of vad_output",
    ]
    for (index, name) in names {
      let words = lines[index].split(separator: " ")
      for count in [1, words.count - 1, words.count + 1, 2 * words.count, 3 * words.count]
      where count != words.count && count > 0 {
        var changed = lines
        changed[index] = (0..<count).map { String(words[$0 % words.count]) }.joined(separator: " ")
        let isDouble = name.contains("bias of") && name.contains("gru") && count == 2 * words.count
        #expect(
          refused(
            Array(changed.joined(separator: "\n").utf8),
            "the \(name) has \(count) numbers on its line; expected \(words.count)",
            kind: isDouble ? .unsupported : .malformed), "\(name), \(count)")
      }
    }
    // Elsewhere line breaks mean nothing.
    let words = lines.dropFirst().joined(separator: " ")
    #expect(try convert(Array("\(lines[0])\n\(words)".utf8)).network.outputSize == 7)
    #expect(refused(Array("\(lines[0])\n\(words) 1".utf8), "bytes behind"))
  }
}
