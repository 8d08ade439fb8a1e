import Foundation
import Testing

/// A signal as recordings hold it.
struct Recording {
  /// Samples a second.
  var rate = 8000
  var channels = 1
  var bits = 16
  var isFloat = false
  /// What the header says of the samples' bytes; nil for the truth.
  var size: UInt32?

  /// Seconds of "speech", a constant, and of silence in turn, for the model of ``SpeechModel``.
  static func samples(_ seconds: [(value: Double, length: Double)], rate: Int) -> [Double] {
    seconds.flatMap { part in
      [Double](repeating: part.value, count: Int(part.length * Double(rate)))
    }
  }

  /// The samples as bytes, each channel the same.
  func data(_ samples: [Double]) -> [UInt8] {
    samples.flatMap { sample in
      let bytes: [UInt8] =
        switch (bits, isFloat) {
        case (32, true): Self.bytes(Float(sample).bitPattern)
        case (8, _): [UInt8(min(max(sample * 128 + 128, 0), 255))]
        default:
          Array(Self.bytes(Int64(sample * Double(1 << (bits - 1)))).prefix(bits / 8))
        }
      return (0..<channels).flatMap { _ in bytes }
    }
  }

  /// A WAV file of them.
  func wav(_ samples: [Double]) -> Data {
    let data = data(samples)
    let size = size ?? UInt32(data.count)
    let frame = channels * bits / 8
    var bytes = Array("RIFF".utf8) + Self.bytes(size &+ 36) + Array("WAVEfmt ".utf8)
    bytes += Self.bytes(UInt32(16)) + Self.bytes(UInt16(isFloat ? 3 : 1))
    bytes += Self.bytes(UInt16(channels)) + Self.bytes(UInt32(rate))
    bytes += Self.bytes(UInt32(rate * frame)) + Self.bytes(UInt16(frame)) + Self.bytes(UInt16(bits))
    return Data(bytes + Array("data".utf8) + Self.bytes(size) + data)
  }

  static func bytes<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    (0..<T.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
}

/// A model in the shape of a voice-activity model of 8 kHz: how positive a frame's new samples are.
enum SpeechModel {
  /// What says that it is one.
  static let metadata =
    #"{"task": "voice-activity", "sample_rate": 8000, "hop": 256, "context": 32}"#

  /// The blob, converted once.
  static func blob() throws -> String { try made.get() }

  private static let made = Result {
    let folder = NSTemporaryDirectory() + "sluice-speech-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let weights = (0..<288).map { $0 < 32 ? "0" : "0.03125" }.joined(separator: ",")
    try Data("{\"fc.weight\": [[\(weights)]], \"fc.bias\": [-4]}".utf8)
      .write(to: URL(fileURLWithPath: "\(folder)/m.json"))
    try Data(
      #"{"input_size": 288, "layers": [{"type": "dense", "tensors": "fc.", "activation": "sigmoid"}]}"#
        .utf8
    ).write(to: URL(fileURLWithPath: "\(folder)/a.json"))
    try Data(metadata.utf8).write(to: URL(fileURLWithPath: "\(folder)/meta.json"))
    let blob = "\(folder)/m.sluice"
    let converted = try Tool.run(
      "convert", "\(folder)/m.json", "--architecture", "\(folder)/a.json", "--meta",
      "\(folder)/meta.json", "-o", blob, "--measure", "none")
    try #require(converted.status == 0, "\(converted.error)")
    return blob
  }
}

/// The tool while it runs, with pipes to it and from it.
final class LiveTool {
  private let process = Process()
  private let (input, output) = (Pipe(), Pipe())
  private var buffer = Data()

  init(_ arguments: [String]) throws {
    process.executableURL = URL(fileURLWithPath: Tool.path)
    process.currentDirectoryURL = Tool.root
    process.arguments = arguments
    (process.standardInput, process.standardOutput) = (input, output)
    try process.run()
  }

  func write(_ bytes: [UInt8]) throws {
    try input.fileHandleForWriting.write(contentsOf: Data(bytes))
  }

  /// The next line that it prints; nil where it has ended.
  func line() -> String? {
    while true {
      if let end = buffer.firstIndex(of: 0x0A) {
        let line = String(decoding: buffer[..<end], as: UTF8.self)
        buffer = Data(buffer[(end + 1)...])
        return line
      }
      let more = output.fileHandleForReading.availableData
      guard !more.isEmpty else { return nil }
      buffer += more
    }
  }

  /// Ends its input; the lines that are left, and how it ended.
  func end() throws -> (lines: [String], status: Int32) {
    try input.fileHandleForWriting.close()
    var lines: [String] = []
    while let line = line() { lines.append(line) }
    process.waitUntilExit()
    return (lines, process.terminationStatus)
  }
}
