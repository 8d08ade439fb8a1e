import Foundation
import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork
import TestSupport
import Testing

/// Sizes that a file asks for are refused before anything of that size is made.
@Suite("Graphs: sizes out of proportion") struct GraphSizeTests {
  private func expectRefusal(
    _ texts: String..., of what: String, _ convert: () throws -> Void
  ) {
    let passes = Pass.count {
      do throws(any Error) {
        try convert()
        Issue.record("\(what) converted")
      } catch let error {
        let text = "\(error)"
        #expect(texts.allSatisfy { text.contains($0) }, "\(what): \(error)")
      }
    }
    #expect(passes <= Pass.maximum, "\(what) took \(passes) passes")
  }

  private static func doubled(_ input: String, _ head: String, _ tail: String) -> GraphBuilder {
    let lines = (0..<64).map {
      "d\($0) = Concat(\($0 == 0 ? input : "d\($0 - 1)"), \($0 == 0 ? input : "d\($0 - 1)")) axis=2"
    }
    return GraphBuilder("\(head)\n\(lines.joined(separator: "\n"))\n\(tail)")
  }

  @Test("Features that double with each concatenation")
  func doubling() {
    expectRefusal("features; a blob holds up to 65536", of: "a sequence") {
      _ = try Self.doubled("x", "input x n,1,3", "-> d63").convert()
    }
    expectRefusal("features; a blob holds up to 65536", of: "a scale") {
      _ = try Self.doubled("x", "input x n,1,3", "y = Mul(d37, f:2)\n-> y").convert()
    }
    expectRefusal("features; a blob holds up to 65536", of: "a step") {
      _ = try Self.doubled(
        "x", "input x 1,1,3\ninput h 1,1,2",
        "s = Slice(d63, i:[0], i:[3], i:[2])\nY, hn = GRU(s, f:1x6x3, f:1x6x2, f:1x12, _, h) hidden_size=2\n-> Y, hn"
      ).convert()
    }
  }

  @Test("Columns that double with each mirrored Pad")
  func pads() {
    var (size, lines) = (3, "")
    for index in 0..<36 {
      let input = index == 0 ? "x" : "p\(index - 1)"
      lines += "p\(index) = Pad(\(input), i:[0,0,\(size - 1),0,0,\(size - 1)]) mode=reflect\n"
      size = 3 * size - 2
    }
    expectRefusal("features; a blob holds up to 65536", of: "pads") {
      _ = try GraphBuilder(
        "input x 1,1,3\ninput h 1,1,2\n\(lines)s = Slice(p35, i:[0], i:[3], i:[2])\n"
          + "Y, hn = GRU(s, f:1x6x3, f:1x6x2, f:1x12, _, h) hidden_size=2\n-> Y, hn"
      ).convert()
    }
  }

  @Test("Repeats of a step whose product wraps", arguments: [Int.max, 6_148_914_691_236_517_206])
  func repeats(_ times: Int) {
    for counts in ["1,1,\(times)", "\(times),1,1", "\(times),\(times),\(times)"] {
      expectRefusal("Tile", of: counts) {
        _ = try GraphBuilder(
          "input x 1,1,3; input h 1,1,2; t = Tile(x, i:[\(counts)]); s = Slice(t, i:[0], i:[3], i:[2]); "
            + "Y, hn = GRU(s, f:1x6x3, f:1x6x2, f:1x12, _, h) hidden_size=2; -> Y, hn"
        ).convert()
      }
    }
  }

  @Test("Architectures that double their features")
  func architectures() throws {
    for tail in ["", #",{"type":"scale","factor":2}"#] {
      var layers = #"{"type":"concatenate","name":"c0","inputs":["input","input"]}"#
      for index in 1..<(tail.isEmpty ? 64 : 38) {
        layers +=
          #",{"type":"concatenate","name":"c\#(index)","inputs":["c\#(index - 1)","c\#(index - 1)"]}"#
      }
      var builder = SafetensorsBuilder()
      builder.metadata["sluice.architecture"] = #"{"input_size":3,"layers":[\#(layers)\#(tail)]}"#
      let source = builder.source
      expectRefusal("features; a blob holds up to 65536", of: "an architecture") {
        _ = try Converter.convert(source)
      }
    }
  }

