import Sluice
import SluiceBlob
import TestSupport

/// Sound blobs whose layers, numbers and inputs are the fuzzer's: every way gives the same bits.
enum NetworkAttack {
  /// Builds a network of the input, runs it in every way and compares.
  static func run(_ input: [UInt8]) {
    var choices = Choices(input)
    let file: GuardedBytes
    do throws(BlobError) {
      file = GuardedBytes(try contents(&choices).bytes())
    } catch {
      // Not every draw of sizes is a network, and not every number fits 16 bits.
      return
    }
    let features = (0..<64).map { _ in choices.feature() }
    do throws(ModelError) {
      try Running(file, features: features).run()
    } catch {
      finding("\(error) in a sound blob")
    }
    keep(file)
  }

  private static func contents(_ choices: inout Choices) -> BlobContents {
    var records: [LayerRecord] = []
    var size = choices.size()
    if choices.below(4) == 0 {
      records.append(.embedding(tokenCount: choices.size(), outputSize: size))
    }
    for _ in 0...choices.below(4) {
      let record = layer(reading: size, &choices)
      // A convolution that sees more than there is writes nothing, and nothing can follow it.
      guard record.outputSize > 0 else { break }
      records.append(record)
      size = record.outputSize
    }
    var random = SeededRandom(seed: choices.next64())
    var contents = SampleBlobs.contents(of: records, withStates: choices.below(2) == 0, &random)
    if choices.below(4) == 0 { contents.output = .last }
    // Zeros are padding, which stays; every other number becomes any bits that are finite.
    let kind = choices.below(3)
    for index in contents.layers.indices {
      contents.layers[index].biases.replaceNumbers(kind, &choices)
      contents.layers[index].initialState.replaceNumbers(kind, &choices)
      contents.layers[index].weights.replaceNumbers(kind, &choices)
      // One type in three is the plain one.
      let type = StorageType(rawValue: UInt32(choices.below(8))) ?? .f32
      contents.layers[index] = contents.layers[index].stored(as: type)
      if contents.layers[index].record.readsQuantised, choices.below(2) == 0 {
        contents.layers[index].record.inputScale = 1 / Float(1 + choices.below(255))
      }
    }
    return contents
  }

  private static func layer(reading size: Int, _ choices: inout Choices) -> LayerRecord {
    var record: LayerRecord
    switch choices.below(8) {
    case 0, 1: record = .lstm(inputSize: size, hiddenSize: choices.size())
    case 2: record = .gru(inputSize: size, hiddenSize: choices.size(), variant: .resetAfter)
    case 3: record = .gru(inputSize: size, hiddenSize: choices.size(), variant: .resetBefore)
    case 4: record = .rnn(inputSize: size, hiddenSize: choices.size())
    case 5: record = .dense(inputSize: size, outputSize: choices.size())
    case 6: record = .activation(.tanh, size: size)
    default:
      record = .convolution(
        length: size, inputChannels: 1, outputChannels: 1 + choices.below(3),
        kernelSize: 1 + choices.below(4), stride: 1, dilation: 1 + choices.below(3),
        before: choices.below(3), after: choices.below(3), padding: .zeros, activation: .relu)
      if choices.below(2) == 0 {
        record.columns.padding = .past
        record.columns.before = 0
        record.columns.after = 0
        record.outputSize = record.outputLength * (1 + choices.below(3))
      }
    }
    // Half of all cells are plain ones, which have kernels of their own.
    guard choices.below(2) == 0 else { return record }
    if record.kind.isRecurrent {
      record.candidateActivation = choices.function()
      if record.kind != .rnn { record.gateActivation = choices.function() }
      if choices.below(4) == 0 { record.clip = abs(choices.feature()) }
      if choices.below(4) == 0 { record.direction = .reverse }
    }
    if record.kind == .lstm { record.cellFlags = CellFlags(rawValue: UInt32(choices.below(4))) }
    if !record.kind.isRecurrent || record.kind == .lstm {
      record.outputActivation = choices.function()
    }
    return record
  }
}

/// The input as a sequence of choices; where it ends, they follow from all of it.
struct Choices {
  private let input: [UInt8]
  private var position = 0
  private var rest: SeededRandom

  init(_ input: [UInt8]) {
    self.input = input
    var seed: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in input { seed = (seed ^ UInt64(byte)) &* 0x100_0000_01B3 }
    rest = SeededRandom(seed: seed)
  }

  mutating func byte() -> UInt8 {
    guard position < input.count else { return UInt8(truncatingIfNeeded: rest.next()) }
    position += 1
    return input[position - 1]
  }

  mutating func below(_ bound: Int) -> Int { Int(byte()) % bound }

  mutating func next64() -> UInt64 {
    (0..<8).reduce(0) { value, _ in value << 8 | UInt64(byte()) }
  }

  /// Mostly small; some beyond the tiles of every kernel.
  mutating func size() -> Int {
    let size = 1 + Int(byte())
    return size <= 240 ? 1 + size % 40 : size / 2
  }

  /// Any float at all, NaN and infinity among them.
  mutating func feature() -> Float {
    let byte = byte()
    guard byte >= 192 else { return Float(byte) / 64 - 1.5 }
    return Float(bitPattern: UInt32(truncatingIfNeeded: next64()))
  }

  /// One of the functions that a layer may have, with parameters where it has some.
  mutating func function() -> ActivationFunction {
    let kind = Activation(rawValue: UInt32(below(13))) ?? .identity
    let parameters = (0..<2).map { $0 < kind.parameterCount ? Float(byte()) / 64 - 1 : 0 }
    return ActivationFunction(kind, alpha: parameters[0], beta: parameters[1])
  }

  /// A finite number: of the kind 0 any bits, 1 around one, 2 around the least normal one.
  mutating func number(_ kind: Int) -> UInt32 {
    let bits = UInt32(truncatingIfNeeded: rest.next())
    let sign = bits & 0x807F_FFFF
    switch kind {
    case 0: return bits & 0x7F80_0000 == 0x7F80_0000 ? sign | 0x7F00_0000 : bits
    case 1: return sign | 0x3F80_0000 &- bits >> 24 & 7 << 23
    default: return sign | (bits >> 24 & 3) << 23
    }
  }
}

extension [Float] {
  /// Puts other numbers where one stands that is not zero.
  fileprivate mutating func replaceNumbers(_ kind: Int, _ choices: inout Choices) {
    for index in indices where self[index] != 0 {
      self[index] = Float(bitPattern: choices.number(kind))
    }
  }
}

extension [UInt8] {
  /// The same for bytes that hold floats.
  fileprivate mutating func replaceNumbers(_ kind: Int, _ choices: inout Choices) {
    for index in stride(from: 0, to: count, by: 4) where load(4, at: index) != 0 {
      store(UInt64(choices.number(kind)), 4, at: index)
    }
  }
}
