import SluiceBlob
import TestSupport

/// A hostile file of about 1 MiB that asks for far more work or memory than its size.
struct Bomb {
  let name: String
  let bytes: [UInt8]

  static var size: Int { 1 << 20 }

  static func all() throws -> [Bomb] {
    try blobs() + safetensors + json + onnx + arrays
  }

  init(_ name: String, _ bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
  }

  init(_ name: String, _ text: String) {
    self.init(name, Array(text.utf8))
  }

  /// `unit` as often as it fits between `head` and `tail`.
  static func repeated(_ unit: String, _ head: String = "", _ tail: String = "") -> String {
    let room = size - head.utf8.count - tail.utf8.count
    return head + String(repeating: unit, count: room / unit.utf8.count) + tail
  }

  /// Units made of their index, joined by commas until the size is reached.
  static func numbered(
    _ head: String = "", _ tail: String = "", _ unit: (Int) -> String
  ) -> String {
    var text = head
    var index = 0
    while text.utf8.count < size {
      text += index == 0 ? unit(index) : "," + unit(index)
      index += 1
    }
    return text + tail
  }

  private static var arrays: [Bomb] {
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': ("
    let shape = header + String(repeating: "1,", count: 32000 - header.utf8.count) + "), }"
    var npy: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0]
    npy += littleEndian(UInt16(shape.utf8.count)) + Array(shape.utf8)
    npy += [UInt8](repeating: 0, count: size - npy.count)
    var wav = Array("RIFF0000WAVE".utf8)
    while wav.count < size { wav += Array("none".utf8) + [0, 0, 0, 0] }
    return [Bomb("many-axes.npy", npy), Bomb("many-chunks.wav", wav)]
  }
}

/// The bytes of an integer, the lowest first.
func littleEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
  (0..<T.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}
