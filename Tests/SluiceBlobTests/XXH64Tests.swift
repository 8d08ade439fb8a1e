import SluiceBlob
import TestSupport
import Testing

@Suite struct XXH64Tests {
  /// Bytes i * 131 + 7 modulo 256, hashed by the reference implementation with seeds 0 and
  /// 0x9E3779B185EBCA87.
  static let known: [(count: Int, zero: UInt64, seeded: UInt64)] = [
    (0, 0xEF46_DB37_51D8_E999, 0x6EC6_D05F_61C7_E7A7),
    (1, 0xA96C_7F0C_E858_BBB7, 0x0C81_0166_B301_22A5),
    (3, 0xBED4_3740_EE63_32BB, 0x7B4F_2F57_5536_D889),
    (4, 0xFA21_2AE4_4B3B_B23D, 0x18F6_C5E7_8F96_6CFA),
    (7, 0x2744_460D_D675_D2C0, 0x88B4_AE4C_1E17_4322),
    (8, 0x994B_676B_71CE_94DD, 0xB7E4_96BB_FB84_04D4),
    (15, 0x09E6_451E_D2FF_8B1D, 0xBBFA_B07A_C728_B2A5),
    (16, 0x94AD_0095_E72B_24D5, 0xB631_6B20_9442_9FC8),
    (31, 0x6711_D55E_306B_5D8F, 0xBF6B_0226_99BB_8376),
    (32, 0x07F7_B8E3_BC5D_6E25, 0x3ABF_0450_7446_6999),
    (33, 0x09F8_5EEB_4E1C_BE9F, 0x884E_59F4_2FB1_CE66),
    (63, 0xB7C9_968C_066C_B6A5, 0xFB6A_31DF_721C_899E),
    (64, 0x50D4_159A_0411_632E, 0x1968_F929_1938_2D6F),
    (100, 0x9DDA_DA11_D3DC_2D8F, 0x0494_65B8_64C1_577B),
    (1000, 0x0BF0_BDBC_C82E_B373, 0x4841_3C72_3334_5A55),
  ]

  static func hash(_ bytes: [UInt8], shift: Int = 0, seed: UInt64 = 0) -> UInt64 {
    let memory = AlignedBytes([UInt8](repeating: 0xAA, count: shift) + bytes)
    return unsafe XXH64.hash(UnsafeRawBufferPointer(rebasing: memory.raw[shift...]), seed: seed)
  }

  @Test("values of the reference implementation, at any alignment", arguments: known.indices)
  func knownValues(_ index: Int) {
    let (count, zero, seeded) = Self.known[index]
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 131 + 7) }
    for shift in 0..<9 {
      #expect(Self.hash(bytes, shift: shift) == zero)
      #expect(Self.hash(bytes, shift: shift, seed: 0x9E37_79B1_85EB_CA87) == seeded)
    }
  }

  @Test("no bytes at all")
  func nothing() {
    let nothing = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
    let hash = unsafe XXH64.hash(nothing)
    #expect(hash == 0xEF46_DB37_51D8_E999)
  }

  @Test("a blob's hash is that of the file with its own field zero")
  func ofBlob() throws {
    var file = try BlobFile(.chain)
    let declared = file.u64(BlobLayout.Header.hash)
    file.put(0 as UInt64, at: BlobLayout.Header.hash)
    #expect(Self.hash(file.bytes) == declared)
    #expect(declared != 0)
  }
}
