import Foundation
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// Where a file comes into being, under which name and with which mode.
@Suite struct FileWritingTests {
  private static let source = "\(Tool.fixtures)/onnx_lstm_gemm_sigmoid/model.onnx"

  private func convert(to out: String) throws -> Tool.Result {
    try Tool.run("convert", Self.source, "-o", out)
  }

  @Test(
    "a link stays, and what it leads to is written",
    arguments: [
      ["current": "v7"], ["current": "inner", "inner": "v7"], ["current": "folder/../v7"],
      ["current": "folder/link", "folder/link": "../v7"], ["current": "PATH/v7"],
    ])
  func links(_ links: [String: String]) throws {
    let scratch = try Scratch()
    try FileManager.default.createDirectory(
      atPath: scratch.file("folder"), withIntermediateDirectories: false)
    for (name, target) in links {
      try FileManager.default.createSymbolicLink(
        atPath: scratch.file(name),
        withDestinationPath: target.replacingOccurrences(of: "PATH", with: scratch.path))
    }
    let before = try scratch.contents
    // Once the target is not there yet, once it is.
    for _ in 0..<2 {
      let result = try convert(to: scratch.file("current"))
      #expect(result.status == 0, "\(result.error)")
      #expect(try scratch.contents == (before + ["v7"]).sorted())
      for name in links.keys {
        let type = try FileManager.default.attributesOfItem(atPath: scratch.file(name))[.type]
        #expect(type as? FileAttributeType == .typeSymbolicLink)
      }
      #expect(try Tool.run("inspect", scratch.file("v7")).status == 0)
    }
  }

  @Test func aLinkThatLeadsNowhereIsRefused() throws {
    let scratch = try Scratch()
    for (name, target) in [("a", "b"), ("b", "a"), ("c", "no/v7"), ("d", "."), ("e", "/dev/null")] {
      try FileManager.default.createSymbolicLink(
        atPath: scratch.file(name), withDestinationPath: target)
    }
    for name in ["a", "c", "d", "e", "new/", "."] {
      let result = try convert(to: scratch.file(name))
      #expect(result.status == 1, "\(name): \(result.error)")
    }
    #expect(try scratch.contents == ["a", "b", "c", "d", "e"])
  }

  @Test(arguments: [0o600, 0o640, 0o444, 0o755]) func theModeIsKept(_ mode: Int) throws {
    let scratch = try Scratch()
    let out = scratch.file("private.sluice")
    try Data("old".utf8).write(to: URL(fileURLWithPath: out))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: out)
    #expect(try convert(to: out).status == 0)
    #expect(
      try FileManager.default.attributesOfItem(atPath: out)[.posixPermissions] as? Int == mode)
    #expect(try Tool.run("inspect", out).status == 0)
  }

  @Test func aNewFilesModeIsThatOfTheMask() throws {
    let scratch = try Scratch()
    let out = scratch.file("new.sluice")
    let result = try Tool.run(
      "/bin/sh",
      ["-c", "umask 027; exec \"$@\"", "sh", Tool.path, "convert", Self.source, "-o", out])
    #expect(result.status == 0, "\(result.error)")
    #expect(
      try FileManager.default.attributesOfItem(atPath: out)[.posixPermissions] as? Int == 0o640)
  }

  @Test(arguments: [(214, 0), (215, 0), (255, 0), (256, 1)])
  func aNameMayBeAsLongAsTheSystemAllows(_ length: Int, _ status: Int) throws {
    let scratch = try Scratch()
    let name = String(repeating: "n", count: length)
    for _ in 0..<2 {
      let result = try convert(to: scratch.file(name))
      #expect(result.status == Int32(status), "\(result.error)")
      #expect(try scratch.contents == (status == 0 ? [name] : []))
    }
  }

  @Test func aNameNeedNotBeUTF8() throws {
    let scratch = try Scratch()
    // Latin-1, and characters that stand for such bytes within the tool.
    let script = """
      set -e; export LC_ALL=C
      name=$(printf 'caf\\351')
      mkdir "$name"
      cp "$1" "$name/$name.onnx"
      "$0" convert "$name/$name.onnx" -o "$name/$name.sluice" --quiet
      "$0" convert "$name/$name.onnx" -o "$(printf '\\364\\217\\237\\251.sluice')" --quiet
      "$0" compare "$name/$name.onnx" "$name/$name.sluice" --quiet
      "$0" inspect "$name/$name.sluice"
      "$0" inspect "$name/$name.sluice" --json
      "$0" run "$name/$name.sluice" --input "$2" --output "$name/$name.npy"
      cp -r "$3" "$name/case"
      "$0" conformance "$name"
      test "$(find . -name '*sluice' -o -name '*.npy' | wc -l)" = 6
      test -f "$name/$name.npy"
      "$0" inspect "$name/missing" || test $? = 3
      "$0" convert "$name/$name.onnx" -o "$name/$name.onnx" || test $? = 2
      """
    let folder = "\(Tool.fixtures)/onnx_lstm_gemm_sigmoid"
    let input = scratch.file("x.npy")
    try NPY.write(Tensor(shape: [2, 3], [0, 1, 0, 1, 0, 1]), to: input)
    let result = try Tool.run(
      "/bin/sh",
      ["-c", "cd \"$4\"; \(script)", Tool.path, Self.source, input, folder, scratch.path])
    #expect(result.status == 0, "\(result.output) \(result.error)")
    #expect(result.output.contains(#"caf\xE9/caf\xE9.sluice"#))
    #expect(result.output.contains("\"file\":\"caf\u{FFFD}/caf\u{FFFD}.sluice\""))
    #expect(result.output.contains("1 passed, 0 failed"))
    #expect(result.error.contains(#"caf\xE9/missing: "#))
    #expect(result.error.contains("which would be lost"))
  }
}
