import Foundation
import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// `translate`: a decoder that starts from its encoder's state.
@Suite struct TranslateTests {
  private static let letters = ["<unk>", " ", "<end>", "<xx>", "<yy>", "a", "b", "c"]
  private static let gallery = Tool.root.appendingPathComponent("tools/gallery").path

  /// A blob of an embedding, a recurrent layer and, with `outputs`, a dense layer; of random weights.
  private func blob(
    _ scratch: Scratch, _ words: [String], cell: Network.Cell = .lstm, units: Int = 8,
    outputs: Int? = nil, seed: UInt64 = 3, metadata: String? = nil
  ) throws -> String {
    var random = SplitMix64(state: seed)
    func floats(_ count: Int) -> [Float] {
      (0..<count).map { _ in 2 * (Float(random.next() >> 40) * 0x1p-23 - 1) }
    }
    let (size, gates) = (4, cell.gateCount)
    var layers: [Network.Operation] = [
      .embedding(.init(count: words.count, size: size, weights: floats(words.count * size))),
      .recurrent(
        .init(
          cell: cell, inputSize: size, hiddenSize: units,
          inputWeights: floats(gates * units * size), hiddenWeights: floats(gates * units * units))),
    ]
    if let outputs {
      layers.append(
        .dense(
          .init(
            inputSize: units, outputSize: outputs, weights: floats(outputs * units), bias: nil,
            activation: .identity)))
    }
    var network = Network(
      layers: layers.enumerated().map { Network.Layer(name: "l\($0)", operation: $1) },
      output: .sequence, vocabulary: words,
      provenance: Provenance(source: "test", format: "test", hash: 0))
    if let metadata {
      network = try ModelMetadata(text: metadata, file: "m").applied(to: network)
    }
    let path = scratch.file("\(UUID().uuidString).sluice")
    try Data(try network.blobContents().bytes()).write(to: URL(fileURLWithPath: path))
    return path
  }

  private func decoder(
    _ scratch: Scratch, _ words: [String] = letters, cell: Network.Cell = .lstm, units: Int = 8,
    seed: UInt64 = 4, metadata: String? = nil
  ) throws -> String {
    try blob(
      scratch, words, cell: cell, units: units, outputs: words.count, seed: seed,
      metadata: metadata)
  }

