import SluiceImport
import SluiceNetwork

/// How a case went.
package struct ConformanceResult: Sendable {
  /// The case's name.
  package let name: String
  /// Whether everything was as expected.
  package let passed: Bool
  /// The greatest |y - expected|; nil where nothing was compared.
  package let maximalError: Double?
  /// What was wrong, or the error that was expected; empty otherwise.
  package let message: String
  /// The graph's inputs whose values the case gave beside the sequence: `convert` and `run` cannot.
  package var given: [Name] = []
  /// The graph's outputs that were taken from the stream: `run` does not write them.
  package var kept: [Name] = []
}

extension ConformanceCase {
  /// Converts the model, runs every data set and compares the outputs.
  package func run() -> ConformanceResult {
    var worst: Double?
    var (given, kept) = ([Name](), [Name]())
    do throws(ConversionError) {
      if let text = try expectedError() { return refusal(containing: text) }
      let settings = try ConformanceSettings(of: self)
      let dataSets = dataSets
      guard !dataSets.isEmpty else {
        throw .malformed(folder, "", "expected a folder test_data_set_0")
      }
      let file = try source()
      let exported = try ExportedModel(
        file, hasArchitecture: settings.options.source.architecture != nil)
      defer { withExtendedLifetime(exported) {} }
      for dataSet in dataSets {
        let error = try ConformanceData(folder: dataSet)
          .compare(exported?.path ?? file, settings)
        worst = max(worst ?? 0, error.worst)
        for name in error.given where !given.contains(name) { given.append(name) }
        for name in error.kept where !kept.contains(name) { kept.append(name) }
        if let message = error.message {
          return ConformanceResult(
            name: name, passed: false, maximalError: worst, message: message)
        }
      }
      return ConformanceResult(
        name: name, passed: true, maximalError: worst, message: "", given: given, kept: kept)
    } catch {
      return ConformanceResult(
        name: name, passed: false, maximalError: worst, message: error.description)
    }
  }

  /// Passes where the conversion fails with a bad or unsupported file, and says `text`.
  private func refusal(containing text: String) -> ConformanceResult {
    func result(_ passed: Bool, _ message: String) -> ConformanceResult {
      ConformanceResult(name: name, passed: passed, maximalError: nil, message: message)
    }
    do throws(ConversionError) {
      let settings = try ConformanceSettings(of: self)
      let file = try source()
      let exported = try ExportedModel(
        file, hasArchitecture: settings.options.source.architecture != nil)
      defer { withExtendedLifetime(exported) {} }
      let model = try Converter.convert(
        source: exported?.path ?? file, options: settings.options.source)
      if let reason = model.refusalOfOutputs { throw .unsupported(file, "outputs", reason) }
      _ = try model.network.blobContents(settings.options)
      return result(false, "expected an error containing '\(text)'")
    } catch {
      guard error.kind != .unwritable, error.description.contains(text) else {
        return result(false, "expected '\(text)' in the error: \(error.description)")
      }
      return result(true, error.description)
    }
  }
}
