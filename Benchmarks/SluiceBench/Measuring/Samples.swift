import SluiceNetwork

/// Times of one thing, measured many times: nanoseconds a unit.
struct Samples {
  private let sorted: [Double]

  init(_ values: [Double]) { sorted = values.sorted() }

  /// All samples of several.
  init(_ parts: [Samples]) { self.init(parts.flatMap(\.sorted)) }

  var count: Int { sorted.count }
  var min: Double { sorted.first ?? .nan }
  var median: Double { quantile(0.5) }
  var max: Double { sorted.last ?? .nan }

  /// The time that `share` of the samples did not exceed.
  func quantile(_ share: Double) -> Double {
    guard !sorted.isEmpty else { return .nan }
    return sorted[Swift.min(Int(share * Double(sorted.count)), sorted.count - 1)]
  }

  /// How many samples lie in each sixteenth of an octave, by its lower end.
  var histogram: [(from: Double, count: Int)] {
    var bins: [(from: Double, count: Int)] = []
    var edge = 1.0
    var index = 0
    while let first = sorted[index...].first {
      guard first > 0 else {
        index += 1
        continue
      }
      while edge > first { edge /= Samples.binRatio }
      while edge * Samples.binRatio <= first { edge *= Samples.binRatio }
      let end = edge * Samples.binRatio
      let next = sorted[index...].firstIndex { $0 >= end } ?? sorted.count
      bins.append((edge, next - index))
      index = next
    }
    return bins
  }

  /// The sixteenth root of 2.
  static let binRatio = 1.0442737824274138

  var json: JSON {
    .object([
      ("count", .integer(count)), ("min", .double(min)), ("median", .double(median)),
      ("p99", .double(quantile(0.99))), ("p999", .double(quantile(0.999))),
      ("max", .double(max)),
    ])
  }
}