  @Test("Constants without elements, of a huge axis")
  func emptyConstants() {
    let huge = 1 << 40
    for (shape, line) in [
      ([0, huge], "a = Transpose(z)"), ([0, huge], "a = Slice(z, i:[0], i:[1], i:[0])"),
      ([0, huge], "a = Gather(z, i:[0]) axis=1"), ([huge, 0], "a = Concat(z, z) axis=1"),
      ([0, huge], "a = Concat(z, z) axis=0"), ([0, 1 << 27], "a = Transpose(z)"),
      ([0, huge], "a = Mul(z, z)"), ([0, huge], "a = Expand(z, i:[1,1])"),
      ([0, huge], "a = Reshape(z, i:[0,-1])"), ([huge, 0], "a, b = Split(z) axis=0"),
    ] {
      var graph = GraphBuilder("input x n,1,3\n\(line)\ny = Add(x, a)\n-> y")
      graph.initializer("z", shape, [])
      expectRefusal("model.onnx", of: line) { _ = try graph.convert() }
    }
    // What is computed element by element, where one side has none.
    for line in [
      "s = Shape(x); e = Slice(s, i:[0], i:[0], i:[0]); t = Add(s, e); a = Reshape(x, t)",
      "s = Shape(x); e = Slice(s, i:[0], i:[0], i:[0]); t = Mul(e, s); a = Reshape(x, t)",
      "e = ConstantOfShape(i:[0]); a = Mul(e, f:[1,2,3])", "a = Add(z, f:2x3)",
      "a = Less(f:2x3, z)",
      "a = Where(z, f:2x3, f:2x3)", "e = ConstantOfShape(i:[2,0]); a = Max(e, f:2x3)",
    ] {
      let lines = line.split(separator: ";").map(String.init).joined(separator: "\n")
      var graph = GraphBuilder("input x n,1,3\n\(lines)\ny = Add(x, a)\n-> y")
      graph.initializer("z", [0, 3], [])
      expectRefusal("model.onnx", of: line) { _ = try graph.convert() }
    }
    for (start, limit, delta) in [
      (0, Int.min, 1), (0, .min, -1), (0, .max, 1), (.min, -1, 1), (-1, .min, -1), (.max, .min, -1),
      (.min, .max, .max), (3, 3, 0),
    ] {
      let line = "r = Range(i:\(start), i:\(limit), i:\(delta)); a = Cast(r) to=1"
      expectRefusal("model.onnx", of: line) {
        _ = try GraphBuilder("input x n,1,3; \(line); y = Add(x, a); -> y").convert()
      }
    }
    expectRefusal("far more elements", of: "a repeated one") {
      _ = try GraphBuilder(
        """
        input x n,1,3
        c = ConstantOfShape(i:[2,1099511627776])
        s = Slice(c, i:[1], i:[1], i:[0])
        a = Concat(s, s) axis=0
        y = Add(x, a)
        -> y
        """
      ).convert()
    }
  }

  /// LSTMs one after the other, each with states that are inputs of the graph.
  private static func cells(_ count: Int) -> [UInt8] {
    var graph = GraphBuilder()
    graph.input("x", [nil, 1, 1])
    graph.input("lens", [1], type: 6)
    graph.initializer("W", [1, 4, 1], [0, 0, 0, 0])
    var last = "x"
    for index in 0..<count {
      graph.input("h\(index)", [1, 1, 1])
      graph.input("c\(index)", [1, 1, 1])
      graph.node(
        "LSTM", [last, "W", "W", "", index == 0 ? "lens" : "", "h\(index)", "c\(index)"],
        ["y\(index)"], [("hidden_size", .integer(1))])
      last = "y\(index)"
    }
    graph.output(last)
    return graph.bytes
  }

