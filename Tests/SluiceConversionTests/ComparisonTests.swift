import Sluice
import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// Converted models against the outputs of their source, and against each other.
@Suite("Comparisons") struct ComparisonTests {
  private static let fixtures = CaseFolder.package.appendingPathComponent("Tests/Fixtures").path

  private static func contents(_ name: String) throws -> BlobContents {
    try Converter.convert(source: "\(fixtures)/Conversion/\(name)/model.safetensors")
      .network.blobContents()
  }

  @Test("Case folders pass, and their refusals are refused")
  func cases() throws {
    let all =
      try ConformanceCase.find(in: "\(Self.fixtures)/Conversion")
      + ConformanceCase.find(in: "\(Self.fixtures)/Models")
    #expect(all.count > 80)
    // One in three: the tool's tests and each change's check run all.
    for (index, found) in all.enumerated() where index % 3 == 0 {
      let result = found.run()
      #expect(result.passed, "\(result)")
      #expect((result.maximalError ?? 0) < 1e-2)
    }
  }

  @Test("Options are set by their names, or say what is wrong")
  func options() throws {
    var options = ConversionOptions()
    for (name, value) in [
      ("--architecture", "a.json"), ("--calibrate", "x.npy"), ("--max-error", "0.5"),
      ("--type", "int8"), ("--activation", "exact"),
    ] {
      try options.set(name, to: value)
    }
    #expect(options.source.architecture == "a.json" && options.calibration == "x.npy")
    #expect(options.maximalError == 0.5)
    for (name, value) in [
      ("--max-error", "0"), ("--max-error", "inf"), ("--max-error", "x"), ("--type", "f64"),
      ("--activation", "middle"), ("--unknown", "1"),
    ] {
      #expect(throws: ConversionOptions.ArgumentError.self) { try options.set(name, to: value) }
    }
  }

  @Test("Two blobs differ by layers, weights and outputs")
  func differences() throws {
    let plain = try Self.contents("safetensors_lstm_stacked_dense")
    var halves = plain
    for index in halves.layers.indices {
      halves.layers[index] = halves.layers[index].stored(as: .f16)
    }
    var steps = 0
    let found = try BlobDifference(plain, halves, files: ("a", "b"), steps: 50) { steps = $1 - $0 }
    #expect(found.layers.count == plain.layers.count && found.steps == 50 && steps == 0)
    #expect(found.layers.allSatisfy { $0.before != nil && $0.after != nil && $0.weights != nil })
    #expect(found.layers[0].after?.type == "f16" && found.layers[0].before?.type == "f32")
    #expect(found.outputs != nil && !found.moments.isEmpty)
    // Of other sizes, layers are told apart by name, and there is nothing to compare.
    let other = try BlobDifference(
      plain, Self.contents("safetensors_gru_dense"), files: ("a", "b"), steps: 5)
    #expect(other.layers.contains { $0.before == nil || $0.after == nil || $0.weights == nil })
  }

  @Test("An array runs as sequences, a batch of them or one")
  func arrays() throws {
    let blob = try OpenBlob(Self.contents("safetensors_gru_dense"), file: "gru")
    let size = blob.model.inputSize
    let one = Tensor(shape: [4, size], ramp(4 * size))
    let two = Tensor(shape: [2, 4, size], ramp(4 * size) + ramp(4 * size))
    let single = try ArrayRun.run(blob.model, one, file: "x.npy")
    let both = try ArrayRun.run(blob.model, two, file: "x.npy")
    #expect(single.shape == [4, blob.model.outputSize])
    #expect(both.shape == [2, 4, blob.model.outputSize])
    #expect(both.floats == single.floats + single.floats)
    #expect(throws: ConversionError.self) {
      _ = try ArrayRun.run(blob.model, Tensor(shape: [4, size + 1], ramp(4 * size + 4)), file: "x")
    }
  }
}
