import SluiceBlob
import SluiceImport
import SluiceNetwork

extension Network {
  /// The network with zeros in a share of the blocks of every layer that may leave blocks out, were its
  /// weights of a type: those that matter least, by `input` where there is one, else by their weights.
  func pruned(_ share: Double, as type: StorageType, over input: SequenceArray?) -> Network {
    let moments = input.map { Moments(of: self, over: $0) }
    var network = self
    for index in layers.indices {
      network.layers[index] = layers[index].pruned(
        share, as: type, input: moments?.inputs[index], hidden: moments?.outputs[index])
    }
    return network
  }
}

/// The moments of what each layer reads and writes over sequences.
private struct Moments {
  let inputs: [ColumnMoments], outputs: [ColumnMoments]

  init(of network: Network, over input: SequenceArray) {
    var read = network.layers.map { _ in Sums() }
    var written = read
    network.compute(over: input) { sequence, step, outputs in
      for layer in outputs.indices {
        let source = network.inputs(of: layer)[0]
        if source < 0, network.readsIDs {
          // Ids are no numbers that anything is multiplied with.
        } else if source < 0 {
          read[layer].add(input.sequences[sequence].features(at: step).map { Double($0) })
        } else {
          read[layer].add(outputs[source])
        }
        written[layer].add(outputs[layer])
      }
    }
    inputs = read.map(\.moments)
    outputs = written.map(\.moments)
  }

  private struct Sums {
    var sums: [Double] = [], squares: [Double] = []
    var count = 0

    mutating func add(_ values: [Double]) {
      if sums.isEmpty {
        sums = values.map { _ in 0 }
        squares = sums
      }
      for (index, value) in values.enumerated() {
        sums[index] += value
        squares[index] += value * value
      }
      count += 1
    }

    var moments: ColumnMoments { ColumnMoments(sums: sums, squares: squares, count: count) }
  }
}
