import Sluice
import SluiceBlob
import TestSupport
import Testing

/// Limits for blobs that are not trusted: what a stream and a step may take.
@Suite struct LimitTests {
  private static let network = TestNetwork.mixed(seed: 95, readingTokens: false)

  private func error(_ options: Model.Options) throws -> ModelError? {
    let bytes = try Self.network.blob()
    do throws(ModelError) {
      _ = unsafe try Model(bytes: bytes.raw, options: options)
      return nil
    } catch {
      return error
    }
  }

  @Test("a step of more operations is refused with their number")
  func operations() throws {
    let count = try OpenedNetwork(Self.network, .best).model.stepOperationCount
    let weights = Self.network.contents().layers.reduce(0) {
      $0 + Int($1.record.weightByteCount) / 4
    }
    // The blob pads every lane to whole panels.
    #expect(count > weights / 2 && count < 2 * weights)
    #expect(try error(.init(maximumStepOperationCount: count)) == nil)
    #expect(
      try error(.init(maximumStepOperationCount: count - 1))
        == .tooManyOperations(count: count, limit: count - 1))
  }

  @Test("a stream of more bytes is refused with their number, a larger block's when it is made")
  func bytes() throws {
    let file = try Self.network.blob()
    let free = unsafe try Model(bytes: file.raw)
    let one = ModelStream.byteCount(of: free, blockSize: 1) ?? 0
    let two = ModelStream.byteCount(of: free, blockSize: 2) ?? 0
    #expect(
      try error(.init(maximumStreamByteCount: one - 1))
        == .streamTooLarge(byteCount: one, limit: one - 1))
    let model = unsafe try Model(bytes: file.raw, options: .init(maximumStreamByteCount: one))
    _ = try ModelStream(model, blockSize: 1)
    #expect(throws: ModelError.streamTooLarge(byteCount: two, limit: one)) {
      _ = try ModelStream(model, blockSize: 2)
    }
    let each = StreamBatch.byteCount(of: model, count: 1) ?? 0
    if each > one {
      #expect(throws: ModelError.streamTooLarge(byteCount: each, limit: one)) {
        _ = try StreamBatch(model, count: 3)
      }
    }
    withExtendedLifetime(file) {}
  }
}
