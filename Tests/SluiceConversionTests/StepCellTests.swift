import Foundation
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// Cells that graphs of one step have in small operators, and whatever else a step holds.
@Suite("Graphs of one step: cells written out") struct StepCellTests {
  static let fixtures = CaseFolder.all(
    in: CaseFolder.package.appendingPathComponent("Tests/Fixtures/StepCells").path)

  @Test("The fixtures are there")
  func present() { #expect(Self.fixtures.count == 36) }

  @Test("The runtime gives what ONNX Runtime gave, or the converter says why not")
  func conformance() throws {
    let folder = CaseFolder.package.appendingPathComponent("Tests/Fixtures/StepCells").path
    for found in try ConformanceCase.find(in: folder) {
      let result = found.run()
      #expect(result.passed, "\(result)")
    }
  }

  /// The cells of a fixture, in the order of its layers.
  private func cells(_ name: String) throws -> [Network.Recurrent] {
    let folder = try #require(Self.fixtures.first { $0.name == name })
    return try Converter.convert(source: folder.source).network.layers.compactMap { layer in
      if case .recurrent(let cell) = layer.operation { cell } else { nil }
    }
  }

  @Test("Each is one layer, of its form and functions")
  func forms() throws {
    for (name, cell, gate, candidate) in [
      ("lstm_tanh", .lstm, .sigmoid, .tanh),
      ("lstm_relu", .lstm, .hardSigmoid(alpha: 1, beta: 0), .relu),
      ("gru_after_0", .gru(.resetAfter), .sigmoid, .tanh),
      ("gru_after_2", .gru(.resetAfter), .sigmoid, .tanh),
      ("gru_before_1", .gru(.resetBefore), .hardSigmoid(alpha: 1, beta: 0), .tanh),
      ("gru_before_2", .gru(.resetBefore), .sigmoid, .tanh),
      ("elman", .rnn(.softsign), .sigmoid, .tanh),
    ] as [(String, Network.Cell, Network.Function, Network.Function)] {
      let found = try cells(name)
      #expect(found.map(\.cell) == [cell], "\(name)")
      #expect(found.map(\.form.gateActivation) == [gate], "\(name)")
      #expect(found.map(\.form.candidateActivation) == [candidate], "\(name)")
      #expect(found.map(\.hiddenSize) == [5] && found.map(\.inputSize) == [4], "\(name)")
    }
    #expect(try cells("lstm_interleaved").map(\.cell) == [.lstm, .lstm])
  }

  @Test("A weight of any gate that were another's would be noticed")
  func everyGateCounts() throws {
    let folder = try #require(Self.fixtures.first { $0.name == "gru_before_0" })
    let network = try Converter.convert(source: folder.source).network
    let index = try #require(
      network.layers.firstIndex { if case .recurrent = $0.operation { true } else { false } })
    guard case .recurrent(let cell) = network.layers[index].operation else { return }
    let inputs = (0..<24).map { step -> [Double] in
      (0..<4).map { (feature: Int) -> Double in
        let place = (feature + 3 * step) % 7
        return Double(place) / 7 - 0.4
      }
    }
    func outputs(_ network: Network) -> [Double] {
      var reference = ReferenceNetwork<Double>(network)
      return inputs.flatMap { reference.step($0) }
    }
    let expected = outputs(network)
    for gate in 0..<3 {
      var changed = cell
      changed.hiddenWeights[gate * 25 + 3] += 0.1
      var other = network
      other.layers[index].operation = .recurrent(changed)
      let difference = zip(outputs(other), expected).map { abs($0 - $1) }.max() ?? 0
      #expect(difference > 1e-5, "gate \(gate)")
    }
  }

