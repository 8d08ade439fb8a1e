import Foundation
import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// Whole conversions: a source file, options, and the blob with its report.
@Suite("Conversions with their reports") struct ConversionTests {
  private static func source(_ name: String) -> String {
    CaseFolder.package.appendingPathComponent(
      "Tests/Fixtures/Conversion/\(name)/model.safetensors"
    ).path
  }

  private static let lstm = source("safetensors_lstm_stacked_dense")

  /// `body` with the path of a file that holds `tensor`.
  private static func with<Result>(
    _ tensor: Tensor, _ body: (_ path: String) throws -> Result
  ) throws -> Result {
    let path = NSTemporaryDirectory() + "sluice-\(UUID().uuidString).npy"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try NPY.write(tensor, to: path)
    return try body(path)
  }

  /// Features for that model, as large as `amplitude`.
  private static func features(_ count: Int, steps: Int, amplitude: Float = 1) -> Tensor {
    Tensor(shape: [steps, count], ramp(steps * count).map { $0 * 2 * amplitude })
  }

  @Test("The report is of the blob's own run over noise, and stands in its provenance")
  func noise() throws {
    var stages: Set<String> = []
    let conversion = try Conversion(source: Self.lstm, options: .init(type: .one(.int8))) {
      stages.insert("\($0)".prefix { $0 != "(" }.description)
    }
    #expect(stages == ["packing", "measuring"])
    let report = try #require(conversion.report)
    #expect(conversion.mix == nil && report.input == AccuracyReport.noise)
    #expect(report.steps >= 64 && report.maximalError > 1e-5)
    let read = try #require(AccuracyReport.split(provenance: conversion.contents.provenance))
    #expect(read.report.json.text == report.json.text)
    _ = try conversion.contents.bytes()
    let exact = try Conversion(source: Self.lstm, options: .init())
    #expect(try #require(exact.report).maximalError < 1e-5)
  }

  @Test("Over data that are given, which also say what the scales are")
  func calibrated() throws {
    let size = try Converter.convert(source: Self.lstm).network.inputSize
    func convert(_ tensor: Tensor, _ type: TypeChoice = .one(.int8)) throws -> Conversion {
      try Self.with(tensor) {
        try Conversion(
          source: Self.lstm, options: .init(type: type, calibration: $0, maximalError: 1))
      }
    }
    let small = try convert(Self.features(size, steps: 40, amplitude: 0.01))
    let large = try convert(Self.features(size, steps: 40, amplitude: 10))
    let report = try #require(small.report)
    #expect(report.input.hasSuffix(".npy") && !report.input.contains("/"))
    #expect(report.steps == 40)
    let scales = [small, large].map { $0.contents.layers[0].record.inputScale }
    #expect(scales[0] > 0 && scales[1] > 100 * scales[0])
    // A batch is as many sequences.
    let batch = Tensor(shape: [2, 20, size], Self.features(size, steps: 40).floats)
    #expect(try convert(batch).report?.steps == 20)
    let mix = try #require(try convert(Self.features(size, steps: 40), .automatic).mix)
    #expect(mix.slower.count == mix.types.count, "nothing is faster than f32 of so few weights")
    #expect(mix.types.allSatisfy { $0 == .f32 } && mix.reason?.contains("no slower") == true)
  }

