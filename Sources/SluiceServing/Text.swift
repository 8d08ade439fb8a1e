import Glibc

/// A small file's text; nil where it cannot be read or is longer.
func readText(_ path: String, limit: Int) -> String? {
  let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  guard file >= 0 else { return nil }
  defer { close(file) }
  var bytes = [UInt8](repeating: 0, count: limit + 1)
  var count = 0
  while count < bytes.count {
    let room = bytes.count - count
    let got = unsafe bytes.withUnsafeMutableBytes {
      unsafe read(file, $0.baseAddress! + count, room)
    }
    if got < 0, errno == EINTR { continue }
    if got < 0 { return nil }
    if got == 0 { break }
    count += got
  }
  return count > limit ? nil : String(decoding: bytes[..<count], as: UTF8.self)
}
