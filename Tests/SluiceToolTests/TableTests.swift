import Foundation
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// Tables within 100 columns, whatever the names in them.
@Suite struct TableTests {
  /// A stacked model whose layers have names as long as hostile ones may be.
  private func model(in scratch: Scratch, name: String) throws -> String {
    let folder = "\(Tool.fixtures)/safetensors_gru_dense"
    let text = try String(contentsOfFile: "\(folder)/model.json", encoding: .utf8)
    let named = text.replacingOccurrences(
      of: "\"type\": \"gru\"", with: "\"name\": \"\(name)\", \"type\": \"gru\"")
    try #require(named != text)
    let architecture = scratch.file("long.json")
    try Data(named.utf8).write(to: URL(fileURLWithPath: architecture))
    let blob = scratch.file("long.sluice")
    let result = try Tool.run(
      "convert", "\(folder)/model.safetensors", "--architecture", architecture, "-o", blob)
    try #require(result.status == 0, "\(result.error)")
    return blob
  }

  @Test func longNamesAreBroken() throws {
    let scratch = try Scratch()
    let name = "encoder/a_rather_long_name_of_a_layer/" + String(repeating: "x", count: 60)
    let blob = try model(in: scratch, name: name)
    for command in [["inspect", blob], ["diff", blob, blob]] {
      let result = try Tool.run(Tool.path, command)
      #expect(result.status == 0, "\(result.error)")
      for line in result.lines where !line.contains(scratch.path) {
        #expect(line.count <= 100, "\(line)")
      }
      let joined = result.output.filter { $0 != "\n" && $0 != " " }
      #expect(joined.contains("encoder/a_rather"), "nothing is left out: \(result.output)")
    }
  }

  @Test func namesDoNotCommandATerminal() throws {
    let scratch = try Scratch()
    // Right-to-left override, an escape sequence, C1's CSI, a line separator.
    let blob = try model(in: scratch, name: #"a\u202Eb\u001B[2Jc\u009Bd\u2028e"#)
    for command in [["inspect", blob], ["diff", blob, blob], ["inspect", blob, "--json"]] {
      let result = try Tool.run(Tool.path, command)
      #expect(result.status == 0, "\(result.error)")
      for scalar in ["\u{202E}", "\u{1B}", "\u{9B}", "\u{2028}"] as [Unicode.Scalar] {
        #expect(!result.output.unicodeScalars.contains(scalar), "\(command[0]) \(scalar.value)")
      }
    }
    #expect(try Tool.run("inspect", blob).output.contains(#"a\u{202E}b\u{1B}[2Jc"#))
    let layers = try #require(
      try Tool.run("inspect", blob, "--json").json["layers"] as? [[String: Any]])
    #expect(layers[0]["name"] as? String == "a\u{202E}b\u{1B}[2Jc\u{9B}d\u{2028}e.l0")
    let missing = try Tool.run("inspect", "no\u{202E}\u{1B}]0;such")
    #expect(missing.error.contains(#"no\u{202E}\u{1B}]0;such"#), "\(missing.error)")
  }

  @Test func aWideArrayIsCut() throws {
    let scratch = try Scratch()
    let blob = try scratch.blob(of: "torch_gru_stacked")
    let x = scratch.file("x.npy")
    try NPY.write(Tensor(shape: [12, 4], [Float](repeating: -0.25, count: 48)), to: x)
    let shown = try Tool.run("run", blob, "--input", x)
    #expect(shown.output.contains("... 2 more rows"))
    for line in shown.lines { #expect(line.count <= 100, "\(line)") }
  }
}
