import Sluice
import SluiceBlob
import SluiceImport
import SluiceNetwork

/// Sequences, and what a network makes of them in Double: what blobs of it are measured with.
package struct Yardstick {
  private let input: SequenceArray
  /// The network's output, `[sequences * steps * outputSize]`.
  private let wanted: [Double]
  private let file: String

  package init(_ network: Network, over input: SequenceArray) {
    self.input = input
    file = network.provenance.source
    var wanted: [Double] = []
    network.compute(over: input) { _, _, written in wanted += written[written.count - 1] }
    self.wanted = wanted
  }

  /// The greatest error of the output at any step, with the kernels that are the same everywhere.
  package func error(of contents: BlobContents) throws(ConversionError) -> Double {
    var contents = contents
    contents.output = .sequence
    let blob = try OpenBlob(
      contents, file: file, instructionSet: .measuring(contents), steps: input.steps)
    var greatest = 0.0
    var at = 0
    for sequence in input.sequences {
      for value in blob.stream.run(sequence, of: blob.model, steps: input.steps) {
        greatest = max(greatest, ErrorStatistics.difference(Double(value), wanted[at]))
        at += 1
      }
    }
    return greatest
  }
}
