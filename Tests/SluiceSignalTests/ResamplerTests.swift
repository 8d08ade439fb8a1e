import Foundation
import SluiceSignal
import Testing

/// The pass band, the stop band and the times of what a resampler gives.
@Suite struct ResamplerTests {
  static let rates = [
    (8000, 16000), (16000, 8000), (44100, 16000), (48000, 16000), (44100, 8000), (48000, 8000),
    (16000, 48000), (11025, 16000),
  ]

  private func run(_ x: [Float], _ from: Int, _ to: Int) throws -> [Float] {
    guard var resampler = Resampler(from: from, to: to) else {
      throw Problem()
    }
    var y: [Float] = []
    for sample in x {
      resampler.append(sample)
      while let next = resampler.next() { y.append(next) }
    }
    resampler.end()
    while let next = resampler.next() { y.append(next) }
    let more = resampler.next()
    #expect(more == nil)
    return y
  }

  private struct Problem: Error {}

  private func sine(_ frequency: Double, _ rate: Int, _ count: Int) -> [Float] {
    (0..<count).map { Float(sin(2 * .pi * frequency * Double($0) / Double(rate))) }
  }

  /// The output where no end of the input is near.
  private func middle(_ y: [Float], _ to: Int) -> Range<Int> { y.count / 4..<y.count * 3 / 4 }

  @Test(
    "the pass band passes within 0.01 dB, in time, and nothing else comes with it", arguments: rates
  )
  func passes(_ from: Int, _ to: Int) throws {
    let edge = Double(min(from, to)) / 2
    for share in [0.0, 0.1, 0.5, 0.8, 0.9] {
      let frequency = max(share * edge, 1)
      let y = try run(sine(frequency, from, from / 10), from, to)
      #expect(y.count == (from / 10 * to + from - 1) / from)
      let exact = sine(frequency, to, y.count)
      let error = middle(y, to).map { abs(y[$0] - exact[$0]) }.max() ?? 1
      #expect(error < 0.00115, "\(frequency) Hz: \(error)")
    }
  }

  @Test("what would be mirrored is 80 dB down", arguments: rates)
  func stops(_ from: Int, _ to: Int) throws {
    let edge = Double(min(from, to)) / 2
    let limit = Float(pow(10, -Resampler.stopBand / 20))
    if to < from {
      for share in [1.0, 1.02, 1.1, 1.37, 1.9] where share * edge < Double(from) / 2 {
        let y = try run(sine(share * edge, from, from / 10), from, to)
        let loudest = middle(y, to).map { abs(y[$0]) }.max() ?? 1
        #expect(loudest < limit, "\(share * edge) Hz: \(20 * log10(loudest)) dB")
      }
    } else {
      // Images stand above the edge: what is left of a tone, over whole turns of it, beside the tone.
      for share in [0.2, 0.6, 0.9] {
        let frequency = (share * edge / 10).rounded(.down) * 10
        let y = try run(sine(frequency, from, from / 5), from, to)
        let range = y.count / 4..<y.count / 4 + to / 10
        let turn = 2 * Double.pi * frequency / Double(to)
        let (a, b) = (
          sum(range) { Double(y[$0]) * sin(turn * $1) },
          sum(range) { Double(y[$0]) * cos(turn * $1) }
        )
        let scale = 2 / Double(range.count)
        let left = sum(range) { index, time in
          let rest =
            Double(y[index]) - scale * (a * sin(turn * time) + b * cos(turn * time))
          return rest * rest
        }
        let loudest = Float((scale * left).squareRoot())
        #expect(loudest < limit, "\(frequency) Hz: \(20 * log10(loudest)) dB")
      }
    }
  }

  private func sum(_ range: Range<Int>, _ term: (Int, Double) -> Double) -> Double {
    range.reduce(0) { $0 + term($1, Double($1)) }
  }

  @Test("silence stays, a constant stays, a second run is the same, an empty one gives nothing")
  func plain() throws {
    for (from, to) in Self.rates {
      let y = try run([Float](repeating: 1, count: 2000), from, to)
      #expect(middle(y, to).allSatisfy { abs(y[$0] - 1) < 1e-5 })
      #expect(try run([Float](repeating: 0, count: 300), from, to).allSatisfy { $0 == 0 })
      #expect(try run([], from, to).isEmpty)
    }
    guard var resampler = Resampler(from: 48000, to: 16000) else { throw Problem() }
    var runs: [[Float]] = []
    for _ in 0..<2 {
      resampler.reset()
      var y: [Float] = []
      for sample in sine(100, 48000, 1000) {
        resampler.append(sample)
        if let next = resampler.next() { y.append(next) }
      }
      runs.append(y)
    }
    #expect(runs[0] == runs[1] && runs[0].count > 200)
  }

  @Test("rates with nothing in common are refused, not computed with gigabytes")
  func refused() {
    let refused = [(767_999, 16000), (1, 1 << 30), (16001, 1 << 20)].allSatisfy {
      Resampler(from: $0, to: $1) == nil
    }
    #expect(refused)
    let isThere = Resampler(from: 22050, to: 16000) != nil
    #expect(isThere)
  }
}
