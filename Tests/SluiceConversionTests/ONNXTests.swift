import SluiceConversion
import SluiceImport
import SluiceNetwork
import TestSupport
import Testing

@Suite("ONNX: hostile input O1-O16")
struct ONNXTests {
  private typealias Builder = GraphBuilder

  private func parse(_ bytes: [UInt8]) throws {
    _ = try Converter.convert(SourceBytes(file: "model.onnx", bytes))
  }

  private func parse(_ build: (inout ProtobufWriter) -> Void) throws {
    try parse(ProtobufWriter.message(build))
  }

  /// Converts an LSTM whose W is the given tensor.
  private func convert(w tensor: [UInt8]) throws {
    var graph = Builder.lstm()
    graph.output("Y")
    graph.initializers[0] = tensor
    _ = try graph.convert()
  }

  private func tensor(_ build: (inout ProtobufWriter) -> Void) -> [UInt8] {
    ProtobufWriter.message {
      $0.string(8, "W")
      build(&$0)
    }
  }

  @Test("O1: a varint over ten bytes, or cut")
  func varint() {
    let long = [UInt8](repeating: 0x80, count: 10) + [0]
    #expect(refuses(.malformed, "byte 1", "64 bits") { try parse([0x08] + long) })
    let wide = [UInt8](repeating: 0xFF, count: 9) + [0x02]
    #expect(refuses(.malformed, "byte 1", "64 bits") { try parse([0x08] + wide) })
    #expect(refuses(.malformed, "byte 1", "cut") { try parse([0x08, 0x80]) })
    #expect(refuses(.malformed, "byte 0", "cut") { try parse([0x80]) })
  }

  @Test("O2: a length beyond what remains")
  func length() {
    #expect(refuses(.malformed, "byte 0", "beyond") { try parse([0x3A, 0x02, 0x00]) })
    let huge = ProtobufWriter.varint(.max)
    #expect(refuses(.malformed, "byte 0", "beyond") { try parse([0x3A] + huge) })
  }

  @Test("O3: unknown wire types and field 0", arguments: [3, 4, 6, 7] as [UInt8])
  func wireType(_ type: UInt8) {
    #expect(refuses(.malformed, "byte 0", "wire type \(type)") { try parse([0x08 | type, 0]) })
    #expect(refuses(.malformed, "byte 0", "field number 0") { try parse([0x00, 0x00]) })
  }

