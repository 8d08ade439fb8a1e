import SluiceBlob
import SluiceImport
import SluiceNetwork

/// The search for the smallest types with which the output's error stays under a bound.
///
/// It starts from the smallest type of every layer and takes, as long as the error is too great,
/// the step to a larger type of one layer that gains most for its bytes; then it tries smaller ones
/// again, the layer that saves most first. Where int8 throughout is under the bound, it goes down
/// from there as well, so that nothing larger is ever chosen. Every mix is measured: over a part of
/// the input on the way, over all of it in the end.
package struct TypeSearch {
  /// Steps of the part of the input that most mixes are measured over.
  private static let steps = 1000

  private let contents: BlobContents
  /// Of every layer, from the smallest to f32.
  private let candidates: [[BlobContents.Layer]]
  /// int8 in every layer that has it and is no slower with it, also where a smaller type makes it no candidate.
  private let int8: BlobContents
  private let bound: Double
  private let part: Yardstick
  private let whole: Yardstick
  /// Called with every mix that is measured.
  private let progress: (_ measured: Int) -> Void
  /// The errors over the part, by the candidates of the mix.
  private var known: [[Int]: Double] = [:]

  /// - Parameters:
  ///   - contents: what `network` was packed into, at f32.
  ///   - calibration: where the scales of inputs are stored, their ranges.
  ///   - slower: whether types count whose step takes longer than that of f32.
  ///   - stretches: what mixes are measured over beside all of the input, in the end.
  package init(
    _ network: Network, _ contents: BlobContents, calibration: Calibration?,
    slower: Bool = false, over input: SequenceArray, stretches: [SequenceArray] = [], bound: Double,
    progress: @escaping (_ measured: Int) -> Void
  ) {
    self.contents = contents
    self.bound = bound
    self.progress = progress
    var candidates = contents.layers.map { $0.candidates(slower: slower) }
    var int8 = contents.stored(as: .int8, rounding: .finer)
    int8.layers = zip(int8.layers, contents.layers).map { int8, whole in
      slower || whole.record.isNoSlower(as: .int8) ? int8.sparseWhereFaster : whole
    }
    if let calibration {
      int8 = int8.calibrated(by: calibration)
      for index in candidates.indices {
        candidates[index] = candidates[index].map { $0.calibrated(by: calibration, at: index) }
      }
    }
    self.candidates = candidates
    self.int8 = int8
    part = Yardstick(network, over: [input.limited(toSteps: Self.steps)])
    whole = Yardstick(network, over: [input] + stretches)
  }

  /// The mix that was found, all f32 where none is under the bound, and how.
  package mutating func run() throws(ConversionError) -> (BlobContents, TypeMix) {
    var levels = try raised(from: candidates.map { _ in 0 })
    levels = try lowered(from: levels)
    // The most accurate of what is as small as int8: int8 itself where it is a candidate.
    let asSmall = zip(candidates, int8.layers).map { layers, int8 in
      layers.lastIndex { $0.byteCount <= int8.byteCount } ?? 0
    }
    if try passes(asSmall) {
      let below = try lowered(from: asSmall)
      if byteCount(below) < byteCount(levels) { levels = below }
    }
    let int8Error = try whole.error(of: int8)
    var result = mix(levels)
    if int8Error <= bound, int8.layerBytes < result.layerBytes { result = int8 }
    let found = TypeMix(
      types: result.layers.map(\.record.storage), byteCount: result.layerBytes,
      int8ByteCount: int8.layerBytes, int8Error: int8Error, bound: bound, measured: known.count,
      slower: contents.layers.filter(\.isHeldByTime).map(\.name))
    return (result, found)
  }

  private func mix(_ levels: [Int]) -> BlobContents {
    var contents = contents
    contents.layers = zip(candidates, levels).map { $0[$1] }
    return contents
  }

  private func byteCount(_ levels: [Int]) -> Int {
    zip(candidates, levels).reduce(0) { $0 + $1.0[$1.1].byteCount }
  }

  private mutating func error(_ levels: [Int]) throws(ConversionError) -> Double {
    if let error = known[levels] { return error }
    // Infinities have no differences.
    let error = min(try part.error(of: mix(levels)), .greatestFiniteMagnitude)
    known[levels] = error
    progress(known.count)
    return error
  }

  /// Whether the mix is under the bound, over all of the input.
  private mutating func passes(_ levels: [Int]) throws(ConversionError) -> Bool {
    guard try error(levels) <= bound else { return false }
    return try whole.error(of: mix(levels)) <= bound
  }

  /// The first mix under the bound on the way up from `levels`; the top where there is none.
  private mutating func raised(from levels: [Int]) throws(ConversionError) -> [Int] {
    var levels = levels
    while try !passes(levels) {
      var best: (gain: Double, levels: [Int])?
      for layer in levels.indices where levels[layer] + 1 < candidates[layer].count {
        var next = levels
        next[layer] += 1
        let cost = Double(byteCount(next) - byteCount(levels))
        let gain = (try error(levels) - error(next)) / cost
        if gain > best?.gain ?? -.infinity { best = (gain, next) }
      }
      guard let best else { return levels }
      levels = best.levels
    }
    return levels
  }

  /// Smaller types where the error stays under the bound; `levels` where it is not under it.
  private mutating func lowered(from levels: [Int]) throws(ConversionError) -> [Int] {
    var levels = levels
    let bySaving = levels.indices.sorted { a, b in
      let (first, second) = (saving(a, levels), saving(b, levels))
      return first > second || first == second && a < b
    }
    for layer in bySaving {
      for level in 0..<levels[layer] {
        var next = levels
        next[layer] = level
        guard try passes(next) else { continue }
        levels = next
        break
      }
    }
    return levels
  }

  /// Bytes between a layer's type and its smallest.
  private func saving(_ layer: Int, _ levels: [Int]) -> Int {
    candidates[layer][levels[layer]].byteCount - candidates[layer][0].byteCount
  }
}
