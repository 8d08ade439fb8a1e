import Foundation
import Glibc
import Sluice
import SluiceConversion
import SluiceImport
import SluiceNetwork
import TestSupport

/// How long a hostile file of 1 MiB is computed with until it is refused, and in how much memory.
///
/// Prints a line a file: the least time of several runs, that time in passes, and how far resident
/// memory rose at most, the mapped file itself included. Ends with 1 where one was read, took over
/// ``Pass/maximum`` passes or needed more than twice the file and 1 MiB.
@main struct RejectionProbe {
  static func main() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("rejection-\(getpid())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var failures = 0
    print(row("file", "size", "ms", "passes", "memory", "refused with"))
    for bomb in try Bomb.all() {
      let path = folder.appendingPathComponent(bomb.name).path
      try Data(bomb.bytes).write(to: URL(fileURLWithPath: path))
      let measured = measure(path)
      let size = bomb.bytes.count
      let isKept =
        measured.reason != nil && measured.passes <= Pass.maximum
        && measured.memory <= 2 * size + 1 << 20
      if !isKept { failures += 1 }
      print(
        row(
          bomb.name, "\(size / 1024) KiB", String(format: "%.2f", measured.milliseconds),
          String(format: "%.2f", measured.passes), "\(measured.memory / 1024) KiB",
          String((measured.reason ?? "NOT REFUSED").prefix(70))),
        isKept ? "" : "  <- beyond the bound")
      try FileManager.default.removeItem(atPath: path)
    }
    print(
      failures == 0
        ? "Every file was refused within \(Int(Pass.maximum)) passes and twice its size plus 1 MiB."
        : "\(failures) files were not refused within the bounds.")
    exit(failures == 0 ? 0 : 1)
  }

  private static func row(
    _ name: String, _ size: String, _ time: String, _ passes: String, _ memory: String,
    _ reason: String
  ) -> String {
    func padded(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(width - text.count, 0)) + text
    }
    return name + String(repeating: " ", count: max(34 - name.count, 1)) + padded(size, 9)
      + padded(time, 9) + padded(passes, 8) + padded(memory, 11) + "  " + reason
  }

  /// Seven runs, up to forty while the bound is not kept: another program's load is not the file's.
  private static func measure(
    _ path: String
  ) -> (milliseconds: Double, passes: Double, memory: Int, reason: String?) {
    var reason: String?
    var memory = Int.max
    var least = Double.infinity
    var pass = Double.infinity
    for run in 0..<40 where run < 7 || least > Pass.maximum * pass {
      // What earlier runs freed would hide what this one needs.
      _ = malloc_trim(0)
      let before = Resident.now
      Resident.forgetPeak()
      least = min(least, leastThreadTime(runs: 1) { reason = refusal(of: path) })
      memory = min(memory, max(Resident.peak - before, 0))
      pass = min(pass, Pass.seconds())
    }
    return (1000 * least, least / pass, memory, reason)
  }

  /// Reads the file as its name says; the error, or nil where there was none.
  private static func refusal(of path: String) -> String? {
    do {
      if path.hasSuffix(".sluice") {
        _ = try Model(contentsOf: path)
      } else if path.hasSuffix(".npy") {
        _ = try NPY.read(path)
      } else if path.hasSuffix(".wav") {
        _ = try SampleStream(wav: ByteStream(path: path))
      } else {
        _ = try Converter.convert(source: path).network.blobContents()
      }
      return nil
    } catch let error as ConversionError {
      return "\(error.place): \(error.reason)"
    } catch {
      return "\(error)"
    }
  }
}

// Declared in malloc.h, which Swift's Glibc leaves out.
@_silgen_name("malloc_trim")
private func malloc_trim(_ pad: Int) -> CInt

/// This process's resident memory, in bytes.
enum Resident {
  static var now: Int { field("VmRSS:") }
  /// The most since the last call of `forgetPeak()`.
  static var peak: Int { field("VmHWM:") }

  static func forgetPeak() {
    let file = unsafe fopen("/proc/self/clear_refs", "w")
    unsafe fputs("5", file!)
    unsafe fclose(file!)
  }

  private static func field(_ name: String) -> Int {
    let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix(name) } ?? ""
    return (line.split(separator: " ").compactMap { Int($0) }.first ?? 0) * 1024
  }
}
