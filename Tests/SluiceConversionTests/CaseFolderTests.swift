import Foundation
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

@Suite("Models of PyTorch, ONNX and ONNX Runtime with their outputs")
struct CaseFolderTests {
  static let fixtures = CaseFolder.all(
    in: CaseFolder.package.appendingPathComponent("Tests/Fixtures/Conversion").path)
  static let matrixCases = CaseFolder.all(
    in: CaseFolder.package.appendingPathComponent("Tests/Fixtures/ONNXMatrix").path)
  static let nodeTests = CaseFolder.all(in: CaseFolder.data + "/conformance/onnx_node")

  static let models = CaseFolder.all(
    in: CaseFolder.package.appendingPathComponent("Tests/Fixtures/Models").path)
  static let tensorFlow = CaseFolder.all(
    in: CaseFolder.package.appendingPathComponent("Tests/Fixtures/TensorFlow").path)
  static let audioModels = ["rtneural", "nam", "guitarml"].flatMap {
    CaseFolder.all(in: CaseFolder.data + "/conformance/\($0)")
  }.filter { !$0.name.hasPrefix("LICENSE") }

  private func run(_ folder: CaseFolder) throws {
    guard let text = folder.expectedError else {
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
  func present() { #expect(Self.fixtures.count >= 46 && Self.matrixCases.count >= 100) }

  @Test("The matrix of ONNX's recurrent forms", arguments: matrixCases)
  func matrix(_ folder: CaseFolder) throws { try run(folder) }

  @Test("Models of Keras, PyTorch and audio tools", arguments: models)
  func model(_ folder: CaseFolder) throws { try run(folder) }

  @Test("Files of TensorFlow's converter and of Keras", arguments: tensorFlow)
  func converted(_ folder: CaseFolder) throws { try run(folder) }

  @Test("There are enough of each")
  func enough() {
    func count(_ prefix: String) -> Int { Self.models.count { $0.name.hasPrefix(prefix) } }
    #expect(count("keras_") >= 12 && count("torch_") >= 6)
    #expect(Self.tensorFlow.count >= 18)
    #expect(count("rtneural_") >= 3 && count("nam_") >= 2 && count("guitarml_") >= 3)
  }

  @Test(
    "Models of RTNeural, NAM and GuitarML",
    .enabled(if: !audioModels.isEmpty, "the folder of third-party data is absent"),
    arguments: audioModels)
  func audio(_ folder: CaseFolder) throws { try run(folder) }

  @Test("Fixtures", arguments: fixtures)
  func fixture(_ folder: CaseFolder) throws { try run(folder) }

  @Test(
    "The node tests of ONNX",
    .enabled(if: !nodeTests.isEmpty, "the folder of third-party data is absent"),
    arguments: nodeTests)
  func nodeTest(_ folder: CaseFolder) throws { try run(folder) }
}