  @Test("f32 weights write PyTorch's letters; int8 ones cost no more than one text of a hundred")
  func asPyTorch() throws {
    let scratch = try Scratch()
    let file = Tool.root.appendingPathComponent("Tests/Fixtures/Translation/translations.tsv")
    let rows = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
      $0.split(separator: "\t").map(String.init)
    }
    try #require(rows.count == 300 && rows.allSatisfy { $0.count == 3 })
    let input = Data((rows.map { $0[0] }.joined(separator: "\n") + "\n").utf8)
    var blobs: [String] = []
    for name in ["translation-encoder", "translation-decoder"] {
      blobs.append(scratch.file("\(name).sluice"))
      let converted = try Tool.run(
        "convert", "\(Self.gallery)/\(name).safetensors", "-o", blobs.last ?? "", "--measure",
        "none")
      try #require(converted.status == 0, "\(converted.error)")
    }
    let shipped = ["encoder", "decoder"].map { "\(Self.gallery)/translation-\($0).sluice" }
    for (index, language) in ["en", "de"].enumerated() {
      let wanted = rows.map { $0[index + 1] }
      for (files, most) in [(blobs, 0), (shipped, 3)] {
        let result = try Tool.run(
          Tool.path, ["translate"] + files + ["--to", language, "--text", "-"], input: input)
        #expect(result.status == 0, "\(result.error)")
        let lines = result.lines.map(String.init)
        try #require(lines.count == wanted.count)
        let others = zip(lines, wanted).filter { $0 != $1 }
        #expect(others.count <= most, "\(others)")
      }
    }
  }

  @Test("one command translates") func oneCommand() throws {
    let files = ["encoder", "decoder"].map { "\(Self.gallery)/translation-\($0).sluice" }
    for (language, words) in [
      ("de", "viertausendsiebenhundertelf"), ("en", "four thousand seven hundred and eleven"),
    ] {
      let result = try Tool.run(
        Tool.path, ["translate"] + files + ["--text", "4711", "--to", language])
      #expect(result.output == words + "\n")
      #expect(result.error.contains("read 4 tokens, wrote \(words.count); a step took"))
    }
  }

  @Test("each line is translated as if it were alone") func lines() throws {
    let files = ["encoder", "decoder"].map { "\(Self.gallery)/translation-\($0).sluice" }
    let texts = ["12", "345678", "12", "9 001"]
    let together = try Tool.run(
      Tool.path, ["translate"] + files + ["--to", "de", "--text", "-", "--json"],
      input: Data(texts.joined(separator: "\n").utf8)
    ).jsonLines
    #expect(together.compactMap { $0["text"] as? String } == texts)
    for (line, text) in zip(together, texts) {
      let alone = try Tool.run(
        Tool.path, ["translate"] + files + ["--to", "de", "--text", text, "--json"]
      ).json
      let words = try #require(line["translation"] as? String)
      #expect(words == alone["translation"] as? String && !words.isEmpty)
      #expect(line["read"] as? Int == text.count && line["written"] as? Int == words.count)
    }
  }

  @Test("what is no pair, and what the encoder does not know, is refused with what to do")
  func refused() throws {
    let scratch = try Scratch()
    let words = ["<unk>", " ", "a", "b"]
    let encoder = try blob(scratch, words)
    let features = try scratch.blob(of: "torch_gru_stacked")
    let good = try decoder(scratch)
    let named = try decoder(scratch, metadata: #"{"pair": "one"}"#)
    let short = try blob(scratch, words, metadata: #"{"pair": "one", "longest_text": 3}"#)
    for (files, more, status, reason) in [
      ([features, good], ["--text", "a"], 3, "has no vocabulary; expected an encoder"),
      ([encoder, features], ["--text", "a"], 3, "has no vocabulary"),
      ([encoder, encoder], ["--text", "a"], 3, "writes 8 numbers for a vocabulary of 4 words"),
      ([encoder, named], ["--text", "a"], 3, "name the pair \"one\", those of \(encoder) none"),
      (
        [encoder, try decoder(scratch, units: 12)], ["--text", "a", "--to", "xx"], 3,
        "has the recurrent layers [lstm of 12], the encoder \(encoder) [lstm of 8]"
      ),
      (
        [encoder, try decoder(scratch, cell: .gru(.resetAfter))], ["--text", "a", "--to", "xx"], 3,
        "has the recurrent layers [gru of 8]"
      ),
      (
        [encoder, try decoder(scratch, ["<unk>", " ", "<xx>", "a"])], ["--text", "a"], 3,
        "its vocabulary lacks <end>"
      ),
      (
        [encoder, try decoder(scratch, ["<unk>", " ", "<end>", "a"])], ["--text", "a"], 3,
        "lacks a mark of a language"
      ),
      ([encoder, good], ["--text", "a"], 2, "expected --to with one of xx, yy"),
      ([encoder, good], ["--text", "a", "--to", "zz"], 2, "no mark <zz>; expected --to with one"),
      (
        [encoder, good], ["--text", "abc", "--to", "xx"], 2,
        "the text: 'c' at byte 2 is not in the vocabulary of \(encoder), which reads ' ' 'a' 'b'"
      ),
      ([encoder, good], ["--text", "", "--to", "xx"], 2, "the text: holds no token"),
      ([encoder, good], ["--text", " ", "--to", "xx"], 2, "the text: holds no token"),
      (
        [short, named], ["--text", "abab", "--to", "xx"], 2,
        "4 tokens; \(short) was trained on texts of at most 3"
      ),
    ] as [([String], [String], Int32, String)] {
      let result = try Tool.run(Tool.path, ["translate"] + files + more)
      #expect(result.status == status && result.output.isEmpty, "\(result.error)")
      #expect(result.error.contains(reason), "\(result.error)")
      #expect(result.error.split(separator: "\n").count == 1)
    }
    let lines = try Tool.run(
      Tool.path, ["translate", encoder, good, "--text", "-", "--to", "xx"],
      input: Data("c\n".utf8))
    #expect(lines.status == 2 && lines.error.contains("line 1: 'c' at byte 0"))
  }

  @Test("a translation without an end is an error that tells how it begins") func endless() throws {
    let scratch = try Scratch()
    // An <end> that no state likes: random weights of which one seed at least writes on.
    let encoder = try blob(scratch, ["<unk>", " ", "a"])
    var seen = 0
    for seed in UInt64(1)...12 {
      let pair = [encoder, try decoder(scratch, seed: seed)]
      let result = try Tool.run(
        Tool.path, ["translate"] + pair + ["--text", "a", "--to", "yy", "--limit", "5"])
      #expect(!result.output.contains("<"), "marks are never written")
      guard result.status != 0 else { continue }
      seen += 1
      #expect(result.status == 1 && result.output.isEmpty)
      #expect(
        result.error.contains("the text: no <end> within 5 tokens, which begin \""),
        "\(result.error)")
    }
    #expect(seen > 0)
  }
}
