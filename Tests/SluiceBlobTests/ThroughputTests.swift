import SluiceBlob
import TestSupport
import Testing

#if !DEBUG
  /// Only optimised code says anything about speed. The bounds are a fraction of what is usual, so
  /// that a busy machine passes and a loop that lost its vectors does not.
  @Suite(.serialized) struct ThroughputTests {
    /// The least seconds of several runs.
    static func seconds(_ body: () -> Void) -> Double {
      let clock = ContinuousClock()
      let times = (0..<10).map { _ in clock.measure(body) / .seconds(1) }
      return times.min() ?? .infinity
    }

    @Test("hash and validation of 32 MiB of weights")
    func weights() throws {
      var random = SeededRandom(seed: 32)
      let record = LayerRecord.embedding(tokenCount: 1 << 14, outputSize: 512)
      let file = AlignedBytes(try SampleBlobs.contents(of: [record], &random).bytes())
      let gigabytes = Double(file.count) / 1e9
      var hash: UInt64 = 0
      let hashing = gigabytes / Self.seconds { unsafe hash ^= XXH64.hash(ofBlob: file.raw) }
      let rules = gigabytes / Self.seconds { #expect(file.error(checkingHash: false) == nil) }
      let both = gigabytes / Self.seconds { #expect(file.error() == nil) }
      print("XXH64 \(hashing) GB/s, all other rules \(rules) GB/s, both \(both) GB/s (\(hash))")
      #expect(hashing > 2 && rules > 4)
    }

    @Test("1024 names that differ only near their end, within 10 ms")
    func names() throws {
      let layers = (0..<BlobLimits.layerCount).map {
        let name = String(repeating: "x", count: 218) + "\(10000 + $0)"
        return BlobContents.Layer(
          record: .activation(.relu, size: 1), name: name + String(repeating: "y", count: 32),
          weights: [], biases: [])
      }
      let file = AlignedBytes(try BlobContents(layers: layers).bytes())
      let seconds = Self.seconds { #expect(file.error() == nil) }
      print("\(file.count) bytes of records and names: \(seconds * 1000) ms")
      #expect(seconds < 0.010)
    }
  }
#endif
