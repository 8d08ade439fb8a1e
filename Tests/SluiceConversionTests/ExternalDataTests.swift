import Foundation
import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// Numbers in a file beside the model: read where nothing but a plain name leads to them.
@Suite("ONNX: external data") struct ExternalDataTests {
  /// A folder with a GRU whose W lies elsewhere, as `entries` say, and what `prepare` puts beside it.
  private static func convert(
    _ entries: [(String, String)], asAttribute: Bool = false,
    _ prepare: (_ folder: String) throws -> Void = { _ in }
  ) throws -> ConvertedModel {
    let folder = NSTemporaryDirectory() + "sluice-\(UUID().uuidString)"
    let files = FileManager.default
    defer { try? files.removeItem(atPath: folder) }
    try files.createDirectory(atPath: folder + "/models", withIntermediateDirectories: true)
    // 8 bytes, the 18 floats of W, 8 more.
    let data = Data(
      [UInt8](repeating: 0xFF, count: 8) + littleEndian(ramp(18)) + [1, 2, 3, 4, 5, 6, 7, 8])
    try data.write(to: URL(fileURLWithPath: folder + "/secret.bin"))
    try data.write(to: URL(fileURLWithPath: folder + "/models/weights.bin"))
    try prepare(folder)
    var graph = GraphBuilder("input x n,n,2\nY = GRU(x, W, f:1x9x3) hidden_size=3\n-> Y")
    let tensor = ProtobufWriter.message { tensor in
      for size in [1, 9, 2] { tensor.integer(1, size) }
      tensor.integer(2, 1)
      tensor.string(8, "W")
      for (key, value) in entries {
        tensor.message(13) {
          $0.string(1, key)
          $0.string(2, value)
        }
      }
      tensor.integer(14, 1)
    }
    if asAttribute {
      let others = graph.nodes
      graph.node("Constant", [], ["W"], [("value", .tensor(tensor))])
      graph.nodes = graph.nodes.suffix(1) + others
    } else {
      graph.initializers.append(tensor)
    }
    let model = folder + "/models/model.onnx"
    try Data(graph.bytes).write(to: URL(fileURLWithPath: model))
    return try Converter.convert(source: model)
  }

  private static func entries(
    _ location: String, offset: String = "8", length: String = "72"
  ) -> [(String, String)] {
    [("location", location), ("offset", offset), ("length", length)]
  }

  @Test("A file beside the model, from an offset on", arguments: [false, true])
  func plain(_ asAttribute: Bool) throws {
    let model = try Self.convert(Self.entries("weights.bin"), asAttribute: asAttribute)
    guard case .recurrent(let layer) = model.network.layers[0].operation else {
      Issue.record("no recurrent layer")
      return
    }
    // Gates z, r, h come out as r, z, n.
    #expect(layer.inputWeights[6..<12] == ramp(18)[0..<6])
    _ = try Self.convert(Self.entries("weights.bin") + [("checksum", "0")])
  }

  // So ONNX Runtime 1.32 takes it; what follows in the file is nobody's.
  @Test(
    "Without a length as many bytes as the shape asks for, without an offset from the beginning")
  func withoutLength() throws {
    func weights(_ entries: [(String, String)]) throws -> [Float] {
      let model = try Self.convert([("location", "weights.bin")] + entries) { folder in
        let path = folder + "/models/weights.bin"
        guard entries.isEmpty else { return }
        try Data(littleEndian(ramp(18)) + [0]).write(to: URL(fileURLWithPath: path))
      }
      guard case .recurrent(let layer) = model.network.layers[0].operation else { return [] }
      return layer.inputWeights
    }
    let whole = try weights([("offset", "8"), ("length", "72")])
    #expect(try weights([("offset", "8")]) == whole)
    #expect(try weights([]) == whole)
    #expect(
      refuses(.unsupported, "from 17 on, 72 bytes, beyond the 88") {
        _ = try weights([("offset", "17")])
      })
  }

  @Test("The provenance's hash is of those files too")
  func hash() throws {
    func hash(_ prepare: (_ folder: String) throws -> Void = { _ in }) throws -> UInt64 {
      try Self.convert(Self.entries("weights.bin"), prepare).network.provenance.hash
    }
    let first = try hash()
    #expect(try hash() == first, "of the same bytes the same")
    let other = try hash { folder in
      let url = URL(fileURLWithPath: folder + "/models/weights.bin")
      var data = try Data(contentsOf: url)
      data[data.count - 1] ^= 1
      try data.write(to: url)
    }
    #expect(other != first, "beyond the tensor's range too")
    let alone = GraphBuilder("out = Relu(Y)")
    let bytes = alone.bytes
    let expected = unsafe bytes.withUnsafeBytes { unsafe XXH64.hash($0) }
    #expect(try alone.convert().network.provenance.hash == expected)
  }

  @Test(
    "O10: a path, a name that is none, and what is no file",
    arguments: [
      "../secret.bin", "./weights.bin", "/etc/passwd", "a/../weights.bin", "..", ".", "",
      "weights.bin\0", "..\\secret.bin", "nothing.bin", "folder", "pipe", "link", "hard",
      "dangling",
    ])
  func locations(_ location: String) throws {
    #expect(
      refuses(.unsupported, "tensor W", "external data") {
        _ = try Self.convert(Self.entries(location)) { folder in
          let (files, models) = (FileManager.default, folder + "/models")
          try files.createDirectory(atPath: models + "/folder", withIntermediateDirectories: true)
          unsafe mkfifo(models + "/pipe", 0o600)
          try files.createSymbolicLink(
            atPath: models + "/link", withDestinationPath: "../secret.bin")
          try files.createSymbolicLink(atPath: models + "/dangling", withDestinationPath: "none")
          try files.linkItem(atPath: folder + "/secret.bin", toPath: models + "/hard")
        }
      })
  }

  @Test(
    "O11: an offset or a length beyond the file, or that is no number",
    arguments: [
      ("-8", "72"), ("8", "-1"), ("text", "72"), ("8", ""), ("17", "72"), ("89", "0"),
      ("9223372036854775807", "72"), ("8", "9223372036854775808"), ("0x8", "72"),
      ("8", "18446744073709551688"),
    ])
  func ranges(_ offset: String, _ length: String) {
    #expect(
      refuses(.unsupported, "tensor W", "external data") {
        _ = try Self.convert(Self.entries("weights.bin", offset: offset, length: length))
      })
  }

  @Test("A length that is not that of the shape, and keys that are not known")
  func others() {
    #expect(
      refuses(.malformed, "do not match the shape") {
        _ = try Self.convert(Self.entries("weights.bin", length: "68"))
      })
    #expect(
      refuses(.unsupported, "unknown key") {
        _ = try Self.convert(Self.entries("weights.bin") + [("basepath", "/")])
      })
  }
}
