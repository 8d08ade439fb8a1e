import Foundation
import Testing

@testable import SluiceConversion

@Suite("Models of PyTorch, ONNX and ONNX Runtime with their outputs")
struct CaseFolderTests {
  static let fixtures = CaseFolder.all(
    in: CaseFolder.package.appendingPathComponent("Tests/Fixtures/Conversion").path)
  static let nodeTests = CaseFolder.all(in: CaseFolder.data + "/conformance/onnx_node")

  /// What each source that cannot be streamed, or not yet, is refused for.
  static let refusals = [
    "torch_lstm_bidirectional": "direction", "dynamo_lstm_bidirectional": "direction",
    "test_gru_bidirectional": "direction", "test_gru_reverse": "direction",
    "test_lstm_bidirectional": "direction", "test_lstm_reverse": "direction",
    "test_lstm_with_peepholes": "input P", "test_simple_rnn_bidirectional": "direction",
    "test_simple_rnn_reverse": "direction",
  ]

  private func run(_ folder: CaseFolder) throws {
    guard let text = folder.expectedError ?? Self.refusals[folder.name] else {
      #expect(try folder.check() > 0)
      return
    }
    do {
      _ = try folder.convert()
      Issue.record("converted, expected an error with \(text)")
    } catch let error as ConversionError {
      #expect(error.description.contains(text))
    }
  }

  @Test("The fixtures are there")
  func present() { #expect(Self.fixtures.count >= 46) }

  @Test("Fixtures", arguments: fixtures)
  func fixture(_ folder: CaseFolder) throws { try run(folder) }

  @Test(
    "The node tests of ONNX",
    .enabled(if: !nodeTests.isEmpty, "the folder of third-party data is absent"),
    arguments: nodeTests)
  func nodeTest(_ folder: CaseFolder) throws { try run(folder) }
}
