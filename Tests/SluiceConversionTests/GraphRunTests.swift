import Sluice
import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork
import TestSupport
import Testing

/// Graphs through the runtime: near the reference, and the same bits however they are run.
@Suite("Graphs run") struct GraphRunTests {
  /// Layers of any kind after one another, each drawn from a seed.
  struct Builder {
    var random: SeededRandom
    var layers: [Network.Layer] = []

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    mutating func add(_ operation: Network.Operation, _ inputs: [Int] = []) {
      layers.append(
        Network.Layer(name: "layer \(layers.count)", operation: operation, inputs: inputs))
    }

    mutating func convolution(
      length: Int, from inputs: Int, to outputs: Int, kernelSize: Int, stride: Int = 1,
      dilation: Int = 1, groups: Int = 1, padding: Network.Convolution.Padding,
      activation: Network.Function = .identity, reads: [Int] = []
    ) {
      let count = outputs * inputs / groups * kernelSize
      let bound = 1 / Float(inputs / groups * kernelSize).squareRoot()
      add(
        .convolution(
          .init(
            length: length, inputChannels: inputs, outputChannels: outputs, kernelSize: kernelSize,
            stride: stride, dilation: dilation, groups: groups, padding: padding,
            weights: random.floats(count, bound: bound),
            bias: random.floats(outputs, bound: bound), activation: activation)), reads)
    }

    mutating func recurrent(
      _ cell: Network.Cell, from inputs: Int, to size: Int,
      over columns: Network.RecurrentColumns? = nil, isReverse: Bool = false, reads: [Int] = []
    ) {
      var form = Network.CellForm()
      form.isReverse = isReverse
      let rows = cell.gateCount * size
      let bound = 1 / Float(size).squareRoot()
      add(
        .recurrent(
          .init(
            cell: cell, inputSize: inputs, hiddenSize: size,
            inputWeights: random.floats(rows * inputs, bound: bound),
            hiddenWeights: random.floats(rows * size, bound: bound),
            inputBias: random.floats(rows, bound: bound),
            hiddenBias: random.floats(rows, bound: bound), form: form, columns: columns)), reads)
    }

    mutating func dense(from inputs: Int, to size: Int, _ reads: [Int] = []) {
      let bound = 1 / Float(inputs).squareRoot()
      add(
        .dense(
          .init(
            inputSize: inputs, outputSize: size,
            weights: random.floats(inputs * size, bound: bound),
            bias: random.floats(size, bound: bound))), reads)
    }

    var network: Network {
      Network(layers: layers, provenance: Provenance(source: "test", format: "test", hash: 0))
    }
  }

  /// Frames in, as speech models have them: a spectrum's magnitude, strided maps, a cell, a head.
  static var frames: Network {
    var all = Builder(seed: 1)
    all.add(.reflectPad(.init(length: 41, channels: 1, before: 3, after: 7)))
    all.convolution(
      length: 51, from: 1, to: 26, kernelSize: 11, stride: 8, padding: .zeros(before: 0, after: 0))
    all.add(.magnitude(length: 6, channels: 13))
    all.convolution(
      length: 6, from: 13, to: 20, kernelSize: 3, padding: .zeros(before: 1, after: 1),
      activation: .relu)
    all.convolution(
      length: 6, from: 20, to: 16, kernelSize: 3, stride: 2, padding: .zeros(before: 1, after: 1),
      activation: .relu)
    all.convolution(
      length: 3, from: 16, to: 8, kernelSize: 2, dilation: 2, groups: 4,
      padding: .zeros(before: 2, after: 2), activation: .tanh)
    all.convolution(
      length: 5, from: 8, to: 33, kernelSize: 5, stride: 5, padding: .zeros(before: 4, after: 0))
    all.recurrent(.lstm, from: 33, to: 19)
    all.dense(from: 19, to: 3)
    return all.network
  }

  /// Samples in, with skips around cells and every layer that has columns.
  static var skips: Network {
    var all = Builder(seed: 2)
    all.convolution(length: 1, from: 5, to: 18, kernelSize: 3, dilation: 4, padding: .past)
    all.recurrent(.gru(.resetBefore), from: 18, to: 18)
    all.add(.add(size: 18, count: 3), [0, 1, 0])
    all.add(
      .layerNorm(
        .init(length: 2, epsilon: 1e-5, scale: all.random.floats(9), shift: all.random.floats(9))))
    all.recurrent(.lstm, from: 18, to: 7)
    all.add(.concatenate(length: 1, channels: [7, 5, 18, 7]), [4, -1, 2, 4])
    all.add(.prelu(.init(slopes: all.random.floats(37))))
    all.add(
      .scale(.init(scale: all.random.floats(37), shift: all.random.floats(37))))
    all.add(.slice(.init(channels: 37, start: 3, count: 31)))
    all.recurrent(.gru(.resetAfter), from: 5, to: 31, reads: [-1])
    all.add(.add(size: 31, count: 2), [8, 9])
    all.dense(from: 31, to: 4)
    return all.network
  }

