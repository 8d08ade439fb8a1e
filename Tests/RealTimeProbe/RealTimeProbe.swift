import AllocationCounter
import Glibc
import Sluice

/// Proves on running models what the runtime promises once a stream exists: no allocation, no system
/// call, no page fault.
///
///     RealTimeProbe steps STEPS SECONDS MISBEHAVIOUR MODEL.sluice...
///
/// A line for each model and instruction set: its steps, fewer where they would compute for more than SECONDS, allocations,
/// releases, page faults and system calls. MISBEHAVIOUR is `none`, or what is to break the promise
/// once, in the middle: that must then be seen, or the proof proves nothing.
///
///     RealTimeProbe lifetimes COUNT MISBEHAVIOUR MODEL.sluice...
///
/// Opens each file, runs a stream and closes both, COUNT times; counts what is left over.
///
///     RealTimeProbe signal SAMPLES MISBEHAVIOUR
///
/// The same as of models for that many samples through all of the signal module: one line.
@main
struct RealTimeProbe {
  static func main() throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    if arguments.count == 3, arguments[0] == "signal", let count = Int(arguments[1]) {
      exit(proveSignal(samples: count, arguments[2] == "none" ? nil : arguments[2]) ? 0 : 1)
    }
    let isLifetimes = arguments.first == "lifetimes"
    guard isLifetimes || arguments.first == "steps", arguments.count > (isLifetimes ? 3 : 4),
      let count = Int(arguments[1]), let seconds = Double(isLifetimes ? "0" : arguments[2])
    else {
      print(
        "usage: RealTimeProbe steps STEPS SECONDS HOW FILE... | lifetimes COUNT HOW FILE... "
          + "| signal SAMPLES HOW")
      exit(2)
    }
    let how = arguments[isLifetimes ? 2 : 3]
    var allKept = true
    for path in arguments.dropFirst(isLifetimes ? 3 : 4) {
      for set in InstructionSet.runnable {
        let isKept =
          try isLifetimes
          ? Lifetimes.leaveNothing(path, set, count: count, leaks: how == "leak")
          : prove(path, set, steps: count, seconds: seconds, how == "none" ? nil : how)
        allKept = allKept && isKept
      }
    }
    exit(allKept ? 0 : 1)
  }

  /// Proves one model with one instruction set; whether it kept its promises.
  static func prove(
    _ path: String, _ set: InstructionSet, steps: Int, seconds: Double, _ misbehaviour: String?
  ) throws -> Bool {
    var report = section_report()
    if unsafe section_fork(&report) {
      let model = try Model(contentsOf: path, options: .init(instructionSet: set))
      var running = try Running(model)
      let rows = Rows(model)
      let how = unsafe misbehaviour.map { unsafe UnsafePointer(strdup($0)!) }
      unsafe running.run(300, rows)
      let start = processorTime
      unsafe running.run(300, rows)
      let step = (processorTime - start) / 300
      let count = Int(min(Double(steps), seconds / step))
      section_begin()
      unsafe running.run(count, rows, how)
      end(running, rows, count)
    }
    show(report, path, set.rawValue)
    return isKept(report)
  }

  /// The same of the signal module, which has no instruction set of its own.
  static func proveSignal(samples: Int, _ misbehaviour: String?) -> Bool {
    var report = section_report()
    if unsafe section_fork(&report) {
      var running = SignalRun()
      let how = unsafe misbehaviour.map { unsafe UnsafePointer(strdup($0)!) }
      unsafe running.run(50_000)
      section_begin()
      unsafe running.run(samples, how)
      endSignal(running, samples)
    }
    show(report, "signal", "-")
    return isKept(report)
  }

  private static func isKept(_ report: section_report) -> Bool {
    report.is_finished && report.allocations + report.releases + report.page_faults == 0
  }

  /// Seconds that this process has computed, whatever else the machine does.
  private static var processorTime: Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// Ends the process while all is alive: letting go is no part of the promise.
  @inline(never)
  private static func end(_ running: borrowing Running, _ rows: Rows, _ steps: Int) {
    section_end(UInt64(steps))
  }

  @inline(never)
  private static func endSignal(_ running: borrowing SignalRun, _ samples: Int) {
    section_end(UInt64(samples))
  }

  private static func show(_ report: section_report, _ path: String, _ set: String) {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let counts = [report.note, report.allocations, report.releases, report.page_faults]
    let columns = zip(counts, [9, 5, 5, 5]).map { "\($0)".padded(left: $1) }
    print(
      "Swift", " ", name.padded(32), " ", set.padded(9), " ",
      columns.joined(separator: " "), report.is_finished ? "       0" : "  KILLED", separator: "")
    fflush(nil)
  }
}

extension String {
  fileprivate func padded(_ width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }

  fileprivate func padded(left width: Int) -> String {
    String(repeating: " ", count: max(0, width - count)) + self
  }
}