  @Test("O4: a known field of the wrong wire type")
  func wrongWireType() {
    #expect(refuses(.malformed, "byte 0", "field 7") { try parse { $0.integer(7, 1) } })
    #expect(refuses(.malformed, "byte 0", "field 1") { try parse { $0.string(1, "8") } })
    #expect(
      refuses(.malformed, "TensorProto", "field 8") {
        try convert(w: ProtobufWriter.message { $0.integer(8, 1) })
      })
    #expect(
      refuses(.malformed, "field 4") {
        try convert(
          w: tensor {
            $0.integer(1, 1)
            $0.integer(2, 1)
            $0.integer(4, 1)
          })
      })
  }

  @Test("O5: graphs within graphs are followed 16 deep")
  func nesting() throws {
    // A graph within an attribute within a node, and so on.
    var graph: [UInt8] = []
    for _ in 0..<20_000 {
      let attribute = ProtobufWriter.message {
        $0.string(1, "then_branch")
        $0.bytes(6, graph.count < 1 << 20 ? graph : [])
      }
      let node = ProtobufWriter.message {
        $0.string(2, "y")
        $0.string(4, "If")
        $0.bytes(5, attribute)
      }
      graph = ProtobufWriter.message { $0.bytes(1, node) }
      if graph.count > 1 << 17 { break }
    }
    let whole = ProtobufWriter.message {
      $0.message(8) { $0.integer(2, 17) }
      $0.bytes(7, graph + ProtobufWriter.message { $0.message(12) { $0.string(1, "y") } })
    }
    let passes = Pass.count {
      #expect(refuses(.malformed, "more than 16 deep") { try parse { $0.bytes = whole } })
    }
    #expect(passes <= Pass.maximum)
  }

  @Test("O6: dims negative or wrapping", arguments: [[-1], [1 << 62, 8], [1 << 32, 1 << 32, 0]])
  func dims(_ dims: [Int]) {
    let bytes = tensor {
      for size in dims { $0.integer(1, size) }
      $0.integer(2, 1)
      $0.bytes(9, [])
    }
    #expect(refuses(.malformed, "tensor W", "shape") { try convert(w: bytes) })
  }

  @Test("O7: raw_data that does not match", arguments: [0, 4, 92, 95, 97, 100])
  func rawData(_ count: Int) {
    let bytes = tensor {
      for size in [1, 12, 2] { $0.integer(1, size) }
      $0.integer(2, 1)
      $0.bytes(9, Array(repeating: 0, count: count))
    }
    #expect(refuses(.malformed, "tensor W", "raw_data") { try convert(w: bytes) })
  }

  @Test("O8: raw_data beside float_data, or twice")
  func bothData() {
    let both = tensor {
      $0.integer(1, 1)
      $0.integer(2, 1)
      $0.float(4, 1)
      $0.bytes(9, [0, 0, 0, 0])
    }
    #expect(refuses(.malformed, "tensor W", "raw_data beside") { try convert(w: both) })
    let twice = tensor {
      $0.integer(1, 1)
      $0.integer(2, 1)
      $0.bytes(9, [0, 0, 0, 0])
      $0.bytes(9, [0, 0, 0, 0])
    }
    #expect(refuses(.malformed, "raw_data stands twice") { try convert(w: twice) })
  }

  @Test("O9: float_data of another count, or another type's field", arguments: [0, 23, 25])
  func floatData(_ count: Int) {
    let bytes = tensor {
      for size in [1, 12, 2] { $0.integer(1, size) }
      $0.integer(2, 1)
      for _ in 0..<count { $0.float(4, 0) }
    }
    #expect(refuses(.malformed, "tensor W", "\(count) numbers") { try convert(w: bytes) })
    let wrong = tensor {
      $0.integer(1, 1)
      $0.integer(2, 1)
      $0.integer(7, 1)
    }
    #expect(refuses(.malformed, "tensor W", "another type") { try convert(w: wrong) })
  }

  @Test(
    "O10, O11: external data is not read, wherever it is said to be",
    arguments: [
      ("location", "/etc/passwd"), ("location", "../x"), ("location", "a/../../b"),
      ("location", ""), ("location", "a\0b"), ("location", "weights.bin"), ("offset", "-1"),
      ("length", "text"), ("other", "1"),
    ])
  func external(_ key: String, _ value: String) {
    let bytes = tensor {
      for size in [1, 12, 2] { $0.integer(1, size) }
      $0.integer(2, 1)
      $0.message(13) {
        $0.string(1, key)
        $0.string(2, value)
      }
      $0.integer(14, 1)
    }
    #expect(refuses(.unsupported, "tensor W", "external data") { try convert(w: bytes) })
  }

  @Test("O12: hidden_size that is not positive, or not that of the weights", arguments: [0, -1, 4])
  func hiddenSize(_ size: Int) {
    var graph = Builder.lstm([("hidden_size", .integer(size))])
    graph.output("Y")
    #expect(refuses(.malformed, "the_LSTM_0", "hidden_size") { _ = try graph.convert() })
    var short = Builder.lstm(b: [1, 12])
    short.output("Y")
    #expect(refuses(.malformed, "the_LSTM_0", "B has the shape") { _ = try short.convert() })
    var rows = Builder.lstm(w: [1, 9, 2])
    rows.output("Y")
    #expect(refuses(.malformed, "the_LSTM_0", "W has the shape") { _ = try rows.convert() })
  }

  @Test("O13: W, R or B of another rank", arguments: [[], [24], [1, 12, 2, 1]])
  func rank(_ shape: [Int]) {
    for builder in [Builder.lstm(w: shape), Builder.lstm(r: shape), Builder.lstm(b: shape)] {
      var graph = builder
      graph.output("Y")
      #expect(refuses(.malformed, "the_LSTM_0", "axes") { _ = try graph.convert() })
    }
  }

  @Test("O14: direction against the weights' directions")
  func direction() {
    for (direction, kind) in [
      ("bidirectional", .malformed), ("sideways", .malformed),
    ] as [(String, ConversionError.Kind)] {
      var graph = Builder.lstm([("direction", .string(direction))])
      graph.output("Y")
      #expect(refuses(kind, "the_LSTM_0", "direction") { _ = try graph.convert() })
    }
    var two = Builder.lstm(w: [2, 12, 2], r: [2, 12, 3], b: [2, 24])
    two.output("Y")
    #expect(refuses(.malformed, "the_LSTM_0", "direction forward") { _ = try two.convert() })
  }

  @Test(
    "O15: an attribute that is not supported is refused by its name",
    arguments: ["output_sequence", "unheard_of"])
  func attribute(_ name: String) {
    var graph = Builder.lstm([(name, .float(0))])
    graph.output("Y")
    #expect(refuses(.unsupported, "the_LSTM_0", name) { _ = try graph.convert() })
  }

  @Test("O15: a value of an attribute that is not supported is refused by its name")
  func values() {
    for (attributes, kind, text) in [
      ([("clip", .float(0))], .malformed, "clip"),
      ([("clip", .float(-1))], .malformed, "clip"),
      ([("clip", .float(.infinity))], .malformed, "clip"),
      ([("input_forget", .integer(2))], .malformed, "input_forget"),
      ([("activations", .strings(["Sigmoid", "Tanh"]))], .malformed, "activations"),
      (
        [("activations", .strings(["Sigmoid", "Tanh", "Tanh", "Tanh"]))], .malformed, "activations"
      ),
      ([("activations", .strings(["Sigmoid", "Mish", "Tanh"]))], .unsupported, "Mish"),
      (
        [("activations", .strings(["Affine", "Tanh", "Tanh"]))], .unsupported, "activation_alpha"
      ),
      (
        [
          ("activations", .strings(["Sigmoid", "ScaledTanh", "Tanh"])),
          ("activation_alpha", .floats([1])),
        ], .unsupported, "activation_beta"
      ),
      (
        [
          ("activations", .strings(["Sigmoid", "Elu", "Tanh"])),
          ("activation_alpha", .floats([.nan])),
        ], .malformed, "activation_alpha"
      ),
    ] as [([(String, GraphBuilder.Attribute)], ConversionError.Kind, String)] {
      var graph = Builder.lstm(attributes)
      graph.output("Y")
      #expect(refuses(kind, "the_LSTM_0", text) { _ = try graph.convert() }, "\(attributes)")
    }
  }

  @Test("O12: lengths and peepholes of another shape")
  func input() {
    for (names, text) in [
      (["lengths"], "sequence_lens"), (["", "", "", "short"], "P has the shape"),
    ] {
      var graph = Builder.lstm(inputs: names)
      graph.initializer("short", [1, 8], Array(repeating: 0, count: 8))
      graph.initializer("lengths", [1], integers: [-4])
      graph.output("Y")
      #expect(refuses(.malformed, "the_LSTM_0", text) { _ = try graph.convert() })
    }
  }

  @Test("O16: an initializer missing, twice, or sparse without a name")
  func initializer() {
    var missing = Builder.lstm()
    missing.output("Y")
    missing.initializers.remove(at: 0)
    #expect(refuses(.malformed, "the_LSTM_0", "\"W\"") { _ = try missing.convert() })
    var twice = Builder.lstm()
    twice.output("Y")
    twice.initializers.append(twice.initializers[0])
    #expect(refuses(.malformed, "tensor W") { _ = try twice.convert() })
    #expect(
      refuses(.malformed, "without a name") {
        try parse {
          $0.message(8) { $0.integer(2, 17) }
          $0.message(7) { $0.bytes(15, []) }
        }
      })
  }

  @Test("A weight that is not finite is named with its index")
  func notFinite() {
    var values = ramp(24)
    values[5] = .nan
    let bytes = Builder.tensor("W", [1, 12, 2], values)
    #expect(refuses(.malformed, "tensor W", "element 5") { try convert(w: bytes) })
  }
}
