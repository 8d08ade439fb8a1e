import SluiceBlob

extension Network.Convolution {
  /// How many floats a blob may store for one of W: groups of several channels are spelled out, in zeros
  /// where they do not see each other.
  private static var expansion: Int { 64 }
  /// Floats that are no matter however few of them are W's.
  private static var smallCount: Int { 1 << 18 }

  /// Floats that a blob stores for the weights; nil beyond `Int`.
  private var storedCount: Int? {
    if isDepthwise { return weights.count }
    let (row, rowOverflow) = kernelSize.multipliedReportingOverflow(by: inputChannels)
    let (count, overflow) = row.multipliedReportingOverflow(by: outputChannels)
    return rowOverflow || overflow ? nil : count
  }

  /// Whether each channel sees itself alone, and is written once: what a blob holds as it is.
  package var isDepthwise: Bool {
    groups > 1 && groups == inputChannels && groups == outputChannels
  }

  /// Why no blob holds the convolution as one layer; nil where it may.
  package var refusalOfGroups: String? {
    guard let storedCount,
      storedCount <= max(Self.smallCount, weights.count * Self.expansion)
    else {
      return "\(groups) groups of channels would be stored as \(outputChannels) times "
        + "\(kernelSize) times \(inputChannels) numbers, more than \(Self.expansion) for each of its "
        + "\(weights.count) weights"
    }
    return nil
  }

  /// The factors and summands that a convolution of one tap is, of channels that see only themselves;
  /// nil where it is more.
  package var asScale: Network.Scale? {
    guard kernelSize == 1, stride == 1, groups == inputChannels, groups == outputChannels,
      padding == .past || padding == .zeros(before: 0, after: 0)
    else { return nil }
    return Network.Scale(
      length: length, scale: weights, shift: bias ?? Array(repeating: 0, count: groups))
  }

  /// Convolutions of some groups each, in order, which a blob holds; nil where there would be more
  /// than `limit`.
  package func blocks(atMost limit: Int) -> [Network.Convolution]? {
    var count = 2
    while count <= limit, count <= groups {
      let stored = kernelSize * (inputChannels / count) * (outputChannels / count)
      if groups % count == 0, stored <= max(Self.smallCount, weights.count / count * Self.expansion)
      {
        return blocks(count)
      }
      count += 1
    }
    return nil
  }

  /// `count` convolutions of as many groups each.
  private func blocks(_ count: Int) -> [Network.Convolution] {
    let (outputs, row) = (outputChannels / count, weights.count / count)
    return (0..<count).map { index in
      var block = self
      block.groups = groups / count
      block.inputChannels = inputChannels / count
      block.outputChannels = outputs
      block.weights = Array(weights[index * row..<(index + 1) * row])
      block.bias = bias.map { Array($0[index * outputs..<(index + 1) * outputs]) }
      return block
    }
  }
}
