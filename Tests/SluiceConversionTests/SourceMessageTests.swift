import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// What is said of sources that cannot be read: what was found, and the way on.
@Suite("Messages about sources") struct SourceMessageTests {
  private func refused(
    _ graph: String, _ texts: String..., constants: [Name: Tensor] = [:]
  ) -> Bool {
    var found = ""
    do throws(ConversionError) {
      _ = try GraphBuilder(graph).convert(constants: constants)
    } catch { found = error.description }
    return texts.allSatisfy { found.contains($0) }
  }

  @Test("All obstacles of a graph are said at once, with what they read")
  func obstacles() {
    #expect(
      refused(
        "input x n,1,2; a = Erf(x); b = MaxPool(x); y = Add(a, b); c = Add(x, f:[1,2,3]); -> y, c",
        "3 obstacles in all", "the_Erf_0", "the_MaxPool_1", "the_Add_3", "pool over steps",
        "[n, 1, 2]"))
    // One alone is said as it is.
    #expect(!refused("input x n,1,2; a = Erf(x); y = Relu(a); -> y", "obstacles"))
    #expect(
      refused(
        "input x 1,1,4; input h 1,1,3; e = Erf(x); Y, hn = GRU(x, f:1x9x4, f:1x9x3, _, _, h) hidden_size=3; z = Cos(Y); -> z, hn, e",
        "Erf", "Cos"))
  }

  @Test("A quantised model is called one")
  func quantised() {
    var graph = GraphBuilder("input x n,1,2; y = DequantizeLinear(x, x, x); -> y")
    graph.initializers.append(
      ProtobufWriter.message {
        $0.integer(1, 2)
        $0.integer(2, 3)
        $0.string(8, "q")
        $0.bytes(9, [1, 2])
      })
    #expect(refuses(.unsupported, "DequantizeLinear", "quantised") { _ = try graph.convert() })
    graph.nodes = []
    graph.node("DynamicQuantizeLSTM", ["x"], ["y"], domain: "com.microsoft")
    #expect(refuses(.unsupported, "DynamicQuantizeLSTM", "quantised") { _ = try graph.convert() })
    graph.nodes = []
    graph.node("Add", ["x", "q"], ["y"])
    #expect(refuses(.unsupported, "tensor q", "(int8)", "quantised") { _ = try graph.convert() })
  }

  @Test("Initializers that nothing reads may be of any type")
  func unread() throws {
    for type in [2, 3, 8, 12, 13, 17, 24, 99] {
      var graph = GraphBuilder.lstm()
      graph.output("Y")
      graph.initializers.append(
        ProtobufWriter.message {
          $0.integer(1, 1)
          $0.integer(2, type)
          $0.string(8, "left")
          // Text and uint64 have fields of their own.
          switch type {
          case 8: $0.string(6, "text")
          case 13: $0.integer(11, 1)
          default: $0.bytes(9, [1])
          }
        })
      _ = try graph.convert()
    }
  }

  @Test("A sparse initializer matters to who reads it alone")
  func sparse() throws {
    func graph(reads: Bool) throws -> ConvertedModel {
      var graph = GraphBuilder(reads ? "out = Add(Y, thin)" : "out = Relu(Y)")
      graph.sparseInitializers.append(
        ProtobufWriter.message { sparse in
          sparse.bytes(1, GraphBuilder.tensor("thin", [1], [0.5]))
          sparse.bytes(2, GraphBuilder.tensor("", [1], integers: [2]))
          sparse.integer(3, 3)
        })
      return try graph.convert()
    }
    _ = try graph(reads: false)
    #expect(
      refuses(.unsupported, "tensor thin", "is sparse", "write all") { _ = try graph(reads: true) })
  }

  @Test("What a file holds beside its graph, and the way on")
  func besides() {
    func refusal(_ field: Int, inGraph: Bool) -> String {
      let more = ProtobufWriter.message { $0.bytes(field, []) }
      let bytes = ProtobufWriter.message { model in
        model.message(8) { $0.integer(2, 17) }
        model.bytes(7, inGraph ? more : [])
      }
      do throws(ConversionError) {
        _ = try Converter.convert(SourceBytes(file: "model.onnx", bytes + (inGraph ? [] : more)))
        return ""
      } catch { return error.description }
    }
    // Metadata, and on which devices it may run: what is wrong then is that the graph is empty.
    for field in [14, 26] {
      #expect(refusal(field, inGraph: false).contains("expected at least one"))
    }
    for (field, inGraph, texts) in [
      (20, false, ["training_info", "inference"]), (25, false, ["functions", "inline"]),
      (14, true, ["quantization_annotation", "float model"]),
    ] {
      let found = refusal(field, inGraph: inGraph)
      #expect(texts.allSatisfy { found.contains($0) }, "\(found)")
    }
  }

  @Test("Steps that an exporter wrote out one after the other")
  func unrolled() {
    let steps = (0..<3).map {
      "a\($0) = MatMul(\($0 == 0 ? "x" : "t\($0 - 1)"), f:2x2); t\($0) = Tanh(a\($0))"
    }
    #expect(
      refused(
        "input x n,2; \(steps.joined(separator: "; ")); e = Erf(t2); -> e",
        "written out in small operators"))
  }

  @Test("What is found beyond a bound is said, with the way on")
  func bounds() {
    let many = (0...8192).map { "a\($0) = Relu(\($0 == 0 ? "x" : "a\($0 - 1)"))" }
    #expect(
      refused(
        "input x n,n,2\n\(many.joined(separator: "\n"))\n-> a8192", "more than 8192 nodes",
        "Export PyTorch models with LSTM, GRU or RNN nodes"))
    let cell = "Y, hn = GRU(x, f:1x9x4, f:1x9x3, f:1x18, _, h) hidden_size=3"
    var open = GraphBuilder("input h 1,1,3; \(cell); -> Y, hn")
    open.inputs.append(
      ProtobufWriter.message { input in
        input.string(1, "x")
        input.message(2) { $0.message(1) { $0.integer(1, 1) } }
      })
    #expect(
      refuses(.unsupported, "input \"x\"", "number of axes is not known", "an example input") {
        _ = try open.convert()
      })
  }

  @Test("Types of safetensors that are not read")
  func types() {
    let header = #"{"w":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}"#
    let bytes = littleEndian(UInt64(header.utf8.count)) + Array(header.utf8) + [0]
    #expect(
      refuses(.unsupported, "F8_E4M3", "expected", "F32") {
        _ = try Converter.convert(SourceBytes(file: "m.safetensors", bytes))
      })
  }

  @Test("Files of other programs")
  func formats() {
    func refusal(_ name: String, _ bytes: [UInt8]) -> String {
      do throws(ConversionError) {
        _ = try Converter.convert(SourceBytes(file: name, bytes))
        return ""
      } catch { return error.description }
    }
    let unknown = refusal("m.xyz", [1, 2, 3])
    for text in [".keras", ".h5", ".tflite", ".pt", "export_torch.py"] {
      #expect(unknown.contains(text), "\(text): \(unknown)")
    }
    let zip: [UInt8] = [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 64)
    let script = zip + Array("m/code/__torch__.py m/constants.pkl".utf8)
    #expect(refusal("m.pt", script).contains("TorchScript"))
    #expect(refusal("m.pt", script).contains("torch.onnx.export"))
    let pickle = refusal("m.pt", zip + Array("m/data.pkl".utf8))
    #expect(pickle.contains("pickle") && pickle.contains("export_weights.py"))
  }
}
