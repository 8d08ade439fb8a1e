import Sluice
import SluiceBlob
import TestSupport

/// Sound blobs whose layers, numbers and inputs are the fuzzer's, and under whose control register and masks
/// they run: every way gives the same bits.
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
      // Rounding, flushing, masks of exceptions and their flags are 16 bits, all of which there are.
      let control = choices.below(2) == 0 ? 0x1F80 : UInt32(choices.next64() & 0xFFFF)
      let truth = max(choices.byte(), 1)
      try Running(file, features: features, control: control, truth: truth).run()
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
    let first = size
    for _ in 0...choices.below(6) {
      let record = layer(reading: size, records, first, &choices)
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
      // Indices are none that any number could stand for.
      if contents.layers[index].record.kind != .gather {
        contents.layers[index].weights.replaceNumbers(kind, &choices)
      }
      // One type in three is the plain one.
      let type = StorageType(rawValue: UInt32(choices.below(8))) ?? .f32
      let share = choices.below(4)
      if share < 2 {
        contents.layers[index].prune(
          as: type, keeping: Double(share) / 2, seed: choices.next64())
      }
      contents.layers[index] = contents.layers[index].stored(as: type)
      if share < 3 { contents.layers[index] = contents.layers[index].withoutEmptyBlocks }
      if contents.layers[index].record.readsQuantised, choices.below(2) == 0 {
        contents.layers[index].record.inputScale = 1 / Float(1 + choices.below(255))
      }
    }
    return contents
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
