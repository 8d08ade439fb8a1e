import Foundation
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// Names of different bytes that Unicode counts as one text.
@Suite("Names: two are one where their bytes are") struct NameTests {
  private static let composed = "\u{E9}"
  private static let decomposed = "e\u{301}"

  @Test("Canonically equal texts are two names")
  func equality() {
    let (a, b) = (Name(Self.composed), Name(Self.decomposed))
    #expect(Self.composed == Self.decomposed && a != b)
    #expect(Set([a, b, Name("\u{E9}")]).count == 2)
    #expect(b < a && !(a < b) && !(a < a))
  }

  @Test("Keys of JSON")
  func keys() throws {
    let node = try JSONReader.parse(
      file: "a.json", Array("{\"\(Self.composed)\":1,\"\(Self.decomposed)\":2}".utf8))
    #expect(try node.member(Self.composed).integer(in: 0...9) == 1)
    #expect(try node.member(Self.decomposed).integer(in: 0...9) == 2)
    let many = (0..<9).map { ",\"\($0)\":0" }.joined()
    _ = try JSONReader.parse(
      file: "a.json", Array("{\"\(Self.composed)\":1,\"\(Self.decomposed)\":2\(many)}".utf8))
    #expect(
      refuses(.malformed, "is unknown") {
        _ = try node.object(keys: [Self.composed])
      })
    // The sign of Kelvin is a K.
    let kelvin = try JSONReader.parse(file: "a.json", Array("{\"\u{212A}\":1}".utf8))
    #expect(refuses(.malformed, "is unknown") { _ = try kelvin.object(keys: ["K"]) })
  }

  @Test("Tensors of safetensors, and the architecture that names them")
  func tensors() throws {
    var builder = SafetensorsBuilder()
    for (prefix, rows) in [(Self.decomposed, 2), (Self.composed, 3)] {
      builder.tensors.append(
        ("\(prefix).weight", [rows, 2], [Float](repeating: Float(rows), count: 2 * rows)))
    }
    let text = """
      {"input_size":2,"layers":[
      {"type":"dense","tensors":"\(Self.composed).","name":"\(Self.composed)","inputs":["input"]},
      {"type":"dense","tensors":"\(Self.decomposed).","name":"\(Self.decomposed)","inputs":["input"]},
      {"type":"concatenate","inputs":["\(Self.decomposed)","\(Self.composed)"]}]}
      """
    let network = try Converter.convert(
      builder.source, architecture: JSONReader.parse(file: "a.json", Array(text.utf8))
    ).network
    #expect(network.layers.map(\.outputSize) == [3, 2, 5])
    #expect(network.inputs(of: 2) == [1, 0])
    guard case .dense(let first) = network.layers[0].operation else {
      Issue.record("no dense layer")
      return
    }
    #expect(first.weights == [3, 3, 3, 3, 3, 3])
    _ = try network.blobContents().bytes()
  }

  @Test("Words of a vocabulary, each with its row")
  func vocabulary() throws {
    var builder = SafetensorsBuilder.lstmDense
    builder.add("emb.weight", [4, 2])
    builder.metadata["sluice.vocabulary"] = "<unk>\ncaf\(Self.composed)\ncaf\(Self.decomposed)\nx"
    let network = try Converter.convert(builder.source).network
    #expect(network.vocabulary.map { Array($0.utf8).count } == [5, 5, 6, 1])
    _ = try network.blobContents().bytes()
    builder.metadata["sluice.vocabulary"] = "<unk>\ncaf\(Self.composed)\ncaf\(Self.composed)\nx"
    #expect(
      refuses(.malformed, "a word stands twice") { _ = try Converter.convert(builder.source) })
  }

  @Test("Values, weights and nodes of a graph")
  func graph() throws {
    let (a, b) = (Self.composed, Self.decomposed)
    var graph = GraphBuilder()
    graph.input("x", [nil, nil, 2])
    graph.initializer(a, [2, 3], ramp(6))
    graph.initializer(b, [2, 3], ramp(6).reversed())
    graph.node("MatMul", ["x", a], ["\(a)y"])
    graph.node("MatMul", ["x", b], ["\(b)y"])
    graph.node("Add", ["\(a)y", "\(b)y"], ["out"])
    graph.output("out")
    let network = try graph.convert().network
    let weights = network.layers.prefix(2).map { layer -> [Float] in
      if case .dense(let dense) = layer.operation { dense.weights } else { [] }
    }
    let values = ramp(6)
    let composed = [0, 3, 1, 4, 2, 5].map { values[$0] }
    let decomposed = [5, 2, 4, 1, 3, 0].map { values[$0] }
    #expect(weights == [composed, decomposed])
    _ = try network.blobContents().bytes()
  }

  @Test("Constants that are given for a graph's inputs")
  func constants() throws {
    var graph = GraphBuilder()
    graph.input("x", [nil, 1, 2])
    for (name, size) in [("W", 2), ("R", 3)] {
      graph.initializer(name, [1, 3, size], ramp(3 * size))
    }
    graph.input(Self.composed, [1, 1, 3])
    graph.input(Self.decomposed, [1, 1, 3])
    graph.node(
      "RNN", ["x", "W", "R", "", "", Self.composed], ["Y"], [("hidden_size", .integer(3))])
    graph.node(
      "RNN", ["x", "W", "R", "", "", Self.decomposed], ["Z"], [("hidden_size", .integer(3))])
    graph.node("Add", ["Y", "Z"], ["out"])
    graph.output("out")
    let model = try graph.convert(constants: [
      Name(Self.composed): Tensor(shape: [1, 1, 3], [1, 2, 3]),
      Name(Self.decomposed): Tensor(shape: [1, 1, 3], [4, 5, 6]),
    ])
    let states = model.network.layers.prefix(2).map { layer -> [Float] in
      if case .recurrent(let cell) = layer.operation { cell.initialHidden } else { [] }
    }
    #expect(states == [[1, 2, 3], [4, 5, 6]])
  }

  @Test("Files of external data")
  func files() throws {
    let folder = NSTemporaryDirectory() + "sluice-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var graph = GraphBuilder()
    graph.input("x", [nil, nil, 2])
    for (index, name) in [Self.composed, Self.decomposed].enumerated() {
      let values = [Float](repeating: Float(index + 1), count: 6)
      try Data(littleEndian(values)).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
      graph.initializers.append(
        ProtobufWriter.message { tensor in
          for size in [2, 3] { tensor.integer(1, size) }
          tensor.integer(2, 1)
          tensor.string(8, "W\(index)")
          tensor.message(13) {
            $0.string(1, "location")
            $0.string(2, name)
          }
          tensor.integer(14, 1)
        })
      graph.node("MatMul", ["x", "W\(index)"], ["y\(index)"])
    }
    graph.node("Add", ["y0", "y1"], ["out"])
    graph.output("out")
    try Data(graph.bytes).write(to: URL(fileURLWithPath: "\(folder)/model.onnx"))
    let layers = try Converter.convert(source: "\(folder)/model.onnx").network.layers
    let weights = layers.prefix(2).map { layer -> Float in
      if case .dense(let dense) = layer.operation { dense.weights[0] } else { 0 }
    }
    #expect(weights == [1, 2])
  }
}
