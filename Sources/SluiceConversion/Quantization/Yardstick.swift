import Sluice
import SluiceBlob
import SluiceImport
import SluiceNetwork

/// Sequences, and what a network makes of them in Double: what blobs of it are measured with.
package struct Yardstick {
  /// Arrays of sequences, each with the network's output over it, `[sequences * steps * outputSize]`.
  private let parts: [(input: SequenceArray, wanted: [Double])]
  private let file: String

  package init(_ network: Network, over inputs: [SequenceArray]) {
    file = network.provenance.source
    parts = inputs.map { input in
      var wanted: [Double] = []
      network.compute(over: input) { _, _, written in wanted += written[written.count - 1] }
      return (input, wanted)
    }
  }

  /// The greatest error of the output at any step, with the kernels that are the same everywhere.
  package func error(of contents: BlobContents) throws(ConversionError) -> Double {
    var contents = contents
    contents.output = .sequence
    var greatest = 0.0
    for (input, wanted) in parts {
      let blob = try OpenBlob(
        contents, file: file, instructionSet: .measuring(contents), steps: input.steps)
      var at = 0
      for sequence in input.sequences {
        for value in blob.stream.run(sequence, of: blob.model, steps: input.steps) {
          greatest = max(greatest, ErrorStatistics.difference(Double(value), wanted[at]))
          at += 1
        }
      }
    }
    return greatest
  }
}
