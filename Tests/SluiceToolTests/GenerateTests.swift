import Foundation
import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// `generate`: what follows a text.
@Suite struct GenerateTests {
  private static let letters = ["<unk>", " ", "a", "b", "c", "\n", "\u{E9}"]

  /// A blob of an embedding, a GRU and a dense layer of `function`, of random weights.
  private func blob(
    _ scratch: Scratch, words: [String] = letters, outputs: Int? = nil,
    _ function: Network.Function = .identity, mode: OutputMode = .sequence
  ) throws -> String {
    var random = SplitMix64(state: 3)
    func floats(_ count: Int) -> [Float] {
      (0..<count).map { _ in Float(random.next() >> 40) * 0x1p-23 - 1 }
    }
    let (count, size) = (words.count, 8)
    let layers: [Network.Operation] = [
      .embedding(.init(count: count, size: size, weights: floats(count * size))),
      .recurrent(
        .init(
          cell: .gru(.resetAfter), inputSize: size, hiddenSize: size,
          inputWeights: floats(3 * size * size), hiddenWeights: floats(3 * size * size))),
      .dense(
        .init(
          inputSize: size, outputSize: outputs ?? count,
          weights: floats((outputs ?? count) * size), bias: nil, activation: function)),
    ]
    let network = Network(
      layers: layers.enumerated().map { Network.Layer(name: "l\($0)", operation: $1) },
      output: mode, vocabulary: words,
      provenance: Provenance(source: "test", format: "test", hash: 0))
    let path = scratch.file("\(UUID().uuidString).sluice")
    try Data(try network.blobContents().bytes()).write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test("the same text for the same number, another for another; steps go on from the seed")
  func deterministic() throws {
    let scratch = try Scratch()
    let path = try blob(scratch)
    func text(_ words: String...) throws -> String {
      let result = try Tool.run(
        Tool.path, ["generate", path, "--seed", "ab", "--length", "60"] + words)
      #expect(result.status == 0, "\(result.error)")
      #expect(result.error.contains("60 tokens; a step took"))
      return result.output
    }
    let first = try text()
    #expect(first.hasPrefix("ab") && first.count > 50)
    #expect(try text("--random-seed", "1") == first)
    #expect(try text("--random-seed", "2") != first)
    #expect(try text("--temperature", "0") == text("--temperature", "0", "--random-seed", "9"))
    let short = try Tool.run("generate", path, "--seed", "ab", "--length", "20", "--quiet")
    #expect(short.error.isEmpty)
    #expect(first.hasPrefix(short.output.dropLast()), "shorter is the beginning of longer")
  }

  @Test("JSON: a line a token, with the probability that the outputs give it") func json() throws {
    let scratch = try Scratch()
    let path = try blob(scratch)
    let lines = try Tool.run(
      "generate", path, "--seed", "ca", "--length", "5", "--temperature", "1", "--json"
    ).jsonLines
    #expect(lines.count == 6)
    let tokens = lines.dropLast()
    let ids = try tokens.map { try #require($0["id"] as? Int) }
    #expect(!ids.contains(0), "the unknown one is never drawn")
    let drawn = try tokens.map { try #require($0["token"] as? String) }
    #expect(drawn == ids.map { Self.letters[$0] })
    #expect(lines[5]["text"] as? String == "ca" + drawn.joined())
    // The same steps through run, and softmax without the unknown one.
    let (x, y) = (scratch.file("x.npy"), scratch.file("y.npy"))
    let all = [4, 2] + ids.map(Int64.init)
    try NPY.write(Tensor(shape: [all.count], elements: .int64(all)), to: x)
    #expect(try Tool.run("run", path, "--input", x, "-o", y).status == 0)
    let logits = try NPY.read(y).doubles
    for (index, token) in tokens.enumerated() {
      let row = logits[(index + 1) * 7 + 1..<(index + 2) * 7]
      let sum = row.reduce(0) { $0 + exp($1) }
      let probability = try #require(token["probability"] as? Double)
      #expect(abs(exp(logits[(index + 1) * 7 + ids[index]]) / sum - probability) < 1e-6)
    }
  }

  @Test("drawn as often as the scores say, whatever stands for them") func frequencies() throws {
    let probabilities: [Float] = [0, 0.5, 0.25, 0.125, 0.125]
    for (scores, outputs) in [
      (TokenSampler.Scores.probabilities, probabilities),
      (.logits, probabilities.map { log($0) + 3 }),
    ] {
      var sampler = TokenSampler(scores, temperature: 1, seed: 5)
      var counts = [Int](repeating: 0, count: 5)
      for _ in 0..<20_000 {
        if let drawn = sampler.next(outputs) { counts[drawn.token] += 1 }
      }
      for (count, probability) in zip(counts, probabilities) {
        // Five standard deviations.
        let p = Double(probability)
        #expect(abs(Double(count) - 20_000 * p) <= 5 * (20_000 * p * (1 - p)).squareRoot())
      }
    }
    var cold = TokenSampler(.logits, temperature: 0.5, seed: 5, excluding: [1])
    let next = cold.next([0, 9, 2, 1])
    let (token, probability) = try #require(next)
    let sum = exp(0.0) + exp(4.0) + exp(2.0)
    let halved: [Double] = [0, .infinity, 4, 2]
    #expect(abs(probability - exp(halved[token]) / sum) < 1e-12)
    var none = TokenSampler(.logits, temperature: 1, seed: 5)
    for outputs: [Float] in [[.nan, 1], [-.infinity, -.infinity]] {
      let next = none.next(outputs)
      #expect(next == nil)
    }
  }

  @Test("characters are tokens where a space is one; nothing is changed or left out") func pieces()
    throws
  {
    let scratch = try Scratch()
    let path = try blob(scratch)
    let json = try Tool.run("run", path, "--text", "a B\u{E9}\nx", "--json").json
    let tokens = try #require(json["tokens"] as? [[String: Any]])
    #expect(tokens.compactMap { $0["token"] as? String } == ["a", " ", "B", "\u{E9}", "\n", "x"])
    #expect(tokens.compactMap { $0["id"] as? Int } == [2, 1, 0, 6, 5, 0])
    let result = try Tool.run("generate", path, "--seed", "aB\u{E9}\u{65E5}", "--length", "1")
    #expect(result.error.contains("2 of 4 tokens of the seed unknown"), "\(result.error)")
  }

  @Test("words stand apart, marks do not") func words() throws {
    let scratch = try Scratch()
    let path = try blob(scratch, words: ["<unk>", "one", "two", ",", "three"])
    let lines = try Tool.run(
      "generate", path, "--seed", "one two", "--length", "30", "--temperature", "2", "--json"
    ).jsonLines
    let drawn = lines.dropLast().compactMap { $0["token"] as? String }
    #expect(drawn.contains(",") && drawn.contains { $0 != "," })
    let text = "one two" + drawn.map { $0 == "," ? "," : " \($0)" }.joined()
    #expect(lines.last?["text"] as? String == text)
  }

  @Test("a model without scores for its words is refused by name") func refused() throws {
    let scratch = try Scratch()
    let features = try scratch.blob(of: "torch_gru_stacked")
    for (path, reason) in [
      (features, "has no vocabulary"),
      (try blob(scratch, outputs: 3), "writes 3 numbers for a vocabulary of 7 words"),
      (try blob(scratch, .sigmoid), "ends in sigmoid"),
      (try blob(scratch, mode: .last), "reads whole sequences"),
    ] {
      let result = try Tool.run("generate", path, "--seed", "a")
      #expect(result.status == 3 && result.output.isEmpty)
      #expect(result.error.contains("\(path): \(reason)"), "\(result.error)")
      #expect(result.error.contains("train_characters.py"))
    }
    for function in [Network.Function.softmax, .logSoftmax] {
      let path = try blob(scratch, function)
      #expect(try Tool.run("generate", path, "--seed", "a", "--length", "3").status == 0)
    }
  }
}
