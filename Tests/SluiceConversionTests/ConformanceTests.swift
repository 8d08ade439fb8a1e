import Foundation
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// That a conformance case fails where it must: each begins as a copy of one that passes.
@Suite("Conformance cases that must fail") struct ConformanceTests {
  private static let fixtures = CaseFolder.package
    .appendingPathComponent("Tests/Fixtures/Conversion").path

  /// A copy of a fixture, changed by `change`, run; the copy is gone afterwards.
  private static func run(
    _ name: String = "safetensors_gru_dense", _ change: (_ folder: String) throws -> Void
  ) throws -> ConformanceResult {
    let folder = NSTemporaryDirectory() + "sluice-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.copyItem(atPath: "\(fixtures)/\(name)", toPath: folder)
    try change(folder)
    return try #require(ConformanceCase.find(in: folder).first).run()
  }

  private static func edit(
    _ file: String, _ change: (inout [Float], inout [Int]) -> Void
  ) throws {
    let tensor = try NPY.read(file)
    var (floats, shape) = (tensor.floats, tensor.shape)
    change(&floats, &shape)
    try NPY.write(Tensor(shape: shape, floats), to: file)
  }

  private static func write(_ text: String, to file: String) throws {
    try text.write(toFile: file, atomically: true, encoding: .utf8)
  }

  @Test("Unchanged it passes")
  func unchanged() throws {
    let result = try Self.run { _ in }
    #expect(result.passed && result.message.isEmpty && (result.maximalError ?? 1) < 1e-5)
  }

  @Test("An output that is off, by which element and how much")
  func wrongOutput() throws {
    let result = try Self.run {
      try Self.edit("\($0)/test_data_set_0/output_0.npy") { values, _ in values[1] += 0.5 }
    }
    #expect(!result.passed && result.message.contains("element 1"))
    let error = try #require(result.maximalError)
    #expect((error - 0.5).magnitude < 1e-4)
  }

  @Test("An output that is not a number where one is expected")
  func notANumber() throws {
    let result = try Self.run {
      try Self.edit("\($0)/test_data_set_0/output_0.npy") { values, _ in values[0] = .nan }
    }
    #expect(!result.passed && result.maximalError == .infinity)
  }

  @Test("An output of another shape")
  func wrongShape() throws {
    let result = try Self.run {
      try Self.edit("\($0)/test_data_set_0/output_0.npy") { _, shape in shape.append(1) }
    }
    #expect(!result.passed && result.message.contains("has the shape"))
  }

  @Test("Arrays that the model does not have, or that are not there")
  func surplus() throws {
    let data = "test_data_set_0"
    func moving(_ from: String, _ to: String?) throws -> ConformanceResult {
      try Self.run { folder in
        let files = FileManager.default
        if let to {
          try files.copyItem(atPath: "\(folder)/\(data)/\(from)", toPath: "\(folder)/\(data)/\(to)")
        } else {
          try files.removeItem(atPath: "\(folder)/\(data)/\(from)")
        }
      }
    }
    for (from, to, text) in [
      ("input_0.npy", "input_1.npy", "has only 1 inputs"),
      ("output_0.npy", "output_1.npy", "has only 1 outputs"),
      ("input_0.npy", nil, "is absent"), ("output_0.npy", nil, "expected an output"),
    ] {
      let result = try moving(from, to)
      #expect(!result.passed && result.message.contains(text), "\(result)")
    }
    let empty = try Self.run { try FileManager.default.removeItem(atPath: "\($0)/\(data)") }
    #expect(!empty.passed && empty.message.contains("expected a folder test_data_set_0"))
  }

  @Test("Tolerances and options of a case's own")
  func settings() throws {
    // Weights as int8 are off by more than the default allows, and by less than 0.1.
    func run(_ settings: String) throws -> ConformanceResult {
      try Self.run { try Self.write(settings, to: "\($0)/convert.json") }
    }
    #expect(try !run(#"{"arguments": ["--type", "int8"]}"#).passed)
    #expect(try run(#"{"arguments": ["--type", "int8"], "atol": 0.1}"#).passed)
    // Paths are the folder's own.
    let calibrated = #"["--type", "int8", "--calibrate", "test_data_set_0/input_0.npy"]"#
    #expect(try run("{\"arguments\": \(calibrated), \"atol\": 0.1}").passed)
    for (settings, text) in [
      (#"{"arguments": ["--type"]}"#, "expected a value after"),
      (#"{"arguments": ["--type", "f64"]}"#, "f64"),
      (#"{"atol": -1}"#, "tolerance"), (#"{"other": 1}"#, "other"),
      (#"{"arguments": ["--calibrate", "none.npy"]}"#, "none.npy"),
    ] {
      let result = try run(settings)
      #expect(!result.passed && result.message.contains(text), "\(settings): \(result)")
    }
  }

  @Test("A refusal that does not come, or that says something else")
  func refusals() throws {
    let converts = try Self.run { try Self.write("bias", to: "\($0)/expect_error.txt") }
    #expect(!converts.passed && converts.message.contains("expected an error containing 'bias'"))
    let other = try Self.run("refuse_onnx_domain") {
      try Self.write("something else", to: "\($0)/expect_error.txt")
    }
    #expect(!other.passed && other.message.contains("expected 'something else'"))
  }

  @Test("A folder without a model, and one that is not there")
  func noModel() throws {
    let result = try Self.run {
      try FileManager.default.removeItem(atPath: "\($0)/model.safetensors")
      try FileManager.default.removeItem(atPath: "\($0)/model.json")
    }
    #expect(!result.passed && result.message.contains("holds no model"))
    #expect(refuses(.unreadable, "listed") { _ = try ConformanceCase.find(in: "/none/at/all") })
  }
}
