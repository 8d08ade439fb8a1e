import Glibc
import SluiceConversion
import SluiceImport
import SluiceNetwork

/// Standard output and standard error.
enum Console {
  /// Lines on standard output, at once.
  static func print(_ text: String) { write(Array((text + "\n").utf8)) }

  /// Bytes on standard output, at once.
  static func write(_ bytes: [UInt8]) {
    guard !write(bytes[...], to: STDOUT_FILENO) else { return }
    // Nobody reads on, as behind `head`: no failure. Anything else, such as a full disk, is one.
    if errno == EPIPE { exit(0) }
    complain("sluice: standard output: \(unsafe String(cString: strerror(errno)))")
    exit(ToolError.Status.failed.rawValue)
  }

  static func print(_ json: JSON) {
    print(json.printable)
  }

  /// A sentence on standard error.
  static func complain(_ sentence: String) {
    // A terminal may show a line of progress still.
    let start = isatty(STDERR_FILENO) == 1 ? "\r\u{1B}[K" : ""
    // A list of obstacles has a line for each, indented, so that no file can write a line of its own.
    let lines = sentence.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      String(line.drop { $0 == " " }).printable
    }
    writeError(start + lines.joined(separator: "\n  ") + "\n")
  }

  static func writeError(_ text: String) {
    _ = write(Array(text.utf8)[...], to: STDERR_FILENO)
  }

  /// Whether all of the bytes could be written; else `errno` says why not.
  static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
    var bytes = bytes
    while !bytes.isEmpty {
      let written = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if written < 0, errno == EINTR || Descriptor.waited(for: descriptor, POLLOUT) { continue }
      guard written > 0 else { return false }
      bytes = bytes.dropFirst(written)
    }
    return true
  }
}

extension Unicode.Scalar {
  /// Whether a terminal would obey the character in place of showing it: controls, marks that turn
  /// the direction of a line, and ends of lines that are none of ASCII's. The two joiners of
  /// scripts and emoji change how their neighbours look, and no more.
  var isControl: Bool {
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    case .format: value != 0x200C && value != 0x200D
    default: false
    }
  }
}

extension String {
  /// The text fit for a terminal, whatever file it came from: controls as `\u{202E}`, bytes of a
  /// name that are no character as `\xE9`.
  var printable: String {
    func isPlain(_ scalar: Unicode.Scalar) -> Bool {
      !scalar.isControl && FileName.byte(of: scalar) == nil
    }
    guard !unicodeScalars.allSatisfy(isPlain) else { return self }
    var result = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      if isPlain(scalar) {
        result.append(scalar)
      } else if let byte = FileName.byte(of: scalar) {
        result += "\\x\(String(byte, radix: 16, uppercase: true))".unicodeScalars
      } else {
        result += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}".unicodeScalars
      }
    }
    return String(result)
  }
}

extension String {
  /// Says on standard error what was inferred of `source`, which this is.
  func announce(of source: String) {
    Console.complain("sluice: \(source): inferred the layers \(self)")
  }
}