  @Test("Thousands of state inputs are refused in time that follows their number")
  func manyInputs() {
    func time(of count: Int) -> Double {
      let source = SourceBytes(file: "model.onnx", Self.cells(count))
      return leastThreadTime {
        #expect(refuses(.unsupported, "model.onnx") { _ = try Converter.convert(source) })
      }
    }
    let (few, many) = (time(of: 510), time(of: 2040))
    // Four times as many: sixteen times as long where each looks at all.
    #expect(many < 9 * few, "\(few) s and \(many) s")
  }

  @Test("Nodes without a name are given names in time that follows their number")
  func namelessNodes() throws {
    func source(_ count: Int) -> SourceBytes {
      var graph = GraphBuilder()
      graph.input("x", [nil, 1, 1])
      graph.initializer("W", [1, 4, 1], [0, 0, 0, 0])
      for index in 0..<count {
        graph.nodes.append(
          ProtobufWriter.message { node in
            for name in ["x", "W", "W"] { node.string(1, name) }
            for name in ["", "h\(index)"] { node.string(2, name) }
            node.string(4, "LSTM")
          })
        graph.output("h\(index)")
      }
      return SourceBytes(file: "model.onnx", graph.bytes)
    }
    let names = try Converter.convert(source(3)).network.layers.map(\.name)
    #expect(names == ["LSTM", "LSTM#2", "LSTM#3", "outputs"])
    func time(of count: Int) throws -> Double {
      let model = source(count)
      return try leastThreadTime { _ = try Converter.convert(model) }
    }
    let (few, many) = (try time(of: 250), try time(of: 1000))
    // Four times as many: sixteen times as long where each looks at all.
    #expect(many < 9 * few, "\(few) s and \(many) s")
  }

  /// A depthwise convolution along the steps, or one of groups of several channels.
  private static func depthwise(_ channels: Int, taps: Int, of width: Int = 1) -> GraphBuilder {
    var graph = GraphBuilder()
    graph.input("x", [1, channels, nil])
    graph.initializer("W", [channels, width, taps], ramp(channels * width * taps))
    graph.initializer("B", [channels], ramp(channels))
    graph.node(
      "Conv", ["x", "W", "B"], ["y"],
      [("group", .integer(channels / width)), ("pads", .integers([taps - 1, 0]))])
    graph.output("y")
    return graph
  }

  @Test("A depthwise convolution stays in proportion to its weights")
  func groups() throws {
    for (channels, taps) in [(4096, 1), (40_000, 1), (600, 2), (1024, 3)] {
      let network = try Self.depthwise(channels, taps: taps).convert().network
      let bytes = try network.blobContents().layerBytes
      #expect(bytes <= max(4 << 20, 64 * 4 * channels * taps), "\(channels) x \(taps): \(bytes)")
      guard channels <= 1024 else { continue }
      let whole = Network.Convolution(
        inputChannels: channels, outputChannels: channels, kernelSize: taps, groups: channels,
        weights: ramp(channels * taps), bias: ramp(channels))
      var expected = ReferenceNetwork<Double>(
        Network(
          layers: [.init(name: "whole", operation: .convolution(whole))],
          provenance: network.provenance))
      var found = ReferenceNetwork<Double>(network)
      var random = SeededRandom(seed: 3)
      for _ in 0..<4 {
        let x = random.floats(channels).map { Double($0) }
        #expect(zip(expected.step(x), found.step(x)).allSatisfy { ($0 - $1).magnitude < 1e-9 })
      }
    }
    let wide = SourceBytes(file: "model.onnx", Self.depthwise(19_946, taps: 3, of: 2).bytes)
    expectRefusal("groups of channels", of: "19946 channels of 3 taps") {
      _ = try Converter.convert(wide)
    }
  }
}
