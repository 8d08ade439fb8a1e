import Foundation
import SluiceImport
import Testing

/// Rows of a model whose outputs have labels.
@Suite struct RunLabelTests {
  /// Rows whose labels are silence, up, down in turn, and the blob.
  private func prepared(_ scratch: Scratch, rows: Int) throws -> (blob: String, x: String) {
    let values = (0..<rows).flatMap { row in
      [Float](repeating: [0, 0.9, -0.9][row % 3], count: 80)
    }
    let x = scratch.file("x.npy")
    try NPY.write(Tensor(shape: [rows, 80], values), to: x)
    return (try KeywordModel.blob(), x)
  }

  @Test(arguments: [1, 10, 11, 12, 20]) func rowsAreToldByTheirLabels(_ rows: Int) throws {
    let scratch = try Scratch()
    let (blob, x) = try prepared(scratch, rows: rows)
    let result = try Tool.run("run", blob, "--input", x)
    #expect(result.status == 0, "\(result.error)")
    func line(_ row: Int) -> String {
      "[\(row)]  \(["silence", "up     ", "down   "][row % 3])  1.000"
    }
    var expected = (0..<min(rows, 10)).map(line)
    if rows > 11 { expected.append("... \(rows - 11) more row\(rows == 12 ? "" : "s")") }
    if rows > 10 { expected.append(line(rows - 1)) }
    #expect(result.lines.map(String.init) == expected + ["float32 [\(rows), 3]"])
  }

  @Test func programsGetLabelAndNumbers() throws {
    let scratch = try Scratch()
    let (blob, x) = try prepared(scratch, rows: 5)
    let rows = try Tool.run("run", blob, "--input", x, "--json").jsonLines.dropLast()
    let labels = rows.compactMap { $0["label"] as? String }
    #expect(labels == ["silence", "up", "down", "silence", "up"])
    #expect(rows.allSatisfy { ($0["output"] as? [Double])?.count == 3 })
    // Without labels there is no such member.
    let gru = try scratch.blob(of: "torch_gru_stacked")
    let other = try Tool.run(
      "run", gru, "--input", "-", "--format", "csv", "--json", input: Data("1,2,3,4\n".utf8))
    #expect(try other.jsonLines.first?["label"] == nil && other.status == 0)
  }

  @Test func oneOutputTellsTwoLabelsApart() throws {
    let scratch = try Scratch()
    let ids = scratch.file("ids.npy")
    try NPY.write(Tensor(shape: [3], elements: .int64([10, 20, 30])), to: ids)
    let result = try Tool.run(
      "run", "tools/sluice/Resources/sentiment.sluice", "--input", ids, "--json")
    #expect(result.status == 0, "\(result.error)")
    for row in try result.jsonLines.dropLast() {
      let probability = try #require((row["output"] as? [Double])?.first)
      #expect(row["label"] as? String == (probability >= 0.5 ? "positive" : "negative"))
    }
  }

  @Test func theLastRowOfAClipIsItsAnswer() throws {
    let clip = "Tests/Fixtures/Gallery/actions/test_data_set_0/input_0.npy"
    let result = try Tool.run("run", "tools/gallery/actions.sluice", "--input", clip)
    #expect(result.status == 0, "\(result.error)")
    #expect(result.lines.count == 13 && result.lines[10] == "... 21 more rows")
    #expect(result.lines[11].hasPrefix("[31]  "), "\(result.output)")
  }
}
