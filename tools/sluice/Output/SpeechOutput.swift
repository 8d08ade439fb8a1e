import SluiceConversion
import SluiceImport
import SluiceNetwork

/// Segments of speech, for people and programs.
struct SpeechOutput {
  private let segments: [Range<Int>]
  private let recording: WAVFile
  private let path: String
  /// The file that received the probabilities; nil for none.
  private let probabilities: String?

  init(
    _ segments: [Range<Int>], of recording: WAVFile, _ path: String, probabilities: String? = nil
  ) {
    self.probabilities = probabilities
    self.segments = segments
    self.recording = recording
    self.path = path
  }

  func print(asJSON: Bool) { Console.print(asJSON ? json.text : text) }

  private func seconds(_ samples: Int) -> Double {
    Double(samples) / Double(recording.sampleRate)
  }

  private var text: String {
    table + (probabilities.map { "\nprobabilities written to \($0.printable)" } ?? "")
  }

  private var table: String {
    let total = segments.reduce(0) { $0 + $1.count }
    let summary =
      "\(segments.count) segments, \(seconds(total).rounded(toPlaces: 2)) s of "
      + "\(seconds(recording.samples.count).rounded(toPlaces: 2)) s"
    guard !segments.isEmpty else { return "no speech in \(path.printable)" }
    let rows = segments.map { segment in
      [segment.lowerBound, segment.upperBound, segment.count].map {
        seconds($0).rounded(toPlaces: 3)
      }
    }
    return Table(["start s", "end s", "length s"], rows: rows, numbers: [0, 1, 2]).text
      + "\n" + summary
  }

  private var json: JSON {
    .object([
      ("file", .path(path)), ("sampleRate", .integer(recording.sampleRate)),
      ("samples", .integer(recording.samples.count)),
      (
        "segments",
        .array(
          segments.map {
            .object([("start", .integer($0.lowerBound)), ("end", .integer($0.upperBound))])
          })
      ),
      ("output", probabilities.map { .path($0) } ?? .null),
    ])
  }
}

extension Double {
  fileprivate func rounded(toPlaces places: Int) -> String {
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    let scaled = Int((self * scale).rounded())
    let fraction = String(scaled % Int(scale))
    return "\(scaled / Int(scale))."
      + String(repeating: "0", count: places - fraction.count) + fraction
  }
}
