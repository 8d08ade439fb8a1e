import Foundation
import SluiceSignal
import Testing

/// Windows, spectra, their inverse, mels and levels against librosa's, on speech.
@Suite struct SpectrumTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let size: Int
    let hop: Int
    var window = Window.hann
    var windowSize: Int?
    var isCentered = true

    var testDescription: String { name }
  }

  static let cases = [
    Case(name: "512", size: 512, hop: 128), Case(name: "400", size: 400, hop: 160),
    Case(name: "padded", size: 512, hop: 160, window: .hamming, windowSize: 400),
    Case(name: "441", size: 441, hop: 147, isCentered: false),
  ]

  /// Every spectrum of the fixture's speech.
  private func spectra(_ of: Case) throws -> [[Float]] {
    var transform = ShortTimeFourier(
      size: of.size, hop: of.hop, window: of.window, windowSize: of.windowSize,
      isCentered: of.isCentered)
    let behind = of.isCentered ? [Float](repeating: 0, count: of.size / 2) : []
    var found: [[Float]] = []
    for sample in try Fixture.values("speech") + behind where transform.append(sample) {
      found.append(transform.spectrum)
    }
    return found
  }

  @Test(
    "windows",
    arguments: [
      ("hann", 400, Window.hann), ("hamming", 512, .hamming), ("blackman", 63, .blackman),
      ("kaiser", 90, .kaiser(beta: 7.5)),
    ])
  func windows(_ name: String, _ count: Int, _ window: Window) throws {
    let expected = try Fixture.values("window-\(name)")
    for (a, b) in zip(window.values(count: count), expected) { #expect(abs(Float(a) - b) < 2e-7) }
    #expect(expected.count == count)
    #expect(Window.rectangular.values(count: 3) == [1, 1, 1])
  }

  @Test("spectra", arguments: cases) func spectraOfSpeech(_ of: Case) throws {
    let expected = try Fixture.array("stft-\(of.name)")
    let found = try spectra(of)
    #expect((found.count + Fixture.kept - 1) / Fixture.kept == expected.shape[0])
    #expect(expected.shape[1] == of.size / 2 + 1)
    let kept = stride(from: 0, to: found.count, by: Fixture.kept).flatMap { found[$0] }
    Fixture.expect(kept, near: expected.floats, of.name)
  }

  @Test("the inverse, of spectra whose upper half was halved", arguments: cases)
  func inverse(_ of: Case) throws {
    let expected = try Fixture.values("istft-\(of.name)")
    var inverse = OverlapAdd(
      size: of.size, hop: of.hop, window: of.window, windowSize: of.windowSize)
    var found: [Float] = []
    for spectrum in try spectra(of) {
      let half = 2 * ((of.size / 2 + 1) / 2)
      let changed = spectrum.enumerated().map { $0 < half ? $1 : $1 / 2 }
      inverse.append(changed.span)
      found += inverse.samples
    }
    for _ in 0..<of.size / of.hop {
      inverse.flush()
      found += inverse.samples
    }
    let first = of.isCentered ? of.size / 2 : 0
    Fixture.expect(
      Array(found[first..<first + expected.count]), near: expected, "\(of.name), inverse")
  }

  @Test("a spectrum and its inverse give the signal back, and a second run the same")
  func roundTrip() throws {
    let speech = Array(try Fixture.values("speech")[..<2000])
    var transform = ShortTimeFourier(size: 240, hop: 60)
    var inverse = OverlapAdd(size: 240, hop: 60)
    var runs: [[Float]] = []
    for _ in 0..<2 {
      transform.reset()
      inverse.reset()
      var found: [Float] = []
      for sample in speech + [Float](repeating: 0, count: 240) where transform.append(sample) {
        inverse.append(transform.spectrum.span)
        found += inverse.samples
      }
      Fixture.expect(Array(found[120..<120 + 1900]), near: Array(speech[..<1900]), "again")
      runs.append(found)
    }
    #expect(runs[0] == runs[1])
  }

  @Test(
    "a transform is the linear map of its definition", arguments: [1, 2, 3, 8, 12, 35, 97, 121])
  func definition(_ size: Int) {
    var transform = ShortTimeFourier(size: size, hop: size, window: .rectangular, isCentered: false)
    let x = (0..<size).map { Float(($0 * 7 + 3) % 11) - 5 }
    for sample in x { _ = transform.append(sample) }
    for bin in 0..<transform.binCount {
      let terms = x.enumerated().map { time, value in
        let turn = -2 * Double.pi * Double(bin * time % size) / Double(size)
        return (Double(value) * cos(turn), Double(value) * sin(turn))
      }
      #expect(abs(Double(transform.spectrum[2 * bin]) - terms.reduce(0) { $0 + $1.0 }) < 1e-4)
      #expect(abs(Double(transform.spectrum[2 * bin + 1]) - terms.reduce(0) { $0 + $1.1 }) < 1e-4)
    }
  }

  @Test("mels and their levels", arguments: [true, false]) func mels(isSlaney: Bool) throws {
    let of = Self.cases[isSlaney ? 1 : 0]
    let filters =
      isSlaney
      ? MelFilters(count: 40, size: 400, rate: 22050)
      : MelFilters(
        count: 24, size: 512, rate: 22050, frequencies: 80...7600, scale: .htk, isNormalized: false)
    var (found, levels) = ([Float](), [Float]())
    for spectrum in try spectra(of).enumerated().filter({ $0.0 % Fixture.kept == 0 }).map(\.1) {
      var row = [Float](repeating: 0, count: filters.count)
      var span = row.mutableSpan
      filters.power(of: spectrum.span, into: &span)
      found += row
      levels += row.map { Level.decibels($0) }
    }
    let name = isSlaney ? "slaney" : "htk"
    Fixture.expect(found, near: try Fixture.values("mel-\(name)"), "mel-\(name)")
    Fixture.expect(levels, near: try Fixture.values("level-\(name)"), "level-\(name)")
    #expect(Level.decibels(0) == -100)
    #expect(abs(Level.natural(0, floor: 1e-5) - log(1e-5)) < 1e-5)
  }

  @Test("the functions of the tables") func elementary() {
    for index in -2000...2000 {
      let x = Double(index) * 0.377
      #expect(abs(Elementary.sine(x) - sin(x)) < 1e-14)
      #expect(abs(Elementary.cosine(x) - cos(x)) < 1e-14)
      let power = Double(index) * 0.3
      #expect(abs(Elementary.exponential(power) / exp(power) - 1) < 1e-15)
      #expect(abs(Elementary.logarithm(exp(power)) - power) <= 1e-15 * max(1, abs(power)))
    }
    // Abramowitz and Stegun, table 9.8.
    #expect(abs(Elementary.bessel(1) - 1.2660658777520084) < 1e-14)
    #expect(abs(Elementary.bessel(8) / 427.56411572180474 - 1) < 1e-14)
  }
}