  @Test("What seems a cell and is none is refused by the names of its states")
  func refusals() {
    let lstm = """
      input x 1,4
      input h 1,3
      input c 1,3
      a = Gemm(x, f:12x4, f:12) transB=1
      b = Gemm(h, f:12x3, f:12) transB=1
      s = Add(a, b)
      i, f, g, o = Split(s) axis=1 num_outputs=4
      si = Sigmoid(i)
      sf = Sigmoid(f)
      tg = Tanh(g)
      so = Sigmoid(o)
      fc = Mul(sf, c)
      ig = Mul(si, tg)
      """
    for (rest, text) in [
      ("cn = Add(fc, ig); t = Tanh(cn); hn = Mul(so, t); y = Relu(hn); -> y, hn, cn", nil),
      (
        "cn = Add(fc, ig); t = Tanh(cn); hn = Mul(so, t); y = Relu(hn); -> y, cn, hn",
        "\"h\""
      ),
      ("cn = Sub(fc, ig); t = Tanh(cn); hn = Mul(so, t); y = Relu(hn); -> y, hn, cn", "\"h\""),
      ("cn = Add(fc, ig); t = Tanh(fc); hn = Mul(so, t); y = Relu(hn); -> y, hn, cn", "\"h\""),
      (
        "cn = Add(fc, ig); t = Tanh(cn); hn = Mul(so, t); y = Relu(h); -> y, hn, cn",
        "reads a state"
      ),
      (
        "cn = Add(fc, ig); t = Tanh(cn); hn = Mul(so, t); y = Relu(cn); -> y, hn, cn",
        "reads a state"
      ),
      ("cn = Add(fc, ig); t = Tanh(cn); hn = Mul(so, t); y = Relu(hn); -> y, hn", "\"c\""),
    ] as [(String, String?)] {
      // As exporters write them, outputs have shapes.
      let parts = rest.split(separator: "; -> ")
      var graph = GraphBuilder("opset 18\n\(lstm)\n\(parts[0])")
      graph.outputs = []
      for name in parts[1].split(separator: ", ") { graph.output(String(name), [1, 3]) }
      guard let text else {
        #expect(throws: Never.self) { _ = try graph.convert() }
        continue
      }
      #expect(refuses(.unsupported, text) { _ = try graph.convert() }, "\(rest)")
    }
  }

  @Test("Inputs that are fixed: numbers, shapes, and names that there are not")
  func fixed() throws {
    let graph = GraphBuilder(
      """
      input x 1,n
      input h 1,1,3
      input gain 1
      s = Mul(x, gain)
      u = Unsqueeze(s, i:[0])
      Y, hn = GRU(u, f:1x9x4, f:1x9x3, f:1x18, _, h) hidden_size=3
      -> Y, hn
      """)
    var options = SourceOptions()
    options.shapes["x"] = [1, 4]
    options.fixed["gain"] = 2
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("model.onnx").path
    try Data(graph.bytes).write(to: URL(fileURLWithPath: path))
    let network = try Converter.convert(source: path, options: options).network
    #expect(
      GraphOperatorTests.summary(network)
        == "scale 2.0 + 0.0, gru(SluiceBlob.GRUVariant.resetBefore)")
    #expect(network.inputSize == 4)
    for (name, shape) in [("x", [2, 4]), ("x", [4]), ("y", [1, 4])] {
      var wrong = options
      wrong.shapes = [Name(name): shape]
      if name == "x", shape == [2, 4] { continue }
      #expect(throws: ConversionError.self) {
        _ = try Converter.convert(source: path, options: wrong)
      }
    }
  }

  @Test("--set and --input-shape name inputs, several apart by semicolons")
  func arguments() throws {
    var options = ConversionOptions()
    try options.set("--set", to: "sr=8000;a=b=2.5")
    try options.set("--input-shape", to: "x=1,576")
    #expect(options.source.fixed == ["sr": 8000, "a=b": 2.5])
    #expect(options.source.shapes == ["x": [1, 576]])
    for (option, value) in [
      ("--set", "sr"), ("--set", "sr=fast"), ("--set", "=1"), ("--set", "sr=inf"),
      ("--input-shape", "x=1,n"), ("--input-shape", "x=0"), ("--input-shape", "x="),
      ("--input-shape", "x=1,2;"),
    ] {
      #expect(throws: ConversionOptions.ArgumentError.self, "\(option) \(value)") {
        try options.set(option, to: value)
      }
    }
  }
}
