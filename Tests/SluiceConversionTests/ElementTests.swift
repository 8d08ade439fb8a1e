import Foundation
import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// Numbers of every type, as each format may write them.
@Suite("Element types") struct ElementTests {
  /// A TensorProto of two elements.
  private func read(_ type: Int, _ build: (inout ProtobufWriter) -> Void) throws -> Tensor {
    let bytes = ProtobufWriter.message { tensor in
      tensor.integer(1, 2)
      tensor.integer(2, type)
      build(&tensor)
    }
    return try #require(try TensorProtoFile.read(SourceBytes(file: "x.pb", bytes))).1
  }

  private func packed(_ values: [Int]) -> [UInt8] {
    values.flatMap { ProtobufWriter.varint(UInt64(bitPattern: Int64($0))) }
  }

  @Test("ONNX: raw bytes")
  func raw() throws {
    func raw(_ type: Int, _ bytes: [UInt8]) throws -> Tensor {
      try read(type) { $0.bytes(9, bytes) }
    }
    #expect(try raw(1, littleEndian([1.5, -2])).doubles == [1.5, -2])
    let doubles = [1.5, -2].flatMap { (value: Double) in littleEndian(value.bitPattern) }
    #expect(try raw(11, doubles).doubles == [1.5, -2])
    #expect(try raw(11, doubles).floats == [1.5, -2])
    #expect(try raw(6, [5, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]).floats == [5, -1])
    #expect(try raw(7, littleEndian(Int64(5)) + littleEndian(Int64(-1))).floats == [5, -1])
    #expect(try raw(9, [0, 7]).floats == [0, 1])
    #expect(try raw(10, [0x00, 0x3E, 0x00, 0xC0]).floats == [1.5, -2])
    #expect(try raw(16, [0xC0, 0x3F, 0x00, 0xC0]).floats == [1.5, -2])
  }

  @Test("ONNX: fields of each type, one by one and packed")
  func fields() throws {
    for isPacked in [false, true] {
      func integers(_ type: Int, _ field: Int, _ values: [Int]) throws -> [Float] {
        try read(type) { tensor in
          if isPacked {
            tensor.bytes(field, packed(values))
          } else {
            for value in values { tensor.integer(field, value) }
          }
        }.floats
      }
      #expect(try integers(6, 5, [5, -1]) == [5, -1])
      #expect(try integers(7, 7, [5, -1]) == [5, -1])
      #expect(try integers(9, 5, [0, 1]) == [0, 1])
      #expect(try integers(10, 5, [0x3E00, 0xC000]) == [1.5, -2])
      #expect(try integers(16, 5, [0x3FC0, 0xC000]) == [1.5, -2])
      let floats = try read(1) { tensor in
        if isPacked {
          tensor.bytes(4, littleEndian([1.5, -2]))
        } else {
          for value: Float in [1.5, -2] { tensor.float(4, value) }
        }
      }
      #expect(floats.floats == [1.5, -2])
      let doubles = try read(11) { tensor in
        let values = [1.5, -2].map { (value: Double) in littleEndian(value.bitPattern) }
        if isPacked {
          tensor.bytes(10, values.flatMap { $0 })
        } else {
          for value in values {
            tensor.key(10, 1)
            tensor.bytes += value
          }
        }
      }
      #expect(doubles.doubles == [1.5, -2])
    }
    for (type, field, bytes) in [(1, 4, [0, 0, 0]), (11, 10, [0, 0, 0, 0])] as [(Int, Int, [UInt8])]
    {
      #expect(refuses(.malformed, "whole number") { _ = try read(type) { $0.bytes(field, bytes) } })
    }
    #expect(refuses(.malformed, "whole number") { _ = try read(11) { $0.float(10, 1) } })
  }

  @Test("An attribute that names its type alone holds nothing of it")
  func emptyAttributes() throws {
    func convert(_ operation: String, _ attribute: String, _ type: Int) throws -> ConvertedModel {
      var graph = GraphBuilder.lstm()
      graph.node(
        operation, operation == "Constant" ? [] : ["Y"], ["c"], [(attribute, .empty(type))])
      if operation == "Constant" { graph.node("Add", ["Y", "c"], ["out"]) }
      graph.output(operation == "Constant" ? "out" : "c")
      return try graph.convert()
    }
    #expect(try convert("Elu", "alpha", 1).network.layers.count == 2)
    #expect(try convert("Constant", "value_float", 1).network.layers.count == 2)
    #expect(
      refuses(.unsupported, "the attribute axis is 0") { _ = try convert("Softmax", "axis", 2) })
    #expect(refuses(.unsupported, "to is 0") { _ = try convert("Cast", "round_mode", 3) })
    #expect(refuses(.unsupported, "one float") { _ = try convert("Constant", "value_floats", 6) })
    #expect(refuses(.malformed, "perm") { _ = try convert("Transpose", "perm", 7) })
    #expect(
      refuses(.unsupported, "value_strings") { _ = try convert("Constant", "value_strings", 8) })
    #expect(refuses(.malformed, "a tensor") { _ = try convert("Constant", "value", 5) })
  }

  @Test("Tensors give their numbers as float and as double, whatever they are of")
  func tensors() {
    for elements in [
      .float([1.5, -2]), .double([1.5, -2]),
    ] as [Tensor.Elements] {
      let tensor = Tensor(shape: [2], elements: elements)
      #expect(tensor.floats == [1.5, -2] && tensor.doubles == [1.5, -2])
    }
    for elements in [.int32([5, -1]), .int64([5, -1])] as [Tensor.Elements] {
      let tensor = Tensor(shape: [2], elements: elements)
      #expect(tensor.floats == [5, -1] && tensor.doubles == [5, -1])
    }
  }

  @Test("NumPy: halves and doubles, and headers that are not understood")
  func numpy() throws {
    func array(_ header: String, _ data: [UInt8]) throws -> Tensor {
      let text =
        Array(header.utf8) + Array(repeating: 0x20, count: 117 - header.utf8.count) + [0x0A]
      return try NPY.read(
        SourceBytes(
          file: "x.npy", [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.count), 0] + text + data))
    }
    func header(_ type: String, _ shape: String) -> String {
      "{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }"
    }
    #expect(try array(header("<f2", "(2,)"), [0x00, 0x3E, 0x00, 0xC0]).floats == [1.5, -2])
    let doubles = [1.5, -2].flatMap { (value: Double) in littleEndian(value.bitPattern) }
    #expect(try array(header("<f8", "(1, 2)"), doubles).floats == [1.5, -2])
    #expect(refuses(.malformed, "x.npy") { _ = try array(header("<f4", "(2,"), []) })
    let axes = "(" + String(repeating: "1, ", count: 33) + ")"
    #expect(
      refuses(.malformed, "axes") {
        _ = try array(header("<f4", axes).replacingOccurrences(of: " ", with: ""), [])
      })
    let huge = "(9223372036854775807, 2)"
    #expect(refuses(.malformed, "x.npy") { _ = try array(header("<f4", huge), []) })
    #expect(refuses(.malformed, "x.npy") { _ = try array("{'descr': '<f4'", []) })
  }
}
