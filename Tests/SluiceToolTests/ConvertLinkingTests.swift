import Foundation
import Testing

@Suite struct ConvertLinkingTests {
  @Test func oneConversionWritesAllForms() throws {
    let scratch = try Scratch()
    let (blob, object, source) = (
      scratch.file("a.sluice"), scratch.file("small.o"), scratch.file("small.c")
    )
    let model = "\(Tool.fixtures)/onnx_lstm_gemm_sigmoid/model.onnx"
    let result = try Tool.run(
      "convert", model, "-o", blob, "--object", object, "--c-array", source, "--machine", "aarch64")
    #expect(result.status == 0, "\(result.error)")
    #expect(result.output.contains("extern const unsigned char small[];"))
    #expect(result.output.contains("extern const size_t small_size;"))
    #expect(try scratch.contents == ["a.sluice", "small.c", "small.o"])
    let bytes = try Data(contentsOf: URL(fileURLWithPath: blob))
    let linked = try Data(contentsOf: URL(fileURLWithPath: object))
    #expect(linked.dropFirst(64).prefix(bytes.count) == bytes)
    #expect(linked[18] == 183, "aarch64")
  }

  @Test func whereOneCannotBeNoneIs() throws {
    let scratch = try Scratch()
    let blob = scratch.file("a.sluice")
    for (first, second) in [("-o", "--object"), ("-o", "--c-array"), ("--object", "-o")] {
      let result = try Tool.run(
        "convert", Tool.shippedSource, first, blob, second, scratch.file("none/b"))
      #expect(result.status == 1 && result.error.contains("none/b"), "\(result.error)")
      #expect(try scratch.contents.isEmpty)
    }
    // What was there stays.
    try Data("old".utf8).write(to: URL(fileURLWithPath: blob))
    _ = try Tool.run("convert", Tool.shippedSource, "-o", blob, "--object", "/dev/null")
    #expect(FileManager.default.contents(atPath: blob) == Data("old".utf8))
  }

  @Test func withoutABlobToo() throws {
    let scratch = try Scratch()
    let object = scratch.file("x.o")
    let result = try Tool.run(
      "convert", Tool.shippedSource, "--object", object, "--symbol", "reviews", "--json")
    #expect(result.status == 0, "\(result.error)")
    #expect(try result.json["file"] is NSNull)
    let files = try #require(result.json["linked"] as? [[String: Any]])
    #expect(files.count == 1)
    #expect(files[0]["symbol"] as? String == "reviews")
    #expect(files[0]["bytes"] as? Int == FileManager.default.contents(atPath: object)?.count)
    #expect(try scratch.contents == ["x.o"])
  }

  @Test func aBlobIsLinkedAsItIs() throws {
    let scratch = try Scratch()
    let blob = try scratch.blob(of: "onnx_lstm_gemm_sigmoid")
    let (object, source) = (scratch.file("small.o"), scratch.file("small.c"))
    let result = try Tool.run(
      "convert", blob, "--object", object, "--c-array", source, "--json")
    #expect(result.status == 0, "\(result.error)")
    let bytes = try Data(contentsOf: URL(fileURLWithPath: blob))
    #expect(try result.json["bytes"] as? Int == bytes.count)
    #expect((try result.json["linked"] as? [[String: Any]])?.count == 2)
    let linked = try Data(contentsOf: URL(fileURLWithPath: object))
    #expect(linked.dropFirst(64).prefix(bytes.count) == bytes)

    for (outputs, reason) in [
      (["-o", scratch.file("b.sluice")], "'--output' needs the model that it was converted from"),
      (
        ["--object", object, "--type", "int8"],
        "'--type' needs the model that it was converted from"
      ),
    ] {
      let refused = try Tool.run(Tool.path, ["convert", blob] + outputs)
      #expect(refused.status == 2 && refused.error.contains(reason), "\(refused.error)")
    }
    let damaged = scratch.file("damaged.sluice")
    try (bytes.dropLast() + [bytes[bytes.count - 1] ^ 1]).write(to: URL(fileURLWithPath: damaged))
    let refused = try Tool.run("convert", damaged, "--object", scratch.file("damaged.o"))
    #expect(refused.status == 3, "\(refused.error)")
    #expect(try !scratch.contents.contains("damaged.o"))
  }

  @Test(
    "arguments that do not go together",
    arguments: [
      ([], "expected -o OUT.sluice"), (["-o", "A", "--symbol", "x"], "'--symbol' goes with"),
      (["--c-array", "A", "--machine", "aarch64"], "'--machine' goes with"),
      (["--object", "A", "--machine", "vax"], "must be x86-64 or aarch64"),
      (["--object", "A", "--symbol", "1x"], "no name for a constant"),
      (["-o", "-"], "comes into being whole"), (["--object", "-"], "'./-' names a file"),
      (["--c-array", "-"], "'--c-array -'"),
      (["--object", "A", "--c-array", "A"], "two outputs have one name"),
    ] as [([String], String)])
  func refused(_ outputs: [String], _ reason: String) throws {
    let scratch = try Scratch()
    let words = outputs.map { $0 == "A" ? scratch.file("a") : $0 }
    let result = try Tool.run(Tool.path, ["convert", Tool.shippedSource] + words)
    #expect(result.status == 2)
    #expect(result.error.contains(reason), "\(result.error)")
    #expect(try scratch.contents.isEmpty)
  }
}
