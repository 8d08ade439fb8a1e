import Foundation
import Testing

/// The model that ships with the tool.
@Suite struct RunTextTests {
  @Test(arguments: [
    ("I really enjoyed the movie", "positive"), ("a dull and lifeless mess", "negative"),
  ])
  func theVerdictIsRight(_ text: String, _ verdict: String) throws {
    let shown = try Tool.run("run", "--text", text)
    #expect(shown.status == 0, "\(shown.error)")
    #expect(shown.lines.count == 6, "five words and a verdict")
    #expect(shown.lines.last?.hasPrefix(verdict) == true)
    #expect(shown.output.contains(" ns (median)"))
    let json = try Tool.run("run", "--text", text, "--json").json
    #expect(json["text"] as? String == text)
    #expect(json["label"] as? String == verdict)
    let probability = try #require(json["probability"] as? Double)
    #expect((probability >= 0.5) == (verdict == "positive"))
    let tokens = try #require(json["tokens"] as? [[String: Any]])
    #expect(tokens.count == 5)
    for token in tokens {
      #expect(Set(token.keys) == ["token", "id", "known", "probability"])
      #expect(token["known"] as? Bool == true)
    }
    #expect(tokens.last?["probability"] as? Double == probability)
    #expect(try #require(json["nanosecondsPerStep"] as? Int) > 0)
  }

  @Test func unknownWordsAreMarked() throws {
    let shown = try Tool.run("run", "--text", "a xyzzyq film")
    #expect(shown.output.contains("xyzzyq (unknown)"))
    #expect(shown.output.contains("1 of 3 words unknown"))
    let tokens = try Tool.run("run", "--text", "a xyzzyq film", "--json").json["tokens"]
    let middle = try #require(tokens as? [[String: Any]])[1]
    #expect(middle["id"] as? Int == 0)
    #expect(middle["known"] as? Bool == false)
  }

  @Test(arguments: ["", "   ", "\t\n"]) func aTextWithoutWordsIsAnswered(_ text: String) throws {
    let shown = try Tool.run("run", "--text", text)
    #expect(shown.status == 0)
    #expect(shown.output.contains("holds no word"))
    let json = try Tool.run("run", "--text=\(text)", "--json").json
    #expect((json["tokens"] as? [Any])?.isEmpty == true)
    #expect(json["probability"] is NSNull)
  }

  @Test func sentencesComeLineByLine() throws {
    let input = Data("a great film\r\n\nan awful \u{1F3AC}film\n".utf8) + Data([0xFF, 0xFE, 0x0A])
    let shown = try Tool.run("run", "--text", "-", input: input)
    #expect(shown.status == 0)
    #expect(shown.lines.count == 4)
    let result = try Tool.run("run", "--text", "-", "--json", input: input)
    let answers = try result.lines.map { line in
      try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
    #expect(answers.count == 4)
    #expect(answers[0]["text"] as? String == "a great film")
    #expect(answers[0]["label"] as? String == "positive")
    #expect(answers[1]["label"] is NSNull)
    #expect(answers[2]["label"] as? String == "negative")
    // Each line starts anew: the same sentence gets the same answer wherever it stands.
    let alone = try Tool.run("run", "--text", "a great film", "--json").json
    #expect(alone["probability"] as? Double == answers[0]["probability"] as? Double)
    #expect(try Tool.run("run", "--text", "-").output.isEmpty)
  }

  @Test func outputsWithoutLabelsAreCounted() throws {
    let decoder = "tools/gallery/translation-decoder.sluice"
    let shown = try Tool.run("run", decoder, "--text", "abc")
    #expect(shown.output.contains("the greatest of 30 outputs "), "\(shown.output)")
  }

  @Test func aModelWithoutAVocabularyReadsNoText() throws {
    let scratch = try Scratch()
    let blob = try scratch.blob(of: "torch_gru_stacked")
    let result = try Tool.run("run", blob, "--text", "a film")
    #expect(result.status == 3)
    #expect(result.error.contains("\(blob): has no vocabulary"))
  }

  @Test func theReadmesExampleRunsAsItStands() throws {
    let readme = try String(
      contentsOf: Tool.root.appendingPathComponent("README.md"), encoding: .utf8)
    let example = try String(
      contentsOf: Tool.root.appendingPathComponent("Tests/ReadmeExample/main.swift"),
      encoding: .utf8)
    #expect(readme.contains("```swift\n\(example)```"), "the block is that file, whole")
    let result = try Tool.run(Tool.products.appendingPathComponent("ReadmeExample").path, [])
    #expect(result.status == 0, "\(result.error)")
    #expect(result.lines.map { $0.split(separator: " ")[0] } == ["a", "truly", "moving", "film"])
  }
}
