import Glibc

/// Where text goes.
enum Output {
  case standard
  case error

  fileprivate var descriptor: Int32 { self == .standard ? 1 : 2 }
}

/// Prints a line.
func print(_ text: String, to output: Output, _ end: String = "\n") {
  _ = writeAll(Array((text + end).utf8), to: output.descriptor)
}

private func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
  var done = 0
  while done < bytes.count {
    let count = unsafe bytes.withUnsafeBytes { all in
      unsafe Glibc.write(descriptor, all.baseAddress! + done, all.count - done)
    }
    guard count > 0 else { return false }
    done += count
  }
  return true
}

extension Report {
  /// Prints the tables, and writes the files that were asked for.
  func write() throws(Absence) {
    print(text, to: options.json == "-" ? .error : .standard)
    if let path = options.json {
      if path == "-" {
        print(json, to: .standard)
      } else {
        try save(Array((json + "\n").utf8), path)
      }
    }
    if let path = options.html { try save(Array(page.utf8), path) }
  }
}

/// Writes a file.
func save(_ bytes: [UInt8], _ path: String) throws(Absence) {
  let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
  guard file >= 0, writeAll(bytes, to: file), close(file) == 0 else {
    throw Absence(description: "cannot write \(path): \(unsafe String(cString: strerror(errno)))")
  }
}
