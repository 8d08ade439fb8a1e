import SluiceBlob
import TestSupport
import Testing

@Suite("Bans: quantised weights") struct ScaleBanTests {
  typealias Field = BlobLayout.Record

  static let types: [StorageType] = [.f16, .bf16, .int8, .int4]
  static let samples: [SampleBlobs.Sample] = [
    .embedding, .lstm, .gruResetAfter, .gruResetBefore, .rnn, .dense, .chain,
  ]

  static func file(_ sample: SampleBlobs.Sample, _ type: StorageType) throws -> BlobFile {
    var file = BlobFile(sections: [])
    file.bytes = try SampleBlobs.contents(sample).stored(as: type).bytes()
    return file
  }

  @Test("every kind of layer, of every type", arguments: samples, types)
  func valid(_ sample: SampleBlobs.Sample, _ type: StorageType) throws {
    let file = try Self.file(sample, type)
    file.expectValid()
    let memory = AlignedBytes(file.bytes)
    let contents = BlobContents(try memory.view())
    #expect(try contents.bytes() == memory.copy)
    #expect((file.find(.scales) != nil) == type.isInteger)
  }

  @Test("B29 fast activations beside compact weights", arguments: types)
  func grade(_ type: StorageType) throws {
    var file = try Self.file(.lstm, type)
    let offset = try file.record(0) + Field.grade
    file.put(2 as UInt32, at: offset)
    file.expect(.unsupportedGrade, at: offset)
  }

  /// Where the scales of a file of one layer lie that are not padding, by their bits.
  static func scales(_ file: BlobFile, _ type: StorageType) throws -> [Int] {
    let range = try file.section(.scales)
    let width = type == .int8 ? 4 : 2
    return stride(from: range.lowerBound, to: range.upperBound, by: width).filter {
      type == .int8
        ? file.u32($0) &- 0x0080_0000 < 0x7F00_0000 : file.u32($0) & 0xFFFF != 0
    }
  }

  @Test("B33 a scale that is 0, negative, NaN, infinite or denormal", arguments: samples)
  func scales(_ sample: SampleBlobs.Sample) throws {
    guard sample != .chain else { return }
    let int8 = try Self.file(sample, .int8)
    let bad: [UInt32] = [
      0, 1, 0x007F_FFFF, 0x7F80_0000, 0x7FC0_0000, 0x7F80_0001, 0x8000_0000, 0xBF80_0000, .max,
    ]
    for offset in try Self.scales(int8, .int8) {
      for bits in bad {
        var damaged = int8
        damaged.put(bits, at: offset)
        damaged.expect(.unusableScale, at: offset)
      }
    }
    let int4 = try Self.file(sample, .int4)
    for offset in try Self.scales(int4, .int4) {
      for bits in [0, 1, 0x03FF, 0x7C00, 0x7E00, 0x8000, 0xBC00, .max] as [UInt16] {
        var damaged = int4
        damaged.put(bits, at: offset)
        damaged.expect(.unusableScale, at: offset)
      }
    }
  }

  @Test("B33 a section of scales that is missing, too long, too short or superfluous")
  func section() throws {
    for type in [StorageType.int8, .int4] {
      let file = try Self.file(.lstm, type)
      let scales = Array(file.bytes[try file.section(.scales)])
      let missing = try file.replacing(.scales, with: nil)
      missing.expect(.missingScales, at: try missing.record() + Field.scales)
      let long = try file.replacing(.scales, with: scales + [0, 0, 0, 0])
      long.expect(.sectionNotUsedUp, at: try long.entry(.scales) + BlobLayout.Section.length)
      let short = try file.replacing(.scales, with: scales.dropLast(4))
      short.expect(.scalesBeyondSection, at: try short.record() + Field.scales + 8)
      for wrong in [0, 64, UInt64(scales.count) + 4, .max] as [UInt64] {
        var length = file
        length.put(wrong, at: try file.record() + Field.scales + 8)
        length.expect(.wrongScalesLength, at: try file.record() + Field.scales + 8)
      }
      for wrong in [64, 1, .max] as [UInt64] {
        var offset = file
        offset.put(wrong, at: try file.record() + Field.scales)
        offset.expect(.wrongScalesOffset, at: try file.record() + Field.scales)
      }
    }
    for type in [StorageType.f32, .f16, .bf16] {
      let file = try Self.file(.lstm, type).replacing(.scales, with: [0, 0, 128, 63])
      file.expect(.sectionNotUsedUp, at: try file.entry(.scales) + BlobLayout.Section.length)
    }
  }

  @Test("B33 a step of inputs or states that is none, or not the layer's to have")
  func steps() throws {
    for (sample, type) in [
      (.lstm, .int8), (.gruResetBefore, .int4), (.dense, .int8), (.embedding, .int8),
      (.lstm, .f16), (.rnn, .bf16), (.lstm, .f32), (.activation, .f32),
    ] as [(SampleBlobs.Sample, StorageType)] {
      let file = try Self.file(sample, type)
      let record = try file.record()
      let reads = type.isInteger && sample != .embedding
      for (field, kind, has) in [
        (Field.inputScale, .wrongInputScale, reads),
        (Field.hiddenScale, .wrongHiddenScale, reads && sample != .dense),
      ] as [(Int, BlobError.Kind, Bool)] {
        for value in [
          -1, -0.0, .nan, .infinity, .leastNonzeroMagnitude, Float.leastNormalMagnitude.nextDown,
        ] as [Float] {
          var damaged = file
          damaged.put(value.bitPattern, at: record + field)
          damaged.expect(kind, at: record + field)
        }
        for value in [0.5, .leastNormalMagnitude, .greatestFiniteMagnitude] as [Float] {
          var other = file
          other.put(value.bitPattern, at: record + field)
          if has { other.expectValid() } else { other.expect(kind, at: record + field) }
        }
      }
    }
  }

