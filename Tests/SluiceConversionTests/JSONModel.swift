import SluiceConversion
import SluiceImport
import SluiceNetwork

/// A JSON text that a test builds and damages.
indirect enum JSONText: CustomStringConvertible, ExpressibleByStringLiteral {
  case raw(String)
  case array([JSONText])
  case object([(String, JSONText)])

  init(stringLiteral value: String) { self = .raw(value) }

  /// Numbers of this shape, in steps of 1/16 from -1/2.
  static func numbers(_ shape: Int...) -> JSONText { numbers(shape[...]) }

  static func numbers(_ shape: ArraySlice<Int>) -> JSONText {
    guard let size = shape.first else { return "0.25" }
    return .array(
      (0..<size).map { index in
        shape.count > 1
          ? numbers(shape.dropFirst()) : .raw("\(Double((index * 7) % 16) / 16 - 0.5)")
      })
  }

  /// The object with `value` under `key`, in the place of what stood there; without it where nil.
  func with(_ key: String, _ value: JSONText?) -> JSONText {
    guard case .object(var members) = self else { return self }
    let index = members.firstIndex { $0.0 == key }
    if let index, let value {
      members[index].1 = value
    } else if let index {
      members.remove(at: index)
    } else if let value {
      members.append((key, value))
    }
    return .object(members)
  }

  subscript(key: String) -> JSONText {
    guard case .object(let members) = self else { return "null" }
    return members.first { $0.0 == key }?.1 ?? "null"
  }

  var description: String {
    switch self {
    case .raw(let text): text
    case .array(let members): "[\(members.map(\.description).joined(separator: ","))]"
    case .object(let members):
      "{\(members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ","))}"
    }
  }

  /// Reads the text as a model.
  func convert(_ name: String = "model.json") throws -> ConvertedModel {
    try Converter.convert(SourceBytes(file: name, Array(description.utf8)))
  }
}

extension JSONText {
  /// One layer of RTNeural's JSON.
  static func layer(
    _ type: String, _ size: Int, _ weights: [JSONText], activation: String = ""
  ) -> JSONText {
    .object([
      ("type", .raw("\"\(type)\"")), ("activation", .raw("\"\(activation)\"")),
      ("shape", .raw("[null,null,\(size)]")), ("weights", .array(weights)),
    ])
  }

  /// A model of RTNeural of these layers.
  static func rtneural(_ inputSize: Int, _ layers: JSONText...) -> JSONText {
    .object([("in_shape", .raw("[null,null,\(inputSize)]")), ("layers", .array(layers))])
  }

  /// An LSTM of 2 units on `inputSize` features.
  static func lstm(_ inputSize: Int) -> JSONText {
    layer("lstm", 2, [numbers(inputSize, 8), numbers(2, 8), numbers(8)], activation: "tanh")
  }

  /// A dense layer.
  static func dense(_ inputSize: Int, _ size: Int, activation: String = "") -> JSONText {
    layer("dense", size, [numbers(inputSize, size), numbers(size)], activation: activation)
  }

  /// An LSTM of 2 units and its head, as GuitarML writes it.
  static let guitarML = JSONText.object([
    (
      "model_data",
      .object([
        ("model", "\"SimpleRNN\""), ("input_size", "1"), ("skip", "1"), ("output_size", "1"),
        ("unit_type", "\"LSTM\""), ("num_layers", "1"), ("hidden_size", "2"), ("bias_fl", "true"),
      ])
    ),
    (
      "state_dict",
      .object([
        ("rec.weight_ih_l0", numbers(8, 1)), ("rec.weight_hh_l0", numbers(8, 2)),
        ("rec.bias_ih_l0", numbers(8)), ("rec.bias_hh_l0", numbers(8)),
        ("lin.weight", numbers(1, 2)), ("lin.bias", numbers(1)),
      ])
    ),
  ])

  /// A model of NAM, an LSTM of 2 layers of 3 units on 1 input.
  static let nam = JSONText.object([
    ("version", "\"0.5.4\""), ("architecture", "\"LSTM\""),
    (
      "config",
      .object([("input_size", "1"), ("hidden_size", "3"), ("num_layers", "2")])
    ),
    ("weights", numbers(12 * 4 + 12 + 6 + 12 * 6 + 12 + 6 + 3 + 1)),
  ])
}
