import SluiceImport
import SluiceNetwork

/// The last layer's error by step and by channel.
package struct Drift {
  /// The greatest at each step.
  private var greatest: [Double]
  /// The sum of squares at each step.
  private var squares: [Double]
  /// The sum of squares of each channel.
  private var channels: [Double]
  private var sequences = 0

  package init(steps: Int, channels: Int) {
    greatest = Array(repeating: 0, count: steps)
    squares = greatest
    self.channels = Array(repeating: 0, count: channels)
  }

  package mutating func note(_ output: [Float], _ expected: [Double], step: Int) {
    if step == 0 { sequences += 1 }
    for (channel, (value, wanted)) in zip(output, expected).enumerated() {
      let error = ErrorStatistics.difference(Double(value), wanted)
      greatest[step] = max(greatest[step], error)
      squares[step] += error * error
      channels[channel] += error * error
    }
  }

  /// The errors within 1, 10, 100, ... steps, and within all.
  package var moments: [NetworkComparison.Moment] {
    var counts = [1, 10, 100, 1000, 10_000, 100_000].filter { $0 < greatest.count }
    counts.append(greatest.count)
    var first = 0
    return counts.map { count in
      let squares = squares[first..<count].reduce(0, +)
      let numbers = Double(max((count - first) * channels.count * sequences, 1))
      defer { first = count }
      return NetworkComparison.Moment(
        steps: count, maximalError: greatest[..<count].max() ?? 0,
        meanError: (squares / numbers).squareRoot())
    }
  }

  /// The greatest and the mean error at each step.
  var stepErrors: [(greatest: Double, mean: Double)] {
    let numbers = Double(max(channels.count * sequences, 1))
    return zip(greatest, squares).map { ($0, ($1 / numbers).squareRoot()) }
  }

  /// The channel with the greatest mean error, and that error.
  package var worstChannel: (index: Int, error: Double) {
    let worst = channels.indices.max { channels[$0] < channels[$1] } ?? 0
    guard worst < channels.count else { return (0, 0) }
    let count = Double(max(greatest.count * sequences, 1))
    return (worst, (channels[worst] / count).squareRoot())
  }
}
