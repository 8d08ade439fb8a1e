import SluiceBlob

extension NetworkAttack {
  /// Any layer at all that reads `size` features of the one before it.
  ///
  /// - Parameters:
  ///   - records: the layers so far, of which some read several.
  ///   - first: features of the model's input, or of an embedding's row.
  static func layer(
    reading size: Int, _ records: [LayerRecord], _ first: Int, _ choices: inout Choices
  ) -> LayerRecord {
    var record = plain(reading: size, records, first, &choices)
    // Half of all cells are plain ones, which have kernels of their own.
    guard choices.below(2) == 0 else { return overColumns(record, &choices) }
    if record.kind.isRecurrent {
      record.candidateActivation = choices.function()
      if record.kind != .rnn { record.gateActivation = choices.function() }
      if choices.below(4) == 0 { record.clip = abs(choices.feature()) }
      record.direction = [.forward, .forwardFinal, .reverse, .reverseFinal][choices.below(4)]
    }
    if record.kind == .gru || record.kind == .rnn, choices.below(4) == 0 {
      record.cellFlags = .masked
    }
    if record.kind == .lstm {
      record.cellFlags = CellFlags(rawValue: UInt32(choices.below(16)))
      if record.cellFlags.contains(.projection) { record.outputSize = choices.size() }
    }
    switch record.kind {
    case .lstm, .dense, .activation, .convolution: record.outputActivation = choices.function()
    default: break
    }
    return overColumns(record, &choices)
  }

  /// A cell that runs over columns, of which the features are a multiple, one time in two.
  private static func overColumns(
    _ record: LayerRecord, _ choices: inout Choices
  ) -> LayerRecord {
    guard record.kind.isRecurrent, choices.below(2) == 0 else { return record }
    let length = length(of: record.inputSize, &choices)
    let isAlong = length == 1 || choices.below(2) == 0
    var cell = record
    cell.inputSize /= length
    cell.direction = isAlong && choices.below(2) == 0 ? .reverse : .forward
    cell.cellFlags = CellFlags(rawValue: record.cellFlags.rawValue & 7)
    return cell.over(length, isAlong ? .along : .each)
  }

  private static func plain(
    reading size: Int, _ records: [LayerRecord], _ first: Int, _ choices: inout Choices
  ) -> LayerRecord {
    switch choices.below(24) {
    case 0, 1: .lstm(inputSize: size, hiddenSize: choices.size())
    case 2: .gru(inputSize: size, hiddenSize: choices.size(), variant: .resetAfter)
    case 3: .gru(inputSize: size, hiddenSize: choices.size(), variant: .resetBefore)
    case 4: .rnn(inputSize: size, hiddenSize: choices.size())
    case 5: .dense(inputSize: size, outputSize: choices.size())
    case 6: .activation(.tanh, size: size)
    case 7: columns(.scale, size, &choices)
    case 8: columns(.prelu, size, &choices)
    case 9: norm(size, &choices)
    case 10: slice(size, &choices)
    case 11: size % 2 == 0 ? magnitude(size) : columns(.scale, size, &choices)
    case 12: pad(size, &choices)
    case 13, 14: joined(size, records, first, &choices)
    case 15: .mask(inputSize: size, start: choices.below(size), count: 1, value: 0)
    case 16: pool(size, &choices)
    case 17: .columns(.argMax, length: 1, inputSize: size, outputSize: 1)
    case 18: .delay(size: size, count: 1 + choices.below(5))
    case 19: .gather(inputSize: size, outputSize: choices.size())
    case 20, 21: depthwise(size, &choices)
    default: convolution(size, &choices)
    }
  }

  /// Columns of which the features are a multiple.
  private static func length(of size: Int, _ choices: inout Choices) -> Int {
    let length = 1 + choices.below(4)
    return size % length == 0 ? length : 1
  }

  private static func columns(
    _ kind: LayerKind, _ size: Int, _ choices: inout Choices
  ) -> LayerRecord {
    .columns(kind, length: length(of: size, &choices), inputSize: size, outputSize: size)
  }

  private static func norm(_ size: Int, _ choices: inout Choices) -> LayerRecord {
    var record = columns(.layerNorm, size, &choices)
    record.columns.epsilon = Float(1 + choices.below(8)) / 1024
    return record
  }

  private static func slice(_ size: Int, _ choices: inout Choices) -> LayerRecord {
    var record = columns(.slice, size, &choices)
    let channels = size / record.columns.length
    record.columns.start = choices.below(channels)
    let kept = 1 + choices.below(channels - record.columns.start)
    record.outputSize = record.columns.length * kept
    return record
  }

  private static func magnitude(_ size: Int) -> LayerRecord {
    .columns(.magnitude, length: 1, inputSize: size, outputSize: size / 2)
  }

  private static func pad(_ size: Int, _ choices: inout Choices) -> LayerRecord {
    .reflectPad(
      length: size, channels: 1, before: choices.below(min(size, 4)),
      after: choices.below(min(size, 4)))
  }

  private static func pool(_ size: Int, _ choices: inout Choices) -> LayerRecord {
    let kernel = 1 + choices.below(min(size, 4))
    return .maxPool(
      length: size, channels: 1, kernelSize: kernel, stride: 1 + choices.below(3),
      before: choices.below(kernel), after: choices.below(kernel))
  }

  /// The layer before and an earlier one, or the model's input: their sum where their sizes agree, else
  /// one behind the other.
  private static func joined(
    _ size: Int, _ records: [LayerRecord], _ first: Int, _ choices: inout Choices
  ) -> LayerRecord {
    guard records.count > 1 else { return columns(.scale, size, &choices) }
    let earlier = choices.below(records.count) - 1
    let readsInput = earlier < 0 || records[earlier].kind == .embedding
    let other = readsInput ? first : records[earlier].outputSize
    var record: LayerRecord =
      other == size && choices.below(2) == 0
      ? (choices.below(2) == 0 ? .add(size: size) : .multiply(size: size))
      : .columns(.concatenate, length: 1, inputSize: size + other, outputSize: size + other)
    let source = records[0].kind == .embedding ? max(earlier, 0) : earlier
    record.inputs = LayerInputs([records.count - 1, source])
    return record
  }

  /// Taps of channels that see themselves alone; of one channel, of all.
  private static func depthwise(_ size: Int, _ choices: inout Choices) -> LayerRecord {
    let length = length(of: size, &choices)
    let isCausal = choices.below(2) == 0
    return .convolution(
      length: length, inputChannels: size / length, outputChannels: size / length,
      kernelSize: 1 + choices.below(4), stride: isCausal ? 1 : 1 + choices.below(2),
      dilation: 1 + choices.below(3), before: isCausal ? 0 : choices.below(3),
      after: isCausal ? 0 : choices.below(3), padding: isCausal ? .past : .zeros,
      activation: .tanh, groups: size / length)
  }

  private static func convolution(_ size: Int, _ choices: inout Choices) -> LayerRecord {
    var record = LayerRecord.convolution(
      length: size, inputChannels: 1, outputChannels: 1 + choices.below(3),
      kernelSize: 1 + choices.below(4), stride: 1 + choices.below(2),
      dilation: 1 + choices.below(3), before: choices.below(3), after: choices.below(3),
      padding: .zeros, activation: .relu)
    if choices.below(2) == 0 {
      record.columns.padding = .past
      record.columns.before = 0
      record.columns.after = 0
      record.outputSize = record.outputLength * (1 + choices.below(3))
    }
    return record
  }
}
