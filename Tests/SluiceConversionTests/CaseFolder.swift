import Foundation
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// A folder of a model, its inputs and the outputs that are expected of it.
struct CaseFolder: CustomTestStringConvertible {
  let path: String
  var name: String { URL(fileURLWithPath: path).lastPathComponent }
  var testDescription: String { name }

  static let package = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The folder of third-party data, which no clone has to have.
  static let data =
    ProcessInfo.processInfo.environment["SLUICE_DATA"]
    ?? package.appendingPathComponent("../shared/data").path

  /// The case folders in `folder`, by name.
  static func all(in folder: String) -> [CaseFolder] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.sorted().map { CaseFolder(path: "\(folder)/\($0)") }
  }

  private func exists(_ file: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(path)/\(file)")
  }

  /// The text that the error must contain; nil where conversion must succeed.
  var expectedError: String? {
    (try? String(contentsOfFile: "\(path)/expect_error.txt", encoding: .utf8))?
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  var source: String {
    let names = [
      "model.onnx", "model.safetensors", "model.nam", "model.json", "model.rnn", "model.rnnn",
    ]
    return "\(path)/\(names.first(where: exists) ?? "model")"
  }

  /// The arrays `input_0`, `input_1`, ... or `output_0`, ... in order.
  private func arrays(_ kind: String) throws -> [Tensor?] {
    var arrays: [Tensor?] = []
    while true {
      let file = "test_data_set_0/\(kind)_\(arrays.count)"
      if exists(file + ".npy") {
        arrays.append(try NPY.read("\(path)/\(file).npy"))
      } else if exists(file + ".pb") {
        arrays.append(try TensorProtoFile.read("\(path)/\(file).pb")?.1)
      } else {
        return arrays
      }
    }
  }

  func convert() throws -> ConvertedModel {
    var options = SourceOptions()
    if exists("model.json"), source.hasSuffix(".safetensors") || source.hasSuffix(".onnx") {
      options.architecture = "\(path)/model.json"
    }
    if source.hasSuffix(".onnx"), exists("test_data_set_0") {
      for (name, tensor) in zip(try Converter.inputNames(of: source), try arrays("input")) {
        options.constants[name] = tensor
      }
    }
    return try Converter.convert(source: source, options: options)
  }

  /// Converts, runs in Double and compares every output; returns the number of outputs.
  ///
  /// What converts also packs, into bytes that a validator accepts, unless `packing` says not to.
  func check(
    relative: Double = 1e-4, absolute: Double = 1e-5, packing: Bool = true
  ) throws -> Int {
    let model = try convert()
    let index = try #require(
      model.interface.inputs.firstIndex { if case .sequence = $0.role { true } else { false } })
    let input = try #require(try arrays("input")[index])
    var runner = ModelRunner(model)
    let results = runner.run(input)
    let expected = try arrays("output").compactMap(\.self)
    try #require(results.count == expected.count && !expected.isEmpty)
    for ((output, result), expected) in zip(zip(model.interface.outputs, results), expected) {
      // The features of one step may be on other axes, of which a source without a graph does not tell.
      let isRow = Recording.isReshape(result.shape, of: expected.shape)
      #expect(result.shape == expected.shape || output.role == .last([.feature]) && isRow)
      let worst = zip(result.values, expected.doubles).map { abs($0 - $1) - relative * abs($1) }
      #expect(worst.allSatisfy { $0 <= absolute })
    }
    if packing { _ = try model.network.blobContents().bytes() }
    return results.count
  }
}