  /// A stream of which every third sample yields an output, by way of two columns of columns.
  static var strided: Network {
    var all = Builder(seed: 3)
    all.convolution(
      length: 6, from: 2, to: 9, kernelSize: 4, stride: 3, padding: .past, activation: .relu)
    all.convolution(length: 2, from: 9, to: 17, kernelSize: 3, dilation: 2, padding: .past)
    all.add(.concatenate(length: 2, channels: [17, 9, 6]), [1, 0, -1])
    all.convolution(length: 2, from: 32, to: 5, kernelSize: 2, stride: 2, padding: .past)
    return all.network
  }

  /// Ids in, the embedding read by two layers.
  static var tokens: Network {
    var all = Builder(seed: 4)
    all.add(.embedding(.init(count: 9, size: 6, weights: all.random.floats(54))))
    all.recurrent(.rnn(.tanh), from: 6, to: 6)
    all.dense(from: 6, to: 6)
    all.add(.add(size: 6, count: 2), [2, 0])
    all.dense(from: 6, to: 2)
    return all.network
  }

  /// Steps that are masked, about half of them: by features of the input in one cell of each kind, whose
  /// outputs become zero in one; the logarithm of softmax at the end.
  static var masked: Network {
    var all = Builder(seed: 5)
    all.add(.activation(.relu, size: 5))
    all.add(.mask(.init(size: 5, start: 1, count: 1, value: 0)))
    all.recurrent(.lstm, from: 6, to: 18)
    all.add(.slice(.init(channels: 6, start: 5, count: 1)), [1])
    all.add(.concatenate(length: 1, channels: [18, 1]), [2, 3])
    all.add(.mask(.init(size: 19, start: 18, count: 1, value: 0)))
    all.recurrent(.gru(.resetAfter), from: 20, to: 7)
    all.add(.concatenate(length: 1, channels: [7, 1]), [6, 3])
    all.recurrent(.gru(.resetBefore), from: 8, to: 9)
    all.add(.concatenate(length: 1, channels: [9, 1]), [8, 3])
    all.recurrent(.rnn(.tanh), from: 10, to: 5)
    all.dense(from: 5, to: 3)
    all.add(.activation(.logSoftmax, size: 3))
    for index in all.layers.indices {
      guard case .recurrent(var layer) = all.layers[index].operation else { continue }
      layer.form.isMasked = true
      all.layers[index].operation = .recurrent(layer)
    }
    return all.network
  }

  /// Bands of a spectrum: their past beside them, taps of each channel alone, cells along the bands both ways
  /// and one state for each, channels in another order.
  static var bands: Network {
    var all = Builder(seed: 6)
    all.convolution(
      length: 9, from: 3, to: 10, kernelSize: 3, padding: .zeros(before: 1, after: 1))
    all.add(.delay(.init(size: 90, count: 1)))
    all.add(.delay(.init(size: 90, count: 3)), [0])
    for source in 0..<3 {
      all.convolution(
        length: 9, from: 10, to: 10, kernelSize: 3, dilation: 2, groups: 10,
        padding: .zeros(before: 2, after: 2), activation: .relu, reads: [source])
    }
    all.add(.add(size: 90, count: 3), [3, 4, 5])
    all.recurrent(.gru(.resetAfter), from: 10, to: 4, over: .init(count: 9, mode: .along))
    all.recurrent(
      .gru(.resetAfter), from: 10, to: 4, over: .init(count: 9, mode: .along), isReverse: true,
      reads: [6])
    all.add(.concatenate(length: 9, channels: [4, 4]), [7, 8])
    all.recurrent(.lstm, from: 8, to: 10, over: .init(count: 9, mode: .each))
    all.add(
      .gather(
        .init(inputSize: 90, indices: (0..<96).map { $0 < 90 ? $0 % 9 * 10 + $0 / 9 : -1 })))
    all.convolution(
      length: 16, from: 6, to: 6, kernelSize: 5, stride: 2, groups: 6,
      padding: .zeros(before: 2, after: 2))
    all.recurrent(.gru(.resetBefore), from: 6, to: 16, over: .init(count: 8, mode: .each))
    all.dense(from: 128, to: 4)
    return all.network
  }

  static let networks = ["frames", "skips", "strided", "tokens", "masked", "bands"]

  static func network(_ name: String) -> Network {
    switch name {
    case "frames": frames
    case "skips": skips
    case "strided": strided
    case "masked": masked
    case "bands": bands
    default: tokens
    }
  }

  static func sequence(_ network: Network, steps: Int, seed: UInt64) throws -> InputSequence {
    try NetworkComparison.noise(for: network, steps: steps, seed: seed).sequences[0]
  }

