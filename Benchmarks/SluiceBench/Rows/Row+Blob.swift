import Sluice
import SluiceBlob

/// Why a row cannot be measured.
struct Absence: Error, CustomStringConvertible {
  let description: String
}

extension Row {
  /// A model of the row's layer alone, with random weights in the range that training starts from.
  func blob(seed: UInt64) throws -> [UInt8] {
    var random = Random(state: seed)
    var record = record
    record.grade = grade
    let bound = 1 / Float(max(hidden, 1)).squareRoot()
    let weights =
      switch cell {
      case .lstm, .gru, .gruBefore, .rnn:
        Packing.packRecurrent(
          input: random.floats(gates * hidden * inputs, bound: bound),
          hidden: random.floats(gates * hidden * hidden, bound: bound), gates: gates,
          inputSize: inputs, hiddenSize: hidden, variant: record.variant)
      case .dense:
        Packing.packDense(
          random.floats(hidden * inputs, bound: bound), inputSize: inputs, outputSize: hidden)
      case .tanh, .sigmoid, .relu: [UInt8]()
      }
    let biasRows = record.biasRowCount
    let biases =
      biasRows == 0
      ? []
      : Packing.packRows(
        random.floats(biasRows * hidden, bound: bound), rowCount: biasRows, outputSize: hidden)
    let layer = BlobContents.Layer(record: record, name: "x", weights: weights, biases: biases)
    do throws(BlobError) {
      return try BlobContents(layers: [layer]).stored(as: storage.type).bytes()
    } catch {
      throw Absence(description: error.description)
    }
  }

  private var record: LayerRecord {
    switch cell {
    case .lstm: .lstm(inputSize: inputs, hiddenSize: hidden)
    case .gru: .gru(inputSize: inputs, hiddenSize: hidden, variant: .resetAfter)
    case .gruBefore: .gru(inputSize: inputs, hiddenSize: hidden, variant: .resetBefore)
    case .rnn: .rnn(inputSize: inputs, hiddenSize: hidden)
    case .dense: .dense(inputSize: inputs, outputSize: hidden)
    case .tanh: .activation(.tanh, size: inputs)
    case .sigmoid: .activation(.sigmoid, size: inputs)
    case .relu: .activation(.relu, size: inputs)
    }
  }
}
