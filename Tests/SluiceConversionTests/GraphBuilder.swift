import SluiceConversion
import SluiceImport
import SluiceNetwork

/// Builds small ONNX models in memory.
struct GraphBuilder {
  enum Attribute {
    case integer(Int)
    case integers([Int])
    case float(Float)
    case floats([Float])
    case string(String)
    case strings([String])
    case tensor([UInt8])
    /// The type of that number, and no value.
    case empty(Int)
  }

  var nodes: [[UInt8]] = []
  var initializers: [[UInt8]] = []
  var inputs: [[UInt8]] = []
  var outputs: [[UInt8]] = []
  var sparseInitializers: [[UInt8]] = []
  var opset = 17

  mutating func node(
    _ operation: String, _ inputs: [String], _ outputs: [String], domain: String = "",
    _ attributes: [(String, Attribute)] = []
  ) {
    nodes.append(
      ProtobufWriter.message { node in
        for name in inputs { node.string(1, name) }
        for name in outputs { node.string(2, name) }
        node.string(3, "the_\(operation)_\(nodes.count)")
        node.string(4, operation)
        for (name, value) in attributes {
          node.message(5) { Self.write(name, value, to: &$0) }
        }
        if !domain.isEmpty { node.string(7, domain) }
      })
  }

  private static func write(
    _ name: String, _ value: Attribute, to attribute: inout ProtobufWriter
  ) {
    attribute.string(1, name)
    switch value {
    case .integer(let value):
      attribute.integer(3, value)
      attribute.integer(20, 2)
    case .integers(let values):
      for value in values { attribute.integer(8, value) }
      attribute.integer(20, 7)
    case .float(let value):
      attribute.float(2, value)
      attribute.integer(20, 1)
    case .floats(let values):
      for value in values { attribute.float(7, value) }
      attribute.integer(20, 6)
    case .string(let value):
      attribute.string(4, value)
      attribute.integer(20, 3)
    case .strings(let values):
      for value in values { attribute.string(9, value) }
      attribute.integer(20, 8)
    case .tensor(let bytes):
      attribute.bytes(5, bytes)
      attribute.integer(20, 4)
    case .empty(let type): attribute.integer(20, type)
    }
  }

  static func tensor(_ name: String, _ shape: [Int], _ values: [Float]) -> [UInt8] {
    ProtobufWriter.message { tensor in
      for size in shape { tensor.integer(1, size) }
      tensor.integer(2, 1)
      tensor.string(8, name)
      tensor.bytes(9, littleEndian(values))
    }
  }

  static func tensor(_ name: String, _ shape: [Int], integers: [Int]) -> [UInt8] {
    ProtobufWriter.message { tensor in
      for size in shape { tensor.integer(1, size) }
      tensor.integer(2, 7)
      for value in integers { tensor.integer(7, value) }
      tensor.string(8, name)
    }
  }

  mutating func initializer(_ name: String, _ shape: [Int], _ values: [Float]) {
    initializers.append(Self.tensor(name, shape, values))
  }

  mutating func initializer(_ name: String, _ shape: [Int], integers: [Int]) {
    initializers.append(Self.tensor(name, shape, integers: integers))
  }

  /// A graph input; a size of nil is symbolic.
  mutating func input(_ name: String, _ shape: [Int?], type: Int = 1) {
    inputs.append(Self.value(name, shape, type: type))
  }

  /// A graph output, of floats of a shape where one is given.
  mutating func output(_ name: String, _ shape: [Int?]? = nil) {
    outputs.append(
      shape.map { Self.value(name, $0, type: 1) } ?? ProtobufWriter.message { $0.string(1, name) })
  }

  private static func value(_ name: String, _ shape: [Int?], type: Int) -> [UInt8] {
    ProtobufWriter.message { value in
      value.string(1, name)
      value.message(2) { proto in
        proto.message(1) { tensor in
          tensor.integer(1, type)
          tensor.message(2) { sizes in
            for size in shape {
              sizes.message(1) { dimension in
                if let size { dimension.integer(1, size) } else { dimension.string(2, "n") }
              }
            }
          }
        }
      }
    }
  }

  /// The bytes of the model.
  var bytes: [UInt8] {
    ProtobufWriter.message { model in
      model.integer(1, 8)
      model.message(8) { $0.integer(2, opset) }
      model.message(7) { graph in
        for node in nodes { graph.bytes(1, node) }
        graph.string(2, "graph")
        for tensor in initializers { graph.bytes(5, tensor) }
        for tensor in sparseInitializers { graph.bytes(15, tensor) }
        for value in inputs { graph.bytes(11, value) }
        for value in outputs { graph.bytes(12, value) }
      }
    }
  }

  func convert(constants: [Name: Tensor] = [:]) throws(ConversionError) -> ConvertedModel {
    try Converter.convert(SourceBytes(file: "model.onnx", bytes), constants: constants)
  }
}

extension GraphBuilder {
  /// An LSTM of 2 features and 3 units from `x` [n, n, 2] to `Y`, `Y_h` and `Y_c`.
  static func lstm(
    _ attributes: [(String, Attribute)] = [], inputs extra: [String] = [], w: [Int] = [1, 12, 2],
    r: [Int] = [1, 12, 3], b: [Int] = [1, 24]
  ) -> GraphBuilder {
    var graph = GraphBuilder()
    graph.input("x", [nil, nil, 2])
    for (name, shape) in [("W", w), ("R", r), ("B", b)] {
      graph.initializer(name, shape, ramp(shape.reduce(1, *)))
    }
    graph.node(
      "LSTM", ["x", "W", "R", "B"] + extra, ["Y", "Y_h", "Y_c"],
      attributes.contains { $0.0 == "hidden_size" }
        ? attributes : attributes + [("hidden_size", .integer(3))])
    return graph
  }
}

/// Small distinct numbers.
func ramp(_ count: Int) -> [Float] { (0..<count).map { Float($0 % 17 - 8) / 16 } }
