import Glibc
import _SluiceServing

/// Who reads metrics: a few connections at a time, each a request of HTTP and its answer.
struct MetricsSocket {
  private struct Client {
    var file: Int32
    var request: [UInt8] = []
    var since: Int64
  }

  private let listener: Int32
  private let poller: Int32
  private var clients: [UInt64: Client] = [:]
  private var next: UInt64 = Self.firstEvent

  private static var firstEvent: UInt64 { 100 }
  private static var listenerEvent: UInt64 { 99 }
  private static var mostClients: Int { 16 }
  private static var patience: Int64 { 5_000_000_000 }

  init(_ listener: Int32, _ poller: Int32) {
    self.listener = listener
    self.poller = poller
    sluice_set_nonblocking(listener)
    _ = sluice_watch(poller, listener, Self.listenerEvent, false)
  }

  mutating func handle(_ event: UInt64, _ text: () -> String) {
    if event == Self.listenerEvent { return accept() }
    guard var client = clients[event] else { return }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = unsafe bytes.withUnsafeMutableBytes {
      unsafe recv(client.file, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
    }
    if count < 0, errno == EAGAIN || errno == EINTR { return }
    guard count > 0 else { return drop(event) }
    client.request += bytes[..<count]
    clients[event] = client
    if Self.isWhole(client.request) {
      answer(client, text)
      drop(event)
    } else if client.request.count > 8192 {
      drop(event)
    }
  }

  /// Lets go of who says nothing.
  mutating func sweep(_ now: Int64) {
    for (event, client) in clients where now - client.since > Self.patience { drop(event) }
  }

  private mutating func accept() {
    var peer = sluice_peer()
    let file = unsafe sluice_accept(listener, &peer)
    guard file >= 0 else { return }
    next += 1
    guard clients.count < Self.mostClients, sluice_watch(poller, file, next, false) == 0 else {
      close(file)
      return
    }
    clients[next] = Client(file: file, since: sluice_nanoseconds(false))
  }

  private mutating func drop(_ event: UInt64) {
    if let client = clients.removeValue(forKey: event) { close(client.file) }
  }

  /// Whether an empty line ends the request.
  private static func isWhole(_ request: [UInt8]) -> Bool {
    var breaks = 0
    for byte in request where byte != 13 {
      breaks = byte == 10 ? breaks + 1 : 0
      if breaks == 2 { return true }
    }
    return false
  }

  private func answer(_ client: Client, _ text: () -> String) {
    let line = String(decoding: client.request.prefix { $0 != 10 && $0 != 13 }, as: UTF8.self)
    let words = line.split(separator: " ")
    var (status, body) = ("200 OK", "")
    if words.count < 2 || words[0] != "GET" {
      status = "405 Method Not Allowed"
    } else if words[1] != "/metrics" {
      status = "404 Not Found"
      body = "Metrics are at /metrics\n"
    } else {
      body = text()
    }
    let answer = """
      HTTP/1.0 \(status)\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n\
      Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)
      """
    let bytes = Array(answer.utf8)
    // Some kilobytes, which a socket takes at once; who does not read loses the rest.
    _ = unsafe bytes.withUnsafeBytes {
      unsafe send(client.file, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
    }
  }
}