  @Test("a weight of -128 or -8", arguments: samples)
  func range(_ sample: SampleBlobs.Sample) throws {
    guard sample != .chain else { return }
    for type in [StorageType.int8, .int4] {
      let file = try Self.file(sample, type)
      for offset in try file.section(.weights) where file.bytes[offset] != 0 {
        var damaged = file
        damaged.bytes[offset] = type == .int8 ? 0x80 : file.bytes[offset] & 0xF0 | 0x08
        damaged.expect(.weightOutOfRange, at: offset)
      }
    }
  }

  @Test("a correction that is not -128 times its row's sum")
  func corrections() throws {
    for sample in [SampleBlobs.Sample.lstm, .gruResetAfter, .gruResetBefore, .rnn, .dense] {
      let file = try Self.file(sample, .int8)
      let range = try file.section(.scales)
      let scales = Set(try Self.scales(file, .int8))
      for offset in stride(from: range.lowerBound, to: range.upperBound, by: 4)
      where !scales.contains(offset) && file.u32(offset) != 0 {
        var damaged = file
        damaged.put(file.u32(offset) &+ 128, at: offset)
        damaged.expect(.wrongCorrection, at: offset)
      }
    }
    // A weight that changes leaves its row's correction wrong.
    var file = try Self.file(.dense, .int8)
    let weights = try file.section(.weights).lowerBound
    file.bytes[weights] ^= 1
    let error = AlignedBytes(file.bytes).error(checkingHash: false)
    #expect(error?.kind == .wrongCorrection)
  }

  @Test("B34 a half that is NaN or infinite", arguments: samples)
  func notFinite(_ sample: SampleBlobs.Sample) throws {
    guard sample != .chain else { return }
    for (type, bits) in [
      (.f16, [0x7C00, 0xFC00, 0x7E00, 0x7C01]), (.bf16, [0x7F80, 0xFF80, 0x7FC0, 0x7F81]),
    ] as [(StorageType, [UInt16])] {
      let file = try Self.file(sample, type)
      let range = try file.section(.weights)
      for offset in stride(from: range.lowerBound, to: range.upperBound, by: 2)
      where file.bytes[offset] != 0 || file.bytes[offset + 1] != 0 {
        for bits in bits {
          var damaged = file
          damaged.put(bits, at: offset)
          damaged.expect(.notFinite, at: offset)
        }
      }
    }
  }

  @Test("B32 lanes and columns beyond the sizes that are not zero", arguments: types)
  func padding(_ type: StorageType) throws {
    for (inputs, outputs) in [(1, 3), (3, 9), (5, 17), (31, 8), (33, 7)] {
      for record in [
        LayerRecord.lstm(inputSize: inputs, hiddenSize: outputs),
        .gru(inputSize: inputs, hiddenSize: outputs, variant: .resetBefore),
        .dense(inputSize: inputs, outputSize: outputs),
      ] {
        // All weights are the greatest: whatever is zero is padding.
        let contents = DataBanTests.ones(record).stored(as: type)
        let memory = AlignedBytes(try contents.bytes())
        var file = BlobFile(sections: [])
        file.bytes = memory.copy
        for offset in try file.section(.weights) where type != .int4 && type != .bf16 {
          guard file.bytes[offset & ~1] == 0, file.bytes[offset | 1] == 0, memory[offset] == 0
          else { continue }
          memory[offset] = 1
          let error = memory.error(checkingHash: false)
          #expect(
            error?.kind == .paddingLaneNotZero || error?.kind == .paddingColumnNotZero,
            "\(record.kind) \(inputs)x\(outputs) byte \(offset)")
          #expect(error?.offset == offset)
          memory[offset] = 0
        }
        for offset in try file.section(.weights) where type == .int4 {
          for bits in [0x01, 0x10] as [UInt8] where memory[offset] & (bits * 0xF) == 0 {
            memory[offset] |= bits
            let error = memory.error(checkingHash: false)
            #expect(
              error?.kind == .paddingLaneNotZero || error?.kind == .paddingColumnNotZero)
            #expect(error?.offset == offset)
            memory[offset] = file.bytes[offset]
          }
        }
        #expect(memory.error() == nil)
      }
    }
  }

  @Test("every byte changed: refused or sound", arguments: samples, types)
  func bytes(_ sample: SampleBlobs.Sample, _ type: StorageType) throws {
    let memory = AlignedBytes(try Self.file(sample, type).bytes)
    for offset in 0..<memory.count where !(24..<32).contains(offset) {
      let original = memory[offset]
      for value in ByteChangeTests.values(insteadOf: original) {
        memory[offset] = value
        guard let view = try? memory.view(checkingHash: false) else { continue }
        ByteChangeTests.readEverything(view)
        for index in 0..<view.layerCount {
          let scales = unsafe view.scales(of: view.record(at: index))
          #expect(scales.count <= memory.count)
        }
      }
      memory[offset] = original
    }
  }
}
