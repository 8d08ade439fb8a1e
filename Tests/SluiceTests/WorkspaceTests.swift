import Sluice
import SluiceBlob
import TestSupport
import Testing

/// Streams and batches that hold their states alone, and step in a workspace that they share.
@Suite("Workspaces") struct WorkspaceTests {
  @Test("every kind of layer by turns in one workspace", arguments: InstructionSet.runnable)
  func kinds(_ set: InstructionSet) throws {
    var random = SeededRandom(seed: 8)
    for sample in SampleBlobs.Sample.allCases {
      let bytes = AlignedBytes(try SampleBlobs.bytes(sample, seed: random.next() % 100))
      let model = unsafe try Model(bytes: bytes.raw, options: .init(instructionSet: set))
      guard model.isStreamable, !model.readsTokens else { continue }
      let workspace = try StreamWorkspace(model, rows: 5)
      let shared = try (0..<3).map { _ in Box(try ModelStream(model, sharing: workspace)) }
      let own = try (0..<3).map { _ in Box(try ModelStream(model, blockSize: 5)) }
      var batch = try StreamBatch(model, count: 5, sharing: workspace)
      var ownBatch = try StreamBatch(model, count: 5)
      for step in 0..<12 {
        let which = Int(random.next() % 3)
        let count = step % 4 == 3 ? 7 : 1
        let x = random.floats(count * model.inputSize)
        #expect(
          shared[which].run(x, count, model) == own[which].run(x, count, model),
          "\(sample), step \(step)")
        let rows = random.floats(5 * model.inputSize)
        let active = (0..<5).map { _ in random.next() % 3 != 0 }
        var (y, expected) = (
          [Float](repeating: 0, count: 5 * model.outputSize),
          [Float](repeating: 0, count: 5 * model.outputSize)
        )
        var left = y.mutableSpan
        batch.step(rows.span, into: &left, active: active.span)
        var right = expected.mutableSpan
        ownBatch.step(rows.span, into: &right, active: active.span)
        #expect(y.map(\.bitPattern) == expected.map(\.bitPattern), "\(sample), step \(step)")
      }
      withExtendedLifetime(bytes) {}
    }
  }

  @Test("a stream outlives its workspace's name and its model")
  func lifetimes() throws {
    let opened = try OpenedNetwork(.mixed(seed: 3, readingTokens: false), .chosen(nil))
    let x = [Float](repeating: 0.25, count: opened.model.inputSize)
    var (y, expected) = (
      [Float](repeating: 0, count: opened.model.outputSize),
      [Float](repeating: 0, count: opened.model.outputSize)
    )
    var alone = try opened.stream()
    alone.step(x, into: &expected)
    var stream = try Self.stream(of: opened.model)
    // Takes the place of another's states, so that it would have that one's calls.
    for _ in 0..<3 {
      stream.reset()
      stream.step(x, into: &y)
      #expect(y == expected)
      let state = stream.saved
      stream = try Self.stream(of: opened.model)
      #expect(state.count == opened.model.stateByteCount)
    }
  }

  private static func stream(of model: borrowing Model) throws -> ModelStream {
    let workspace = try StreamWorkspace(model)
    return try ModelStream(model, sharing: workspace)
  }

  @Test("states are small, whatever the workspace")
  func sizes() throws {
    let network = TestNetwork.recurrent(.lstm, inputSize: 40, hiddenSize: 128, seed: 2)
    let opened = try OpenedNetwork(network, .chosen(nil))
    // h twice and C, of 128 units.
    let state = ModelStream.byteCountWithoutWorkspace(of: opened.model)
    #expect(state == 3 * 128 * 4)
    let states = StreamBatch.byteCountWithoutWorkspace(of: opened.model, count: 64)
    #expect(states == 64 * state)
    let own = ModelStream.byteCount(of: opened.model, blockSize: 32) ?? .max
    let workspace = StreamWorkspace.byteCount(of: opened.model, rows: 32) ?? 0
    #expect(workspace + state >= own)
  }

  @Test("limits hold for workspaces")
  func limits() throws {
    let network = TestNetwork.recurrent(.gruResetAfter, inputSize: 4, hiddenSize: 64, seed: 2)
    let bytes = try network.blob()
    var options = Model.Options()
    options.maximumStreamByteCount = 10_000
    let model = unsafe try Model(bytes: bytes.raw, options: options)
    _ = try StreamWorkspace(model)
    #expect(throws: ModelError.self) { _ = try StreamWorkspace(model, rows: 1000) }
    // Enough for a stream, but not for each of a batch, for which a workspace has room too.
    options.maximumStreamByteCount = (StreamBatch.byteCount(of: model, count: 1) ?? 0) - 1
    let tight = unsafe try Model(bytes: bytes.raw, options: options)
    _ = try ModelStream(tight, blockSize: 1)
    #expect(throws: ModelError.self) { _ = try StreamWorkspace(tight) }
    withExtendedLifetime(bytes) {}
  }
}

/// A stream in an array.
private final class Box {
  private var stream: ModelStream

  init(_ stream: consuming ModelStream) { self.stream = stream }

  /// The bits of the outputs of so many steps.
  func run(_ x: [Float], _ count: Int, _ model: borrowing Model) -> [UInt32] {
    let rows = model.output == .last ? 1 : count
    var y = [Float](repeating: 0, count: rows * model.outputSize)
    if count == 1 { stream.step(x, into: &y) } else { stream.process(x, into: &y) }
    return y.map(\.bitPattern)
  }
}
