import Foundation
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// `explain`, and `run --trace`.
@Suite struct GateTests {
  private static let sentence = "I really enjoyed the movie"

  /// The header and the numbers of a `.npy` file.
  private func array(_ path: String) throws -> (header: String, values: [Float]) {
    let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
    let length = Int(bytes[8]) | Int(bytes[9]) << 8
    let data = bytes[(10 + length)...]
    let values = stride(from: data.startIndex, to: data.endIndex, by: 4).map { at in
      Float(
        bitPattern: (0..<4).reduce(0) { $0 | UInt32(data[at + $1]) << UInt32(8 * $1) })
    }
    return (String(decoding: bytes[10..<10 + length], as: UTF8.self), values)
  }

  /// A Python with NumPy; nil where there is none.
  static let python: String? = {
    let named = ProcessInfo.processInfo.environment["SLUICE_PYTHON"]
    let candidates = [named, "/usr/bin/python3"].compactMap(\.self)
    return candidates.first { path in
      (try? Tool.run(path, ["-c", "import numpy"]))?.status == 0
    }
  }()

  @Test("a picture of 80 columns, a row a word, with its numbers and the difference") func picture()
    throws
  {
    let shown = try Tool.run("explain", "--text", Self.sentence)
    #expect(shown.status == 0, "\(shown.error)")
    for line in shown.lines { #expect(line.count <= 80, "\(line)") }
    let words = ["i", "really", "enjoyed", "the", "movie"]
    let rows = shown.lines.filter { line in words.contains { line.hasPrefix("\($0) ") } }
    #expect(rows.count == 5)
    for row in rows { #expect(row.count { "▁▂▃▄▅▆▇█".contains($0) } == 32) }
    for text in [
      "forget gate f", "C(t) = f * C(t-1) + i * g", "▁ ", "█ ", "mean", "in C", "answer",
    ] {
      #expect(shown.output.contains(text), "\(text)")
    }
    let last = try #require(shown.lines.last)
    #expect(last.hasPrefix("h is within ") && last.hasSuffix(" of float64 in 5 steps"), "\(last)")
  }

  @Test("JSON has the states within 2e-6 of float64, shares that sum to 1, and the answers of run")
  func json() throws {
    let json = try Tool.run("explain", "--text", Self.sentence, "--json").json
    #expect(json["steps"] as? [String] == ["i", "really", "enjoyed", "the", "movie"])
    let layer = try #require((json["layers"] as? [[String: Any]])?.first)
    let compared = try #require(layer["fromFloat64"] as? [String: [String: Any]])
    for state in ["h", "C"] {
      let error = try #require(compared[state]?["max"] as? Double)
      #expect(error > 0 && error <= 2e-6)
    }
    let shares = try #require(layer["shares"] as? [Double])
    #expect(abs(shares.reduce(0, +) - 1) < 1e-4)
    let means = try #require(layer["means"] as? [String: [Double]])
    #expect(Set(means.keys) == ["i", "f", "g", "o", "C", "h"])
    #expect(means["f"]?.allSatisfy { $0 > 0 && $0 < 1 } == true)
    let run = try Tool.run("run", "--text", Self.sentence, "--json").json
    let tokens = try #require(run["tokens"] as? [[String: Any]])
    #expect(json["answers"] as? [Double] == tokens.map { $0["probability"] as? Double ?? 0 })
  }

  @Test("run --trace writes what explain shows, and runs as without it") func trace() throws {
    let scratch = try Scratch()
    let path = scratch.file("gates.npy")
    let plain = try Tool.run("run", "--text", Self.sentence, "--json").json
    let result = try Tool.run("run", "--text", Self.sentence, "--json", "--trace", path)
    #expect(result.status == 0, "\(result.error)")
    #expect(try result.json["probability"] as? Double == plain["probability"] as? Double)
    #expect(result.error.contains("h is within "))
    let (header, values) = try array(path)
    let layer = try #require(
      (try Tool.run("explain", "--text", Self.sentence, "--json").json["layers"]
        as? [[String: Any]])?.first)
    let name = try #require(layer["name"] as? String)
    for signal in ["i", "f", "g", "o", "C", "h"] {
      #expect(header.contains("('\(name).\(signal)', '<f4', (64,))"), "\(header)")
    }
    #expect(header.contains("'shape': (5,)"))
    #expect(values.count == 5 * 6 * 64)
    // i, f, g, o, C, h, each of 64 units.
    let means = try #require(layer["means"] as? [String: [Double]])
    for (place, signal) in ["i", "f", "g", "o", "C", "h"].enumerated() {
      for step in 0..<5 {
        let start = step * 384 + place * 64
        let mean = values[start..<start + 64].reduce(0) { $0 + Double($1.magnitude) } / 64
        #expect(abs(mean - (means[signal]?[step] ?? 0)) < 1e-6)
      }
    }
    let again = scratch.file("again.npy")
    #expect(
      try Tool.run("explain", "--text", Self.sentence, "--trace", again, "--quiet").status == 0)
    #expect(
      FileManager.default.contents(atPath: path) == FileManager.default.contents(atPath: again))
  }

  @Test("NumPy reads a trace by the names of its fields", .enabled(if: python != nil))
  func numPy() throws {
    let scratch = try Scratch()
    let blob = try scratch.blob(of: "torch_gru_stacked")
    let (x, path) = (scratch.file("x.npy"), scratch.file("gates.npy"))
    let values = (0..<56).map { Float($0 % 11) / 11 - 0.5 }
    try NPY.write(Tensor(shape: [2, 7, 4], values), to: x)
    let y = scratch.file("y.npy")
    let result = try Tool.run("run", blob, "--input", x, "--trace", path, "-o", y)
    #expect(result.status == 0, "\(result.error)")
    let script = """
      import sys, numpy
      trace, y = numpy.load(sys.argv[1]), numpy.load(sys.argv[2])
      assert trace.shape == (2, 7), trace.shape
      layers = sorted({name.rsplit(".", 1)[0] for name in trace.dtype.names})
      assert len(layers) == 2, layers
      for layer in layers:
          r, z, n, h = (trace[f"{layer}.{signal}"].astype(float) for signal in "rznh")
          assert (0 < z).all() and (z < 1).all() and (abs(n) < 1).all()
          assert abs((1 - z[:, 1:]) * n[:, 1:] + z[:, 1:] * h[:, :-1] - h[:, 1:]).max() < 1e-6
      print("read", trace.dtype.itemsize)
      """
    let read = try Tool.run(try #require(Self.python), ["-c", script, path, y])
    #expect(read.status == 0, "\(read.error)")
    #expect(read.output.hasPrefix("read "))
  }

  @Test("rows of an array; many steps share rows") func rows() throws {
    let scratch = try Scratch()
    let blob = try scratch.blob(of: "torch_gru_stacked")
    let x = scratch.file("x.csv")
    let lines = (0..<100).map { "\($0 % 3),0.\($0 % 7),-1,0" }
    try Data(lines.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: x))
    let shown = try Tool.run("explain", blob, "--input", x, "--signal", "h")
    #expect(shown.status == 0, "\(shown.error)")
    #expect(shown.output.contains("hidden state |h|") && shown.output.contains("a row for 4 steps"))
    #expect(shown.lines.count { $0.hasPrefix("step ") } == 2 * 25)
    let json = try Tool.run("explain", blob, "--input", x, "--json").json
    let layers = try #require(json["layers"] as? [[String: Any]])
    #expect(layers.count == 2)
    for layer in layers {
      let name = try #require(layer["name"] as? String)
      let one = try Tool.run("explain", blob, "--input", x, "--layer", name)
      #expect(one.lines.count { $0.hasPrefix("step ") } == 25)
    }
  }

  @Test("the drawing has a rectangle a unit and word, and a legend") func drawing() throws {
    let scratch = try Scratch()
    let path = scratch.file("gates.svg")
    let result = try Tool.run("explain", "--text", "a <fine> & dull film", "--svg", path, "--quiet")
    #expect(result.status == 0 && result.output.isEmpty, "\(result.error)")
    let svg = try String(contentsOfFile: path, encoding: .utf8)
    #expect(svg.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\""))
    // Seven tokens of 64 units, 40 of the legend, the ground.
    #expect(svg.components(separatedBy: "<rect ").count - 1 == 7 * 64 + 40 + 1)
    #expect(svg.contains(">&lt;") && svg.contains(">&amp;") && svg.hasSuffix("</svg>\n"))
  }

  @Test("what cannot be traced is refused by name, with a way on") func refused() throws {
    let scratch = try Scratch()
    let backwards = try scratch.blob(
      of: "safetensors_lstm_bidirectional", source: "model.safetensors")
    let x = scratch.file("x.npy")
    try NPY.write(Tensor(shape: [1, 4], [0, 0, 0, 0]), to: x)
    for words in [["explain"], ["run", "--trace", scratch.file("g.npy")]] {
      let result = try Tool.run(Tool.path, words + [backwards, "--input", x])
      #expect(result.status == 3)
      #expect(result.error.contains("expected a model whose layers all read forwards"))
    }
    let text = try Tool.run("explain", backwards, "--text", "a")
    #expect(text.status == 3)
    let gru = try scratch.blob(of: "torch_gru_stacked")
    try NPY.write(Tensor(shape: [2, 1, 4], [0, 0, 0, 0, 0, 0, 0, 0]), to: x)
    let batch = try Tool.run("explain", gru, "--input", x)
    #expect(batch.status == 3 && batch.error.contains("'sluice run --trace'"), "\(batch.error)")
    let none = try Tool.run("explain", gru, "--text", "a")
    #expect(none.status == 3 && none.error.contains("has no vocabulary"))
    let same = try Tool.run("run", gru, "--input", x, "--trace", x)
    #expect(same.status == 2 && same.error.contains("which would be lost"))
  }
}