  @Test("every layer is near the reference", arguments: networks)
  func nearReference(_ name: String) throws {
    let network = Self.network(name)
    let contents = try network.blobContents()
    for set in InstructionSet.runnable {
      let comparison = try NetworkComparison(
        network, contents, over: NetworkComparison.noise(for: network, steps: 50, seed: 7),
        file: name, instructionSet: set)
      for layer in comparison.layers {
        #expect(layer.maximalError < 2e-5, "\(layer.name) of \(name) with \(set)")
      }
    }
  }

  @Test("blocks, batches and instruction sets give the bits of single steps", arguments: networks)
  func sameBits(_ name: String) throws {
    let network = Self.network(name)
    try expectSameBits(network, network.blobContents(), name)
  }

  /// Runs the network in every way and compares.
  func expectSameBits(_ network: Network, _ contents: BlobContents, _ name: String) throws {
    let steps = 41
    let sequence = try Self.sequence(network, steps: steps, seed: 9)
    var expected: [Float] = []
    for set in InstructionSet.runnable.reversed() {
      let blob = try OpenBlob(contents, file: name, instructionSet: set)
      // Once more from a reset, so that what a first run leaves behind does not count.
      for _ in 0..<2 {
        blob.stream.reset()
        let single = (0..<steps).flatMap { blob.step(sequence, $0) }
        if expected.isEmpty { expected = single }
        if set != .baseline { #expect(single == expected, "single steps of \(name) with \(set)") }
        let block = blob.stream.run(sequence, of: blob.model, steps: steps)
        #expect(block == single, "a block of \(name) with \(set)")
      }
      try expectBatch(blob.model, network, steps: steps)
    }
  }

  /// Five streams, of which some pause, each with the bits that it has alone.
  private func expectBatch(
    _ model: borrowing Model, _ network: Network, steps: Int
  ) throws {
    let count = 5
    var batch = try StreamBatch(model, count: count)
    let sequences = try (0..<count).map {
      try Self.sequence(network, steps: steps, seed: UInt64($0))
    }
    var outputs = [[Float]](repeating: [], count: count)
    var y = [Float](repeating: 0, count: count * model.outputSize)
    for step in 0..<steps {
      let active = (0..<count).map { ($0 + step) % 7 != 3 }
      let all = step % 3 == 0
      var span = y.mutableSpan
      if network.readsIDs {
        let ids = sequences.map { $0.id(step) }
        if all {
          batch.step(tokens: ids.span, into: &span)
        } else {
          batch.step(tokens: ids.span, into: &span, active: active.span)
        }
      } else {
        let x = sequences.flatMap { $0.row(step) }
        if all {
          batch.step(x.span, into: &span)
        } else {
          batch.step(x.span, into: &span, active: active.span)
        }
      }
      for stream in 0..<count where all || active[stream] {
        outputs[stream] += y[stream * model.outputSize..<(stream + 1) * model.outputSize]
      }
    }
    for stream in 0..<count {
      var alone = try ModelStream(model)
      var expected: [Float] = []
      var y = [Float](repeating: 0, count: model.outputSize)
      for step in 0..<steps where step % 3 == 0 || (stream + step) % 7 != 3 {
        if network.readsIDs {
          alone.step(token: Int(sequences[stream].id(step)), into: &y)
        } else {
          alone.step(sequences[stream].row(step), into: &y)
        }
        expected += y
      }
      #expect(outputs[stream] == expected, "stream \(stream)")
    }
  }

  @Test("taps that see only zeros are left out")
  func idleTaps() throws {
    for (length, kernelSize, stride, dilation, before, after) in [
      (1, 3, 1, 1, 1, 1), (2, 3, 2, 1, 1, 1), (2, 5, 1, 2, 4, 4), (3, 7, 3, 1, 3, 3),
      (1, 2, 1, 3, 0, 3), (4, 3, 1, 1, 1, 1), (1, 9, 1, 1, 8, 0),
    ] {
      var all = Builder(seed: 11)
      all.convolution(
        length: length, from: 3, to: 4, kernelSize: kernelSize, stride: stride, dilation: dilation,
        padding: .zeros(before: before, after: after))
      guard case .convolution(let layer) = all.layers[0].operation else { return }
      let trimmed = layer.withoutIdleTaps
      #expect(trimmed.outputLength == layer.outputLength)
      #expect(trimmed.kernelSize <= layer.kernelSize && trimmed.kernelSize >= 1)
      var reference = ReferenceNetwork<Double>(all.network)
      all.layers[0].operation = .convolution(trimmed)
      var shorter = ReferenceNetwork<Double>(all.network)
      let x = all.random.floats(length * 3).map { Double($0) }
      let (y, z) = (reference.step(x), shorter.step(x))
      #expect(zip(y, z).allSatisfy { abs($0 - $1) < 1e-12 })
    }
  }
}

extension InputSequence {
  fileprivate func id(_ step: Int) -> Int32 {
    if case .ids(let ids) = self { ids[step] } else { 0 }
  }

  fileprivate func row(_ step: Int) -> [Float] {
    guard case .features(let values, let size) = self else { return [] }
    return Array(values[step * size..<(step + 1) * size])
  }
}
