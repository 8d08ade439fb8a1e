import Foundation
import SluiceBlob

/// How far a blob is from its source: the numbers that its provenance carries.
///
/// Noise of a fixed seed runs through the blob and through the source's weights in Double. The
/// kernels are the baseline's, and two digits are kept, so that a conversion gives the same bytes
/// on every CPU.
package struct AccuracyReport: Sendable {
  /// Steps of noise.
  package static let steps = 64

  /// The last layer's greatest error.
  package let maximalError: Double
  /// The root of the mean of the squares of its errors.
  package let meanError: Double

  /// Measures `contents`, which `network` was packed into.
  ///
  /// - Throws: ``ConversionError`` where the contents make no blob.
  package init(of network: Network, _ contents: BlobContents) throws(ConversionError) {
    let noise = try NetworkComparison.noise(for: network, steps: Self.steps, seed: 1)
    let comparison = try NetworkComparison(
      network, contents, over: noise, file: network.provenance.source, instructionSet: .baseline)
    maximalError = comparison.maximalError
    meanError = comparison.layers.last?.meanError ?? 0
  }

  fileprivate var json: String {
    "{\"input\":\"noise\",\"steps\":\(Self.steps),\"max_error\":\(Self.rounded(maximalError)),"
      + "\"rms_error\":\(Self.rounded(meanError))}"
  }

  private static func rounded(_ error: Double) -> String {
    error.isFinite ? String(format: "%.1e", error) : "null"
  }
}

extension BlobContents {
  /// The contents with a report among their provenance.
  package func reporting(_ report: AccuracyReport) -> BlobContents {
    var contents = self
    contents.provenance = String(provenance.dropLast()) + ",\"accuracy\":\(report.json)}"
    return contents
  }
}