  @Test("Over as many steps as are asked for, or none")
  func measured() throws {
    func convert(_ measure: String) throws -> Conversion {
      var options = ConversionOptions(type: .one(.int8))
      try options.set("--measure", to: measure)
      return try Conversion(source: Self.lstm, options: options)
    }
    let report = try #require(try convert("100").report)
    #expect(report.steps == 100 && report.stretches.allSatisfy { $0.steps <= 100 })
    let none = try convert("none")
    #expect(none.report == nil && none.mix == nil)
    #expect(AccuracyReport.split(provenance: none.contents.provenance) == nil)
    #expect(
      try none.contents.layers.map(\.record) == convert("1").contents.layers.map(\.record))
    for text in ["0", "-1", "1e3", "all", "", "99999999999999999999"] {
      #expect(throws: ConversionOptions.ArgumentError.self) { _ = try convert(text) }
    }
  }

  @Test("Data that cannot calibrate are refused")
  func wrongData() throws {
    let size = try Converter.convert(source: Self.lstm).network.inputSize
    var infinite = Self.features(size, steps: 3).floats
    infinite[size] = .infinity
    let embedding = Self.source("safetensors_embedding_lstm_last")
    for (source, tensor, text) in [
      (Self.lstm, Tensor(shape: [3, size], infinite), "element \(size)"),
      (Self.lstm, Self.features(size + 1, steps: 3), "shape"),
      (
        Self.lstm,
        Tensor(shape: [2, size], elements: .int32(.init(repeating: 0, count: 2 * size))),
        "float32"
      ),
      (embedding, Tensor(shape: [3], [0, 1, 2]), "token ids"),
      (embedding, Tensor(shape: [2], elements: .int64([0, -1])), "the id -1"),
    ] {
      let refused = try Self.with(tensor) { path in
        refuses(.malformed, text) {
          _ = try Conversion(source: source, options: .init(calibration: path))
        }
      }
      #expect(refused)
    }
  }

  @Test("Types of its own choice need a bound, and keep it")
  func automatic() throws {
    #expect(
      refuses(.unsupported, "without a bound") {
        _ = try Conversion(source: Self.lstm, options: .init(type: .automatic))
      })
    var stages: Set<String> = []
    let options = ConversionOptions(type: .automatic, maximalError: 0.01)
    let conversion = try Conversion(source: Self.lstm, options: options) {
      stages.insert("\($0)".prefix { $0 != "(" }.description)
    }
    #expect(stages == ["packing", "choosing", "measuring"])
    let mix = try #require(conversion.mix)
    #expect(try #require(conversion.report).maximalError <= 0.01)
    #expect(mix.byteCount == conversion.layerBytes)
    #expect(conversion.contents.layers.map(\.record.storage) == mix.types)
  }

  @Test("A type of more bits may take fewer bytes, and is named")
  func smallerType() throws {
    for type in [StorageType.int4, .int8, .f16, .f32] {
      let conversion = try Conversion(source: Self.lstm, options: .init(type: .one(type)))
      let sizes = try [StorageType.int4, .int8, .f16, .f32].drop { $0 != type }.map {
        try conversion.model.network.blobContents(type: $0).layerBytes
      }
      let smaller = conversion.smallerType(than: type)
      #expect(sizes[0] == conversion.layerBytes)
      #expect(smaller?.byteCount ?? sizes[0] == sizes.min())
    }
  }

  @Test("A model that reads backwards is compared as a whole", arguments: [false, true])
  func backwards(_ isKnown: Bool) throws {
    let model = try Converter.convert(
      source: Self.source("safetensors_gru_bidirectional_inferred")
    ).network
    #expect(!model.isStreamable)
    let input = try NetworkComparison.noise(for: model, steps: 30, seed: 2)
    func compare(_ type: StorageType) throws -> NetworkComparison {
      try NetworkComparison(
        model, model.blobContents(type: type), over: input, file: "gru.sluice",
        reference: isKnown ? ReferenceRun(model, over: input) : nil)
    }
    let (exact, rounded) = (try compare(.f32), try compare(.f16))
    #expect(exact.maximalError > 0 && exact.maximalError < 1e-5)
    #expect(rounded.maximalError > 10 * exact.maximalError)
    #expect(exact.moments.map(\.steps) == [1, 10, 30])
  }

  @Test("A blob of another network is refused by what differs")
  func anotherNetwork() throws {
    let model = try Converter.convert(source: Self.lstm).network
    let input = try NetworkComparison.noise(for: model, steps: 3, seed: 1)
    func compare(_ change: (inout BlobContents) -> Void) throws {
      var contents = try model.blobContents()
      change(&contents)
      _ = try NetworkComparison(model, contents, over: input, file: "a.sluice")
    }
    try compare { _ in }
    #expect(refuses(.unsupported, "expected the") { try compare { $0.layers.removeLast() } })
    #expect(refuses(.unsupported, "output") { try compare { $0.output = .last } })
    #expect(
      refuses(.unsupported, "is not the source's", "units ") {
        try compare { $0.layers[0].record.hiddenSize += 8 }
      })
  }
}
