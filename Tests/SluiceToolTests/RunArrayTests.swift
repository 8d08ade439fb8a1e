import Foundation
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

@Suite struct RunArrayTests {
  @Test func anArrayGivesTheSourcesOutputs() throws {
    let scratch = try Scratch()
    let name = "safetensors_lstm_stacked_dense"
    let blob = try scratch.blob(of: name, source: "model.safetensors")
    let data = "\(Tool.fixtures)/\(name)/test_data_set_0"
    let out = scratch.file("y.npy")
    let result = try Tool.run("run", blob, "--input", "\(data)/input_0.npy", "--output", out)
    #expect(result.status == 0, "\(result.error)")
    let (y, expected) = (try NPY.read(out), try NPY.read("\(data)/output_0.npy"))
    #expect(y.shape == expected.shape)
    for (a, b) in zip(y.floats, expected.floats) { #expect(abs(a - b) < 1e-5) }
    let lines = try Tool.run("run", blob, "--input", "\(data)/input_0.npy", "--json").jsonLines
    #expect(lines.last?["shape"] as? [Int] == expected.shape)
    let rows = lines.dropLast().compactMap { $0["output"] as? [Double] }
    #expect(rows.flatMap { $0 }.map(Float.init) == y.floats)
    #expect(lines.dropLast().map { $0["row"] as? [Int] } == rows.indices.map { [$0] })
  }

  @Test func aBatchIsItsSequences() throws {
    let scratch = try Scratch()
    let blob = try scratch.blob(of: "torch_gru_stacked")
    let values: [Float] = (0..<56).map { index in Float(index % 11) / 11 - 0.5 }
    let whole = Tensor(shape: [2, 7, 4], values)
    let first = Tensor(shape: [7, 4], Array(values[..<28]))
    let second = Tensor(shape: [7, 4], Array(values[28...]))
    var outputs: [Tensor] = []
    for (index, input) in [whole, first, second].enumerated() {
      let (x, y) = (scratch.file("x\(index).npy"), scratch.file("y\(index).npy"))
      try NPY.write(input, to: x)
      let result = try Tool.run("run", blob, "--input", x, "--output", y)
      #expect(result.status == 0, "\(result.error)")
      outputs.append(try NPY.read(y))
    }
    #expect(outputs[0].shape == [2, 7, 3])
    #expect(outputs[0].floats == outputs[1].floats + outputs[2].floats)
  }

  @Test func aModelOfTheLastStepGivesOneRow() throws {
    let scratch = try Scratch()
    let blob = try scratch.blob(
      of: "safetensors_embedding_lstm_last", source: "model.safetensors")
    let x = scratch.file("x.npy")
    for (shape, expected) in [([5], [3]), ([2, 5], [2, 3])] {
      let ids: [Int64] = (0..<shape.reduce(1, *)).map { Int64($0 % 11) }
      try NPY.write(Tensor(shape: shape, elements: .int64(ids)), to: x)
      let result = try Tool.run("run", blob, "--input", x, "--json")
      #expect(try result.jsonLines.last?["shape"] as? [Int] == expected)
      #expect(try result.jsonLines.count == expected.dropLast().reduce(1, *) + 1)
    }
  }

  @Test func theInputAndTheModelAreNotOverwritten() throws {
    let scratch = try Scratch()
    let blob = try scratch.blob(of: "torch_gru_stacked")
    let x = scratch.file("x.npy")
    try NPY.write(Tensor(shape: [1, 4], [0, 0, 0, 0]), to: x)
    for path in [x, blob] {
      let before = try Data(contentsOf: URL(fileURLWithPath: path))
      let result = try Tool.run("run", blob, "--input", x, "--output", path)
      #expect(result.status == 2)
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }
  }

  @Test func wrongArraysAreRefused() throws {
    let scratch = try Scratch()
    let features = try scratch.blob(of: "torch_gru_stacked")
    let ids = try scratch.blob(of: "safetensors_embedding_lstm_last", source: "model.safetensors")
    let (floats, tokens) = ("expected [T, 4] or [B, T, 4]", "expected [T] or [B, T]")
    let wrong: [(String, Tensor, String)] = [
      (features, Tensor(shape: [4], [0, 0, 0, 0]), floats),
      (features, Tensor(shape: [2, 3], Array(repeating: 0, count: 6)), floats),
      (features, Tensor(shape: [0, 4], []), floats),
      (features, Tensor(shape: [1, 1, 1, 4], [0, 0, 0, 0]), floats),
      (features, Tensor(shape: [1, 4], elements: .int32([1, 2, 3, 4])), "float32 or float64"),
      (ids, Tensor(shape: [], elements: .int64([1])), tokens),
      (ids, Tensor(shape: [1, 1, 1], elements: .int64([1])), tokens),
      (ids, Tensor(shape: [1], [1]), "expected token ids, int32 or int64"),
      (
        ids, Tensor(shape: [3], elements: .int64([0, 11, 0])),
        "element 1: the id 11; expected 0 to 10"
      ),
      (ids, Tensor(shape: [1], elements: .int64([-1])), "the id -1; expected 0 to 10"),
      (ids, Tensor(shape: [1], elements: .int64([.max])), "expected 0 to 10"),
    ]
    for (blob, tensor, expectation) in wrong {
      let x = scratch.file("x.npy")
      try NPY.write(tensor, to: x)
      let result = try Tool.run("run", blob, "--input", x)
      #expect(result.status == 3)
      #expect(result.error.contains(x) && result.error.contains(expectation), "\(result.error)")
    }
  }

  @Test func aBenchmarkReportsInOrder() throws {
    let scratch = try Scratch()
    let blob = try scratch.blob(of: "torch_gru_stacked")
    let json = try Tool.run("bench", blob, "--seconds", "0.05", "--json").json
    let times = try #require(json["nanoseconds"] as? [String: Double])
    let order = ["min", "p50", "p99", "p99.9", "max"].compactMap { times[$0] }
    #expect(order.count == 5)
    #expect(order == order.sorted())
    #expect(try #require(json["weightBytes"] as? Int) > 0)
    #expect(json["stepsOfSequence"] is NSNull && json["steps"] is Int)
  }

  @Test func sequencesAreMeasuredToo() throws {
    let scratch = try Scratch()
    let backwards = try scratch.blob(
      of: "safetensors_lstm_bidirectional", source: "model.safetensors")
    for (blob, words, length) in [
      (backwards, [], 1000), (backwards, ["--steps", "1"], 1),
      (try scratch.blob(of: "torch_gru_stacked"), ["--steps", "40"], 40),
    ] {
      let result = try Tool.run(
        Tool.path, ["bench", blob, "--seconds", "0.02", "--json"] + words)
      try #require(result.status == 0, "\(result.error)")
      let json = try result.json
      #expect(json["stepsOfSequence"] as? Int == length)
      #expect(try #require(json["sequences"] as? Int) >= 20)
      let times = try #require(json["nanoseconds"] as? [String: Double])
      // Of a step, where the others are of a sequence.
      #expect(try #require(times["inARow"]) * Double(length) < 2 * (times["max"] ?? 0))
      #expect(json["limitNanoseconds"] is NSNull)
    }
    let text = try Tool.run("bench", backwards, "--seconds", "0.02").output
    #expect(text.contains("sequences of 1,000 steps"))
  }
}
