import SluiceImport
import SluiceNetwork

extension LinkableBlob {
  /// The constants as C and C++ source, for any CPU and compiler that knows GCC's attributes.
  public var source: [UInt8] {
    var text = Array(
      """
      /* A .sluice model: sluice_open_memory(\(symbol), \(symbol)_size, ...) takes it as it lies. */
      #include <stddef.h>

      #ifdef __cplusplus
      extern "C" {
      #endif
      extern const unsigned char \(symbol)[];
      extern const size_t \(symbol)_size;
      #ifdef __cplusplus
      }
      #endif

      __attribute__((aligned(\(LinkableBlob.alignment)))) const unsigned char \
      \(symbol)[\(bytes.count)] = {
      """.utf8)
    text.reserveCapacity(text.count + 4 * bytes.count)
    for (index, byte) in bytes.enumerated() {
      if index % 24 == 0 { text.append(0x0A) }
      text += LinkableBlob.decimals[Int(byte)]
    }
    text += "\n};\nconst size_t \(symbol)_size = \(bytes.count);\n".utf8
    return text
  }

  /// Every byte as it stands in an array.
  private static let decimals = (0..<256).map { Array("\($0),".utf8) }
}
