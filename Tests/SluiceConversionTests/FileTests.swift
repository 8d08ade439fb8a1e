import Foundation
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

@Suite("Files: .npy, .pb, and writing whole or not at all")
struct FileTests {
  private func folder() throws -> String {
    let path = NSTemporaryDirectory() + "sluice-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  @Test("Arrays come back as they were written")
  func roundTrip() throws {
    let folder = try folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for tensor in [
      Tensor(shape: [2, 3], ramp(6)), Tensor(shape: [], elements: .double([-0.1])),
      Tensor(shape: [3], elements: .int32([1, -2, .max])),
      Tensor(shape: [1, 0], elements: .int64([])),
    ] {
      try NPY.write(tensor, to: folder + "/a.npy")
      #expect(try NPY.read(folder + "/a.npy") == tensor)
      #expect(NPY.bytes(of: tensor).count % 64 == tensor.count * Self.size(tensor) % 64)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.npy"])
  }

  private static func size(_ tensor: Tensor) -> Int {
    switch tensor.elements {
    case .float, .int32: 4
    case .double, .int64: 8
    }
  }

  @Test(
    "Headers that are refused",
    arguments: [
      ("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", "descr"),
      ("{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }", "Fortran"),
      ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "shape"),
      ("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", "size"),
      ("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387905,), }", "shape"),
      ("{'descr': '<f4', 'fortran_order': False, }", "expected descr"),
      ("{'descr': '<f4', 'descr': '<f4', 'shape': (1,), }", "twice"),
      ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), } x", "after"),
    ])
  func headers(_ header: String, _ text: String) {
    let bytes: [UInt8] =
      [0x93] + Array("NUMPY".utf8) + [1, 0] + littleEndian(UInt16(header.utf8.count))
      + Array(header.utf8) + [0, 0, 0, 0]
    do {
      _ = try NPY.read(SourceBytes(file: "a.npy", bytes))
      Issue.record("read")
    } catch {
      #expect(error.description.contains(text))
    }
  }

  @Test("Typed and raw fields of a tensor")
  func tensorProto() throws {
    let typed = GraphBuilder.tensor("a", [2], integers: [-3, 4])
    let read = try #require(try TensorProtoFile.read(SourceBytes(file: "a.pb", typed)))
    #expect(read.name == "a" && read.1 == Tensor(shape: [2], elements: .int64([-3, 4])))
    let doubles = ProtobufWriter.message {
      $0.integer(1, 1)
      $0.integer(2, 11)
      $0.bytes(10, littleEndian((2.5 as Double).bitPattern))
    }
    #expect(
      try TensorProtoFile.read(SourceBytes(file: "a.pb", doubles))?.1
        == Tensor(shape: [1], elements: .double([2.5])))
    #expect(try TensorProtoFile.read(SourceBytes(file: "a.pb", [])) == nil)
  }

  @Test("What cannot be written leaves nothing behind")
  func failedWrite() throws {
    let folder = try folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(
      refuses(.unwritable, "none/a") { try BlobFile.write([1], to: folder + "/none/a") })
    try FileManager.default.createDirectory(
      atPath: folder + "/taken/full", withIntermediateDirectories: true)
    #expect(refuses(.unwritable, "taken") { try BlobFile.write([1], to: folder + "/taken") })
    #expect(refuses(.unwritable) { try BlobFile.write([1], to: "a\0b") })
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["taken"])
  }

  @Test("Only regular files are read")
  func regularFiles() throws {
    let folder = try folder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(unsafe mkfifo(folder + "/pipe.onnx", 0o600) == 0)
    for path in [folder, folder + "/pipe.onnx", "/dev/zero", folder + "/none.onnx", "a\0b"] {
      #expect(refuses(.unreadable) { _ = try Converter.convert(source: path) })
    }
  }

  @Test(
    "Other formats are refused by their names", arguments: ["a.pb", "model.h5", "a.tflite", "a.pt"])
  func formats(_ name: String) {
    #expect(
      refuses(.unsupported, "not supported") {
        _ = try Converter.convert(SourceBytes(file: name, Array("{\"a\": 1}".utf8)))
      })
  }
}
