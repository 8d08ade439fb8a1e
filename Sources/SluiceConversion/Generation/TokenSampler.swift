import Foundation
import SluiceBlob
import SluiceNetwork

/// Draws tokens by the scores that a model gives each word of its vocabulary: the same ones for the same seed.
package struct TokenSampler: Sendable {
  /// What a model's outputs are.
  package enum Scores: Sendable {
    /// Logits, or logarithms of probabilities: softmax makes probabilities of them.
    case logits
    /// Probabilities.
    case probabilities
  }

  private let scores: Scores
  private let temperature: Double
  private let excluded: [Int]
  private var random: SplitMix64

  /// - Parameters:
  ///   - temperature: what logits are divided by: below 1 the likely becomes likelier; 0 draws nothing, and takes
  ///     the likeliest, of equal ones the first.
  ///   - excluded: the tokens that are never drawn.
  package init(
    _ scores: Scores, temperature: Double, seed: UInt64, excluding excluded: [Int] = []
  ) {
    (self.scores, self.temperature, self.excluded) = (scores, temperature, excluded)
    random = SplitMix64(state: seed)
  }

  /// A token, and the probability with which it is drawn; nil where the outputs hold no finite score.
  package mutating func next(_ outputs: [Float]) -> (token: Int, probability: Double)? {
    var logits = outputs.map { scores == .logits ? Double($0) : log(Double($0)) }
    for token in excluded { logits[token] = -.infinity }
    guard let greatest = logits.max(), greatest.isFinite, !logits.contains(where: \.isNaN) else {
      return nil
    }
    guard temperature > 0 else { return (logits.firstIndex(of: greatest) ?? 0, 1) }
    let weights = logits.map { exp(($0 - greatest) / temperature) }
    let sum = weights.reduce(0, +)
    // 53 bits, as many as a float64 holds.
    var place = Double(random.next() >> 11) * 0x1p-53 * sum
    for (token, weight) in weights.enumerated() where weight > 0 {
      if place < weight { return (token, weight / sum) }
      place -= weight
    }
    // What rounding left over belongs to the last that may be drawn.
    let last = weights.lastIndex { $0 > 0 } ?? 0
    return (last, weights[last] / sum)
  }
}
