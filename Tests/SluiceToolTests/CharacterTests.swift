import Foundation
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// The model of characters that ships, against PyTorch over the beginning of its test part.
@Suite struct CharacterTests {
  private static let fixtures = Tool.root.appendingPathComponent("Tests/Fixtures/Characters").path
  private static let resources = Tool.root.appendingPathComponent("tools/sluice/Resources").path

  /// The outputs of a blob behind every character of the text, `[T][characters]`, and the characters' ids.
  private func run(_ blob: String) throws -> (ids: [Int], outputs: [[Double]]) {
    let scratch = try Scratch()
    let text = try String(contentsOfFile: "\(Self.fixtures)/text.txt", encoding: .utf8)
    let json = try Tool.run("run", blob, "--text=\(text)", "--json").json
    let tokens = try #require(json["tokens"] as? [[String: Any]])
    let ids = try tokens.map { try #require($0["id"] as? Int) }
    #expect(ids.count == text.unicodeScalars.count && !ids.contains(0), "a token a character")
    let (x, y) = (scratch.file("x.npy"), scratch.file("y.npy"))
    try NPY.write(Tensor(shape: [ids.count], elements: .int64(ids.map(Int64.init))), to: x)
    try #require(try Tool.run("run", blob, "--input", x, "-o", y).status == 0)
    let outputs = try NPY.read(y)
    let values = outputs.doubles
    let size = outputs.shape[1]
    return (ids, ids.indices.map { Array(values[$0 * size..<($0 + 1) * size]) })
  }

  /// The binary logarithm of what softmax gives each character but the first, the unknown one left out.
  private func log2OfNext(_ ids: [Int], _ outputs: [[Double]]) -> [Double] {
    zip(outputs, ids.dropFirst()).map { row, id in
      let sum = row.dropFirst().reduce(0) { $0 + exp($1) }
      return (row[id] - log(sum)) / log(2)
    }
  }

  @Test("f32 weights give PyTorch's numbers, int8 ones as many bits a character") func numbers()
    throws
  {
    let scratch = try Scratch()
    let whole = scratch.file("f32.sluice")
    let converted = try Tool.run(
      "convert", "\(Self.resources)/characters.safetensors", "-o", whole, "--measure", "none")
    try #require(converted.status == 0, "\(converted.error)")
    let expected = try NPY.read("\(Self.fixtures)/log2.npy").doubles
    let logits = try NPY.read("\(Self.fixtures)/logits.npy")
    let (ids, outputs) = try run(whole)
    try #require(ids.count == expected.count + 1)
    for (row, start) in stride(from: 0, to: logits.count, by: logits.shape[1]).enumerated() {
      let wanted = logits.doubles[start..<start + logits.shape[1]]
      for (value, wanted) in zip(outputs[row], wanted) { #expect(abs(value - wanted) < 1e-4) }
    }
    let own = log2OfNext(ids, outputs)
    let greatest = zip(own, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
    #expect(greatest < 1e-4, "\(greatest)")

    let (same, rounded) = try run("\(Self.resources)/characters.sluice")
    #expect(same == ids)
    let count = Double(expected.count)
    let cost = (expected.reduce(0, +) - log2OfNext(ids, rounded).reduce(0, +)) / count
    #expect(abs(cost) < 0.01, "\(cost) bits a character")
    // Characters one by one have 4.4 bits here: the model has learnt from what came before.
    #expect(-expected.reduce(0, +) / count < 2.5)
  }

  @Test("one command goes on in words that the novels have") func oneCommand() throws {
    let result = try Tool.run("generate", "--seed", "It is a truth ", "--temperature", "0.3")
    #expect(result.status == 0, "\(result.error)")
    #expect(result.output.hasPrefix("It is a truth ") && result.output.count >= 414)
    let words = result.output.dropFirst(14).split { !$0.isLetter }.map { $0.lowercased() }
    let text = try String(contentsOfFile: "\(Self.fixtures)/text.txt", encoding: .utf8)
    let known = Set(text.split { !$0.isLetter }.map { $0.lowercased() })
    // Letters at random seldom make a word.
    #expect(words.count { known.contains($0) } * 2 > words.count, "\(result.output)")
  }
}
