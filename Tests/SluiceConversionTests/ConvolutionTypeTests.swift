import Sluice
import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork
import TestSupport
import Testing

/// Convolutions whose weights are not f32.
@Suite("Types of convolutions") struct ConvolutionTypeTests {
  static let types: [StorageType] = [.f16, .bf16, .int8, .int4]

  /// Wide and narrow, with and without a past, zeros around it, gaps between taps, more columns than are
  /// taken at once.
  static var network: Network {
    var all = GraphRunTests.Builder(seed: 21)
    all.convolution(
      length: 24, from: 2, to: 16, kernelSize: 5, padding: .zeros(before: 2, after: 2),
      activation: .relu)
    all.convolution(
      length: 24, from: 16, to: 21, kernelSize: 3, stride: 2, padding: .zeros(before: 1, after: 1),
      activation: .tanh)
    all.convolution(
      length: 12, from: 21, to: 32, kernelSize: 2, dilation: 3, padding: .past,
      activation: .sigmoid)
    all.convolution(
      length: 12, from: 32, to: 5, kernelSize: 3, stride: 3, dilation: 2, padding: .past)
    all.convolution(
      length: 4, from: 5, to: 40, kernelSize: 4, stride: 4, padding: .zeros(before: 0, after: 0),
      activation: .relu)
    all.recurrent(.gru(.resetAfter), from: 40, to: 6)
    return all.network
  }

  /// Each of its layers of a type, also where that takes longer.
  private static func contents(_ network: Network, _ type: StorageType) throws -> BlobContents {
    var contents = try network.blobContents()
    contents.layers = contents.layers.map { $0.stored(as: type) }
    return contents
  }

  @Test("each has the type, and is as near as its weights allow", arguments: types)
  func nearness(_ type: StorageType) throws {
    let contents = try Self.contents(Self.network, type)
    #expect(contents.layers.allSatisfy { $0.record.storage == type })
    let bounds: [StorageType: Double] = [.f16: 1e-3, .bf16: 1e-2, .int8: 3e-2, .int4: 0.3]
    let bound = try #require(bounds[type])
    let noise = try NetworkComparison.noise(for: Self.network, steps: 50, seed: 7)
    for set in InstructionSet.runnable {
      let comparison = try NetworkComparison(
        Self.network, contents, over: noise, file: "convolutions", instructionSet: set)
      for layer in comparison.layers {
        #expect(layer.maximalError < bound, "\(layer.name), \(type), \(set)")
        // The types do round.
        #expect(layer.maximalError > bound / 1000, "\(layer.name), \(type), \(set)")
      }
    }
  }

  @Test("blocks, batches and instruction sets give the bits of single steps", arguments: types)
  func sameBits(_ type: StorageType) throws {
    for (name, network) in [
      ("convolutions", Self.network), ("frames", GraphRunTests.frames),
      ("skips", GraphRunTests.skips), ("strided", GraphRunTests.strided),
    ] {
      let contents = try Self.contents(network, type)
      try GraphRunTests().expectSameBits(network, contents, "\(type), \(name)")
    }
  }

  @Test("weights come back as they were rounded", arguments: types)
  func matrices(_ type: StorageType) throws {
    let whole = try Self.network.blobContents()
    let rounded = try Self.contents(Self.network, type)
    for (before, after) in zip(whole.layers, rounded.layers) {
      let scale = before.matrices.input.map(\.magnitude).max() ?? 0
      let steps: [StorageType: Float] = [
        .f16: 0x1p-11, .bf16: 0x1p-8, .int8: 1 / 250, .int4: 1 / 13,
      ]
      let step = scale * (steps[type] ?? 0)
      #expect(
        zip(before.matrices.input, after.matrices.input).allSatisfy { abs($0 - $1) <= step })
    }
  }

  @Test("integers are for who measures, and for those that gain by them")
  func exceptions() throws {
    for (length, channels, gains) in [
      (1, 96, true), (2, 64, true), (4, 64, false), (16, 16, false),
    ] {
      var all = GraphRunTests.Builder(seed: 3)
      all.convolution(
        length: length, from: channels, to: channels, kernelSize: 3,
        padding: .zeros(before: 1, after: 1))
      for type in Self.types {
        let contents = try all.network.blobContents(type: type)
        #expect(contents.layers[0].record.storage == (type.isInteger ? .f32 : type))
      }
      let whole = try all.network.blobContents()
      #expect(whole.stored(as: .int8).layers[0].record.storage == .f32)
      #expect(whole.layers[0].record.isNoSlower(as: .int8) == gains, "\(length), \(channels)")
      let types = whole.layers[0].candidates(slower: false).map(\.record.storage)
      #expect(types == (gains ? [.int8, .f32] : [.f32]), "\(length), \(channels)")
    }
  }

  @Test("a convolution of which each channel sees itself alone is f32, and says so")
  func apart() throws {
    var all = GraphRunTests.Builder(seed: 3)
    all.convolution(length: 4, from: 6, to: 6, kernelSize: 3, groups: 6, padding: .past)
    let record = try all.network.blobContents(type: .int8).layers[0].record
    #expect(record.storage == .f32)
    #expect(record.reasonForF32?.contains("sees itself alone") == true)
  }
}
