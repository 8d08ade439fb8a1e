import Foundation
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

@Suite("Graphs of one step whose values have bands and channels")
struct StepBandTests {
  static let fixtures = CaseFolder.all(
    in: CaseFolder.package.appendingPathComponent("Tests/Fixtures/StepBands").path)

  @Test("The fixtures are there")
  func present() { #expect(Self.fixtures.count == 18) }

  @Test("Fixtures", arguments: fixtures)
  func fixture(_ folder: CaseFolder) throws {
    guard let text = folder.expectedError else {
      let model = try Converter.convert(source: folder.source)
      #expect(throws: Never.self) { _ = try model.network.blobContents().bytes() }
      return
    }
    #expect(refuses(.unsupported, text) { _ = try Converter.convert(source: folder.source) })
  }

  @Test("The runtime gives what ONNX Runtime gave")
  func conformance() throws {
    let folder = CaseFolder.package.appendingPathComponent("Tests/Fixtures/StepBands").path
    for found in try ConformanceCase.find(in: folder) {
      let result = found.run()
      #expect(result.passed, "\(result)")
    }
  }

  @Test("A cache is kept once: each delay reads the one before, and nothing else moves it")
  func chained() throws {
    let network = try network("dilated")
    let delays = network.layers.indices.compactMap { index -> (layer: Int, delay: Network.Delay)? in
      if case .delay(let delay) = network.layers[index].operation { (index, delay) } else { nil }
    }
    #expect(delays.map(\.delay.count) == [2, 2, 3, 3])
    #expect(delays.allSatisfy { $0.delay.size == 24 })
    #expect(network.inputs(of: delays[1].layer) == [delays[0].layer])
    #expect(network.inputs(of: delays[3].layer) == [delays[2].layer])
  }

  @Test("Channels that see only themselves are convolved over all frames at once")
  func depthwise() throws {
    let kernels = try network("dilated").layers.compactMap { layer -> [Int]? in
      guard case .convolution(let taps) = layer.operation, taps.groups > 1 else { return nil }
      return [taps.groups, taps.kernelSize, taps.stride]
    }
    #expect(kernels == [[4, 9, 3], [4, 9, 3]])
  }

  @Test("Layers over bands: along them from zero, and each with a state of its own")
  func ways() throws {
    func modes(_ name: String) throws -> [Network.RecurrentColumns?] {
      try network(name).layers.compactMap { layer in
        if case .recurrent(let cell) = layer.operation { .some(cell.columns) } else { nil }
      }
    }
    let along = Network.RecurrentColumns(count: 7, mode: .along)
    #expect(try modes("along") == [along, along, along, nil])
    let each = Network.RecurrentColumns(count: 6, mode: .each)
    #expect(try modes("each") == [each, each])
  }

  private func network(_ name: String) throws -> Network {
    let folder = try #require(Self.fixtures.first { $0.name == name })
    return try Converter.convert(source: folder.source).network
  }
}
