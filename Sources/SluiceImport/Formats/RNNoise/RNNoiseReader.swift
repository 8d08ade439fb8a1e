import SluiceNetwork

/// Reads the two files of RNNoise weights: bytes as they lie, and the text of rnnoise-nu.
///
/// Both hold of each layer how many inputs and outputs it has, the number of its activation, then W, of
/// a GRU U, and b: of the one each a byte, of the other a decimal number.
struct RNNoiseReader {
  /// How the text begins.
  static let header = "rnnoise-nu model file version "

  private let source: SourceBytes
  private let isText: Bool
  /// The byte that comes next.
  private var position = 0

  /// The network of the file.
  static func network(
    _ source: SourceBytes, provenance: Provenance
  ) throws(ConversionError) -> Network {
    var reader = try RNNoiseReader(source)
    do throws(ConversionError) {
      let parts = try reader.parts()
      return RNNoiseModel.network(parts, provenance: provenance)
    } catch {
      // What does not fit anywhere shows behind the line that is too long or too short.
      throw reader.isText ? RNNoiseLines(source).error ?? error : error
    }
  }

  /// The weights of all layers, behind which nothing follows.
  private mutating func parts() throws(ConversionError) -> [RNNoiseModel.Part: RNNoiseModel.Weights]
  {
    var parts: [RNNoiseModel.Part: RNNoiseModel.Weights] = [:]
    for part in RNNoiseModel.Part.allCases { parts[part] = try weights(of: part, parts) }
    try finish()
    return parts
  }

  private init(_ source: SourceBytes) throws(ConversionError) {
    self.source = source
    isText = Self.isText(source)
    guard isText else { return }
    position = Self.header.utf8.count
    let version = try number(in: 0...Int(Int32.max), "the version")
    guard version == 1 else {
      throw .unsupported(source.file, "", "the version \(version) of rnnoise-nu; expected 1")
    }
  }

  /// Whether `source` is the text.
  static func isText(_ source: SourceBytes) -> Bool {
    source.array(0..<min(source.count, header.utf8.count)) == Array(header.utf8)
  }

  private mutating func weights(
    of part: RNNoiseModel.Part, _ parts: [RNNoiseModel.Part: RNNoiseModel.Weights]
  ) throws(ConversionError) -> RNNoiseModel.Weights {
    let name = part.rawValue
    let start = position
    let inputSize = try number(in: 0...255, "the inputs of \(name)")
    let outputSize = try number(in: 0...255, "the outputs of \(name)")
    let expected = RNNoiseModel.inputSize(of: part, frame: parts[.dense]?.inputSize ?? inputSize) {
      parts[$0]?.outputSize ?? 0
    }
    guard inputSize == expected, inputSize > 0, outputSize > 0 else {
      throw malformed(
        start,
        "\(name) has \(inputSize) inputs and \(outputSize) outputs; expected "
          + (part == .dense ? "some of both" : "\(expected) inputs, as the layers before it tell"))
    }
    let place = position
    let code = try number(in: 0...255, "the activation of \(name)")
    let functions: [Network.Function] = [.tanh, .sigmoid, .relu]
    guard functions.indices.contains(code) else {
      throw .unsupported(
        source.file, "byte \(place)",
        "the activation \(code) of \(name); expected 0 (tanh), 1 (sigmoid) or 2 (relu)")
    }
    let columns = part.gateCount * outputSize
    return RNNoiseModel.Weights(
      inputSize: inputSize, outputSize: outputSize, activation: functions[code],
      input: try weights(inputSize * columns, "the input weights of \(name)"),
      hidden: part.isRecurrent
        ? try weights(outputSize * columns, "the recurrent weights of \(name)") : [],
      bias: try weights(columns, "the bias of \(name)"))
  }

  private mutating func weights(
    _ count: Int, _ what: String
  ) throws(ConversionError) -> [Float] {
    var weights: [Float] = []
    for _ in 0..<count {
      let value = isText ? try number(in: -128...127, what) : Int(Int8(bitPattern: try byte(what)))
      weights.append(Float(value) / 256)
    }
    return weights
  }

  private mutating func number(
    in range: ClosedRange<Int>, _ what: String
  ) throws(ConversionError) -> Int {
    guard isText else { return Int(try byte(what)) }
    skipSpaces()
    let start = position
    var digits: [UInt8] = []
    while position < source.count, !Self.isSpace(source[position]), digits.count < 12 {
      digits.append(source[position])
      position += 1
    }
    guard !digits.isEmpty else { throw malformed(start, "the file ends within \(what)") }
    let text = String(decoding: digits, as: UTF8.self)
    guard let value = Int(text), range.contains(value) else {
      throw malformed(
        start,
        "\"\(quotable(text))\" in \(what); expected an integer of \(range.lowerBound) to "
          + "\(range.upperBound)")
    }
    return value
  }

  private mutating func byte(_ what: String) throws(ConversionError) -> UInt8 {
    guard position < source.count else {
      throw malformed(position, "the file ends within \(what)")
    }
    defer { position += 1 }
    return source[position]
  }

  private mutating func finish() throws(ConversionError) {
    if isText { skipSpaces() }
    guard position == source.count else {
      throw malformed(position, "\(source.count - position) bytes behind the last layer")
    }
  }

  private mutating func skipSpaces() {
    while position < source.count, Self.isSpace(source[position]) { position += 1 }
  }

  static func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }

  private func malformed(_ position: Int, _ reason: String) -> ConversionError {
    .malformed(source.file, "byte \(position)", reason)
  }
}
