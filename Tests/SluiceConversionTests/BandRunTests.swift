import Sluice
import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork
import TestSupport
import Testing

/// Networks of bands, drawn at random: near the reference, and the same bits however they are run.
@Suite("Bands run") struct BandRunTests {
  /// Frames of up to 40 columns of up to 20 channels, through layers that are drawn from a seed.
  private struct Draw {
    var all: GraphRunTests.Builder
    var length: Int
    var channels: Int

    init(seed: UInt64) {
      all = GraphRunTests.Builder(seed: seed)
      length = 1 + Int(all.random.next() % 40)
      channels = 1 + Int(all.random.next() % 20)
      depthwise()
      for _ in 0..<6 { layer() }
      all.dense(from: length * channels, to: 3)
    }

    private mutating func below(_ bound: Int) -> Int { Int(all.random.next() % UInt64(bound)) }

    /// Takes note of the shape that the layer just added writes.
    private mutating func wrote(_ length: Int, _ channels: Int) {
      (self.length, self.channels) = (length, channels)
    }

    private mutating func layer() {
      switch below(8) {
      case 0: recurrent(.along)
      case 1: recurrent(.along)
      case 2, 3: recurrent(.each)
      case 4: delay()
      case 5: gather()
      default: depthwise()
      }
    }

    private mutating func recurrent(_ mode: Network.RecurrentColumns.Mode) {
      let cells: [Network.Cell] = [
        .lstm, .gru(.resetAfter), .gru(.resetBefore), .rnn(.tanh), .rnn(.relu),
      ]
      let units = 1 + below(20)
      all.recurrent(
        cells[below(cells.count)], from: channels, to: units,
        over: .init(count: length, mode: mode), isReverse: mode == .along && below(2) == 0)
      wrote(length, units)
    }

    /// The columns some steps ago beside those of now.
    private mutating func delay() {
      let size = length * channels
      let source = all.layers.count - 1
      all.add(.delay(.init(size: size, count: 1 + below(6))))
      all.add(
        .concatenate(length: length, channels: [channels, channels]), [source + 1, source])
      wrote(length, 2 * channels)
    }

    /// Some features, some of them zero, as other columns.
    private mutating func gather() {
      let size = length * channels
      let (columns, width) = (1 + below(40), 1 + below(12))
      let indices = (0..<columns * width).map { _ in below(size + 1) - 1 }
      all.add(.gather(.init(inputSize: size, indices: indices)))
      wrote(columns, width)
    }

    private mutating func depthwise() {
      let taps = 1 + below(5)
      let dilation = 1 + below(3)
      let isCausal = below(2) == 0
      let reach = (taps - 1) * dilation
      let stride = isCausal ? 1 : 1 + below(2)
      all.convolution(
        length: length, from: channels, to: channels, kernelSize: taps, stride: stride,
        dilation: dilation, groups: channels,
        padding: isCausal ? .past : .zeros(before: reach - reach / 2, after: reach / 2),
        activation: [.identity, .relu, .tanh, .sigmoid][below(4)])
      wrote((length - 1) / stride + 1, channels)
    }
  }

  @Test(
    "near the reference, with the bits of single steps",
    arguments: 1...24 as ClosedRange<UInt64>)
  func drawn(_ seed: UInt64) throws {
    let network = Draw(seed: seed).all.network
    let name = "seed \(seed): " + network.layers.map { "\($0.outputSize)" }.joined(separator: " ")
    let contents = try network.blobContents()
    let noise = try NetworkComparison.noise(for: network, steps: 30, seed: seed)
    for set in InstructionSet.runnable {
      let comparison = try NetworkComparison(
        network, contents, over: noise, file: name, instructionSet: set)
      for layer in comparison.layers {
        #expect(layer.maximalError < 5e-5, "\(layer.name) of \(name) with \(set)")
      }
    }
    try GraphRunTests().expectSameBits(network, contents, name)
    for type in [StorageType.int8, .bf16] {
      try GraphRunTests().expectSameBits(
        network, network.blobContents(type: type), "\(type), \(name)")
    }
  }

  @Test("what no blob can hold is refused by name")
  func refusals() {
    let form = Network.CellForm()
    func recurrent(
      _ columns: Network.RecurrentColumns, units: Int = 2,
      _ change: (inout Network.CellForm) -> Void = { _ in }
    ) -> Network.Operation {
      var form = form
      change(&form)
      return .recurrent(
        .init(
          cell: .rnn(.tanh), inputSize: 1, hiddenSize: units,
          inputWeights: Array(repeating: 0, count: units),
          hiddenWeights: Array(repeating: 0, count: units * units), form: form, columns: columns))
    }
    let each = Network.RecurrentColumns(count: 3, mode: .each)
    for (operation, reason) in [
      (.delay(.init(size: 2, count: 0)), "a delay of 0 steps"),
      (.delay(.init(size: 2, count: 65537)), "a delay of 65537 steps"),
      (.delay(.init(size: 65536, count: 65)), "a delay that keeps 65 times 65536"),
      (.gather(.init(inputSize: 2, indices: [0, 2])), "the index 2 of a gather from 2"),
      (.gather(.init(inputSize: 2, indices: [-2])), "the index -2 of a gather from 2"),
      (recurrent(each) { $0.isMasked = true }, "masked steps of a layer over columns"),
      (recurrent(each) { $0.writesFinalState = true }, "the final state alone"),
      (recurrent(each) { $0.isReverse = true }, "from the last step to the first"),
      (
        recurrent(.init(count: 30_000, mode: .along), units: 3) {
          $0.projection = [1, 1, 1]
        }, "30000 columns of 3 units"
      ),
    ] as [(Network.Operation, String)] {
      let network = Network(
        layers: [.init(name: "it", operation: operation)],
        provenance: Provenance(source: "test", format: "test", hash: 0))
      let error = #expect(throws: ConversionError.self) { try network.blobContents() }
      #expect("\(error.map { "\($0)" } ?? "")".contains(reason), "\(reason)")
    }
  }
}
