import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// Branches whose condition is known, and loops that are a cell.
@Suite("Graphs within graphs") struct LoopTests {
  @Test("Loops and scans over a sequence, and branches, compute what ONNX Runtime did")
  func conformance() throws {
    let folder = CaseFolder.package.appendingPathComponent("Tests/Fixtures/Loops").path
    let cases = try ConformanceCase.find(in: folder)
    #expect(cases.count == 8)
    for found in cases {
      let result = found.run()
      #expect(result.passed, "\(result)")
    }
  }
}
