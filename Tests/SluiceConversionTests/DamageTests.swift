import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// Damaged files convert or are refused; neither traps, and neither takes long.
@Suite("Damaged files")
struct DamageTests {
  /// A graph with much of the plumbing of exporters, two layers and a head.
  static var graph: GraphBuilder {
    var graph = GraphBuilder.lstm(inputs: ["", "h0", "h0"])
    graph.nodes = [graph.nodes[0]]
    let lstm = graph.nodes
    graph.nodes = []
    graph.node("Shape", ["x"], ["size"])
    graph.initializer("one", [1], integers: [1])
    graph.initializer("three", [1], integers: [3])
    graph.initializer("index", [], integers: [1])
    graph.initializer("zeroStart", [1], integers: [0])
    graph.node("Gather", ["size", "index"], ["batch"])
    graph.node("Unsqueeze", ["batch", "zeroStart"], ["batchRow"])
    graph.node("Concat", ["one", "batchRow", "three"], ["stateShape"], [("axis", .integer(0))])
    graph.node("ConstantOfShape", ["stateShape"], ["zeros"])
    graph.node("Slice", ["zeros", "zeroStart", "one", "zeroStart"], ["h0"])
    graph.nodes += lstm
    graph.node("Squeeze", ["Y", "one"], ["y"])
    graph.node("Transpose", ["y"], ["yt"], [("perm", .integers([1, 0, 2]))])
    graph.initializer("fc", [3, 2], ramp(6))
    graph.initializer("fcb", [2], ramp(2))
    graph.node("MatMul", ["yt", "fc"], ["product"])
    graph.node("Add", ["fcb", "product"], ["sum"])
    graph.node("Softmax", ["sum"], ["out"], [("axis", .integer(-1))])
    graph.output("out")
    graph.output("Y_h")
    return graph
  }

  @Test("The graph converts as it is")
  func whole() throws {
    let model = try Self.graph.convert()
    #expect(model.network.layers.map(\.name) == ["the_LSTM_0", "the_MatMul_9"])
    #expect(model.interface.inputs.map(\.role) == [.sequence([.time, .batch, .feature])])
    #expect(
      model.interface.outputs.map(\.role) == [
        .sequence([.batch, .time, .feature]), .finalHidden(layers: [0], [.one, .batch, .feature]),
      ])
    #expect(model.network.output == .sequence)
  }

  @Test("ONNX: every byte changed, and every length")
  func onnx() {
    damage(Self.variants(Self.graph.bytes), "model.onnx")
  }

  @Test("safetensors: every byte changed, and every length")
  func safetensors() {
    var builder = SafetensorsBuilder.lstmDense
    builder.metadata["sluice.architecture"] = """
      {"input_size":2,"layers":[{"type":"lstm","tensors":"rnn."},{"type":"dense","tensors":"fc."}]}
      """
    let source = builder.source
    damage(Self.variants(source.array(0..<source.count)), "model.safetensors")
  }

  @Test(".npy: every byte changed, and every length")
  func npy() {
    let bytes = NPY.bytes(of: Tensor(shape: [2, 3], ramp(6)))
    for damaged in Self.variants(bytes) {
      _ = try? NPY.read(SourceBytes(file: "a.npy", damaged))
    }
  }

  @Test("Fixtures with bytes changed at random", arguments: CaseFolderTests.fixtures)
  func fixtures(_ folder: CaseFolder) throws {
    let source = try SourceBytes(path: folder.source)
    let bytes = source.array(0..<source.count)
    // SplitMix64 from a fixed seed: the same damage on every run.
    var state: UInt64 = 7
    func random(below bound: Int) -> Int {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return Int((z ^ (z >> 31)) % UInt64(bound))
    }
    let variants = (0..<60).map { _ in
      var copy = bytes
      for _ in 0...random(below: 4) {
        copy[random(below: copy.count)] =
          [0, 1, 0x7F, 0x80, 0xFF, UInt8(random(below: 256))][
            random(below: 6)]
      }
      return copy
    }
    damage(variants, source.lastPathComponent)
  }

  private func damage(_ variants: some Swift.Sequence<[UInt8]>, _ name: String) {
    for damaged in variants {
      do {
        let model = try Converter.convert(SourceBytes(file: name, damaged))
        _ = try model.network.blobContents()
      } catch {
        #expect(error.file.hasPrefix(name))
        #expect(!error.reason.isEmpty)
      }
    }
  }

  static func variants(_ bytes: [UInt8]) -> some Swift.Sequence<[UInt8]> {
    let changed = bytes.indices.lazy.flatMap { index in
      [bytes[index] ^ 1, bytes[index] ^ 0x80, 0, 0xFF, 0x7F, bytes[index] &+ 1].lazy.map { byte in
        var copy = bytes
        copy[index] = byte
        return copy
      }
    }
    return bytes.indices.lazy.map { Array(bytes[..<$0]) }.map(\.self) + Array(changed)
  }
}
