import Foundation
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// Blobs as parts of programs; `tools/test-library` links and runs them.
@Suite struct LinkingTests {
  @Test(
    "a file's name becomes one for C",
    arguments: [
      ("model.o", "model"), ("a/b/amp-1.2.c", "amp_1"), ("8x32.o", "model_8x32"),
      ("_x.o", "model__x"), (".o", "model_"), ("int.o", "model_int"), ("main.c", "model_main"),
      ("größe.o", "gr__e"), ("", "model_"), ("a b;c.o", "a_b_c"),
    ])
  func names(_ path: String, _ name: String) {
    #expect(LinkableBlob.symbol(forFile: path) == name)
    #expect(LinkableBlob.isName(name))
  }

  @Test(
    "what is no name is none",
    arguments: ["", "1a", "_a", "a-b", "a b", "é", "for", "a\0", "constexpr"])
  func noNames(_ name: String) {
    #expect(!LinkableBlob.isName(name))
  }

  @Test("the object holds the bytes aligned, and names them", arguments: [1, 7, 8, 64, 1001])
  func object(_ count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 1) }
    let blob = LinkableBlob(bytes, symbol: "net")
    for machine in LinkableBlob.Machine.allCases {
      let path = NSTemporaryDirectory() + "sluice-\(UUID().uuidString).o"
      defer { try? FileManager.default.removeItem(atPath: path) }
      let object = blob.object(for: machine)
      try Data(object).write(to: URL(fileURLWithPath: path))
      let said = try readELF(path)
      #expect(said.contains(machine == .aarch64 ? "AArch64" : "X86-64"), "\(said)")
      #expect(said.contains(".rodata.net") && said.contains(".note.GNU-stack"), "\(said)")
      #expect(said.contains(" \(count) OBJECT  GLOBAL DEFAULT    1 net\n"), "\(said)")
      #expect(said.contains(" 8 OBJECT  GLOBAL DEFAULT    1 net_size\n"), "\(said)")
      #expect(Array(object[64..<64 + count]) == bytes)
      let size = 64 + (count + 7) / 8 * 8
      let stored = (0..<8).reduce(0) { $0 | Int(object[size + $1]) << (8 * $1) }
      #expect(stored == count)
    }
  }

  @Test("the array holds every byte")
  func source() throws {
    let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let text = String(decoding: LinkableBlob(bytes, symbol: "net").source, as: UTF8.self)
    #expect(text.contains("aligned(64)") && text.contains("net[300] = {"))
    let body = try #require(text.split(separator: "{").last?.split(separator: "}").first)
    #expect(
      body.split(whereSeparator: { ",\n".contains($0) }).compactMap { UInt8($0) } == bytes)
    #expect(text.hasSuffix("const size_t net_size = 300;\n"))
  }

  /// What binutils read in an object, which they would complain about were it malformed.
  private func readELF(_ path: String) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["readelf", "--wide", "--all", path]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let said = String(decoding: output, as: UTF8.self)
    #expect(process.terminationStatus == 0 && !said.contains("Warning") && !said.contains("Error"))
    return said
  }
}
