import Glibc
import Sluice
import _SluiceServing

/// Measures the daemon from a client's side, beside the bare batch and the bare step in this process.
///
///     ServingProbe MODEL.sluice SOCKET PID STREAMS REQUESTS
///
/// The daemon serves that model first; PID is its process, whose time on CPUs is read from /proc.
@main enum ServingProbe {
  static func main() throws {
    let words = CommandLine.arguments
    guard words.count == 6, let streams = Int(words[4]), let requests = Int(words[5]) else {
      print("usage: ServingProbe MODEL.sluice SOCKET PID STREAMS REQUESTS")
      exit(2)
    }
    let model = try Model(contentsOf: words[1])
    let bare = try bareBatch(model, streams)
    print(
      "bare batch of \(streams): \(text(bare)) us a frame; a bare step: \(text(try bareStep(model))) us"
    )
    let client = Client(words[2], inputs: model.inputSize, process: words[3])
    client.measure(streams: 1, requests: requests, bare: nil)
    client.measure(streams: streams, requests: requests / 8, bare: bare)
  }

  static func text(_ microseconds: Double) -> String {
    let tenths = Int((microseconds * 100).rounded())
    return "\(tenths / 100).\(tenths / 10 % 10)\(tenths % 10)"
  }

  /// Inputs of one kind for all who are measured.
  static func inputs(_ count: Int) -> [Float] { (0..<count).map { Float($0 % 17) / 17 - 0.5 } }

  private static func bareBatch(_ model: borrowing Model, _ streams: Int) throws -> Double {
    var batch = try StreamBatch(model, count: streams)
    let x = inputs(streams * model.inputSize)
    var y = [Float](repeating: 0, count: streams * model.outputSize)
    return best { _ in
      var output = y.mutableSpan
      batch.step(x.span, into: &output)
    } / Double(streams)
  }

  private static func bareStep(_ model: borrowing Model) throws -> Double {
    var stream = try ModelStream(model)
    let x = inputs(model.inputSize)
    var y = [Float](repeating: 0, count: model.outputSize)
    return best { _ in stream.step(x, into: &y) }
  }

  /// The median microseconds of a call.
  private static func best(_ body: (Int) -> Void) -> Double {
    var times: [Int64] = []
    for call in 0..<500 {
      let start = sluice_nanoseconds(false)
      body(call)
      times.append(sluice_nanoseconds(false) - start)
    }
    return Double(times.sorted()[250]) / 1000
  }
}

/// A connection to the daemon that sends one message again and again.
struct Client {
  private let file: Int32
  private let inputs: Int
  private let process: String

  init(_ path: String, inputs: Int, process: String) {
    self.inputs = inputs
    self.process = process
    file = socket(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0)
    var address = sockaddr_un()
    let count = unsafe sluice_address(path, &address)
    let failure = unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(file, $0, count)
      }
    }
    guard failure == 0 else { fail("no daemon at \(path)") }
  }

  private func fail(_ what: String) -> Never {
    print(what)
    exit(1)
  }

  private func call(_ message: inout [UInt8], _ reply: inout [UInt8]) -> Int {
    let sent = unsafe message.withUnsafeBytes { unsafe send(file, $0.baseAddress, $0.count, 0) }
    let got = unsafe reply.withUnsafeMutableBytes { unsafe recv(file, $0.baseAddress, $0.count, 0) }
    guard sent == message.count, got >= 32, reply[6] == 0, reply[7] == 0 else {
      fail("refused: outcome \(reply[6])")
    }
    return got
  }

  private func head(_ kind: sluice_kind, streams: Int, rows: Int, body: [UInt8]) -> [UInt8] {
    bytes(UInt32(sluice_message_magic)) + bytes(UInt32(kind.rawValue)) + bytes(UInt32(streams))
      + bytes(UInt32(rows)) + bytes(UInt64(0)) + bytes(UInt32(32 + body.count)) + bytes(UInt32(0))
      + body
  }

  private func bytes<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
    unsafe withUnsafeBytes(of: value.littleEndian) { unsafe Array($0) }
  }

  /// Nanoseconds that the daemon's threads spent on CPUs.
  private var spent: Double {
    var total = 0.0
    guard let folder = unsafe opendir("/proc/\(process)/task") else {
      fail("no process \(process)")
    }
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      guard let file = unsafe fopen("/proc/\(process)/task/\(name)/schedstat", "r") else {
        continue
      }
      var line = [CChar](repeating: 0, count: 128)
      if unsafe fgets(&line, 128, file) != nil { unsafe total += strtod(line, nil) }
      unsafe fclose(file)
    }
    unsafe closedir(folder)
    return total
  }

  func measure(streams: Int, requests: Int, bare: Double?) {
    var reply = [UInt8](repeating: 0, count: 196_608)
    var entries: [UInt8] = []
    for _ in 0..<streams {
      let names = [UInt8](repeating: 0, count: 128)
      var open = head(sluice_kind_open, streams: 0, rows: 0, body: bytes(0) + bytes(0) + names)
      _ = call(&open, &reply)
      entries += reply[32..<36] + bytes(UInt32(0)) + bytes(UInt64(0))
    }
    let x = ServingProbe.inputs(streams * inputs)
    var message = head(
      sluice_kind_step, streams: streams, rows: 1,
      body: entries + x.flatMap { bytes($0.bitPattern) })
    var times: [Int64] = []
    var before = spent
    let begun = sluice_nanoseconds(false)
    for request in 0..<requests + 100 {
      if request == 100 { before = spent }
      let start = sluice_nanoseconds(false)
      _ = call(&message, &reply)
      if request >= 100 { times.append(sluice_nanoseconds(false) - start) }
      // The steps that each stream has taken now.
      message.replaceSubrange(32..<32 + 16 * streams, with: reply[32..<32 + 16 * streams])
    }
    let frames = Double(requests * streams)
    let cost = (spent - before) / frames / 1000
    let seconds = Double(sluice_nanoseconds(false) - begun) / 1e9
    times.sort()
    let quantiles = [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("max", 1.0)].map {
      "\($0.0) \(ServingProbe.text(Double(times[min(Int(Double(times.count) * $0.1), times.count - 1)]) / 1000))"
    }
    print(
      "\(streams) streams a request: \(quantiles.joined(separator: ", ")) us; "
        + "\(Int(frames / seconds)) frames a second, \(Int(1e6 / (cost * Double(streams)))) requests a second of a core; "
        + "\(ServingProbe.text(cost)) us of CPU a frame"
        + (bare.map { ", \(ServingProbe.text(cost / $0)) of the bare batch" } ?? ""))
  }
}
