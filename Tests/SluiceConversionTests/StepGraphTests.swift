import Foundation
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

@Suite("Graphs of one step, their state going in and out")
struct StepGraphTests {
  static let fixtures = CaseFolder.all(
    in: CaseFolder.package.appendingPathComponent("Tests/Fixtures/StepGraphs").path)
  static let silero = CaseFolder.data + "/conformance/silero"

  @Test("The fixtures are there")
  func present() { #expect(Self.fixtures.count == 15) }

  @Test("Fixtures", arguments: fixtures.filter { !$0.name.hasPrefix("given_") })
  func fixture(_ folder: CaseFolder) throws {
    guard let text = folder.expectedError else {
      #expect(try folder.check() == 1)
      return
    }
    do {
      _ = try folder.convert()
      Issue.record("converted, expected an error with \(text)")
    } catch let error as ConversionError {
      #expect(error.description.contains(text))
    }
  }

  @Test("The runtime gives what ONNX Runtime gave")
  func conformance() throws {
    let folder = CaseFolder.package.appendingPathComponent("Tests/Fixtures/StepGraphs").path
    for found in try ConformanceCase.find(in: folder) {
      let result = found.run()
      #expect(result.passed, "\(result)")
    }
  }

  @Test(
    "Silero VAD, both of its files",
    .enabled(
      if: FileManager.default.fileExists(atPath: silero),
      "the folder of third-party data is absent"))
  func sileroConforms() throws {
    let cases = try ConformanceCase.find(in: Self.silero)
    #expect(cases.count == 2)
    for found in cases {
      let result = found.run()
      #expect(result.passed, "\(result)")
    }
  }

  @Test("A given state is what the step starts from")
  func givenState() throws {
    let speech = try #require(Self.fixtures.first { $0.name == "speech" })
    var options = SourceOptions()
    options.constants["state"] = Tensor(shape: [2, 1, 11], (0..<22).map { Float($0) })
    let model = try Converter.convert(source: speech.source, options: options)
    let cells = model.network.layers.indices.compactMap { index -> Network.Recurrent? in
      if case .recurrent(let cell) = model.network.layers[index].operation { cell } else { nil }
    }
    #expect(cells.map(\.initialHidden) == [(0..<11).map { Float($0) }])
    #expect(cells.map(\.initialCell) == [(11..<22).map { Float($0) }])
    let index = try #require(model.network.layers.firstIndex { $0.name.hasPrefix("lstm") })
    #expect(
      model.interface.outputs.map(\.role).last
        == .state([.init(layer: index, isCell: false), .init(layer: index, isCell: true)]))
  }
}
