import SluiceBlob
import TestSupport
import Testing

/// The field that says how a hidden state is rounded.
@Suite("Hidden rounding") struct HiddenRoundingTests {
  typealias Field = BlobLayout.Record

  static let records: [LayerRecord] = [
    .lstm(inputSize: 2, hiddenSize: 3), .gru(inputSize: 1, hiddenSize: 5, variant: .resetAfter),
    .gru(inputSize: 2, hiddenSize: 3, variant: .resetBefore), .rnn(inputSize: 3, hiddenSize: 9),
  ]

  static func contents(
    _ record: LayerRecord, _ type: StorageType, _ rounding: HiddenRounding
  ) -> BlobContents {
    var random = SeededRandom(seed: 4)
    return SampleBlobs.contents(of: [record], &random).stored(as: type, rounding: rounding)
  }

  @Test("of version 2 where it is finer; nothing else changes", arguments: records)
  func roundTrip(_ record: LayerRecord) throws {
    for type in [StorageType.int8, .int4] {
      let fixed = Self.contents(record, type, .fixed)
      let finer = Self.contents(record, type, .finer)
      #expect(fixed.version == 1 && finer.version == 2)
      let bytes = try finer.bytes()
      let (memory, plain) = (AlignedBytes(bytes), AlignedBytes(try fixed.bytes()))
      let (view, other) = (try memory.view(), try plain.view())
      let read = view.record(at: 0)
      #expect(read.hiddenRounding == .finer && read.isPlain && read.hiddenScale == 1 / 127)
      #expect(other.record(at: 0).hiddenRounding == .fixed)
      #expect(view.topologyHash == other.topologyHash)
      #expect(view.declaredStreamBytes == other.declaredStreamBytes)
      let plainCount = unsafe plain.raw.count
      #expect(bytes.count == plainCount)
      let again = try BlobContents(view).bytes()
      #expect(again == bytes)
    }
  }

  @Test("of weights that are no integers, and of layers without a state, there is none")
  func elsewhere() throws {
    for type in [StorageType.f32, .f16, .bf16] {
      for record in Self.records {
        #expect(Self.contents(record, type, .finer).version == 1)
      }
    }
    for record in [
      LayerRecord.dense(inputSize: 3, outputSize: 2),
      .rnn(inputSize: 3, hiddenSize: 9, activation: .relu),
    ] {
      #expect(Self.contents(record, .int8, .finer).version == 1)
      var contents = Self.contents(record, .int8, .fixed)
      contents.layers[0].record.hiddenRounding = .finer
      #expect(contents.refusal == .wrongHiddenRounding)
    }
    var contents = Self.contents(.lstm(inputSize: 2, hiddenSize: 3), .f32, .fixed)
    contents.layers[0].record.hiddenRounding = .finer
    #expect(contents.refusal == .wrongHiddenRounding)
  }

  @Test("values that are not the format's")
  func values() throws {
    for record in Self.records {
      var file = try BlobFile(.lstm)
      file.bytes = try Self.contents(record, .int8, .finer).bytes()
      let place = try file.record() + Field.hiddenRounding
      for value in [2, 256, 1 << 31, .max] as [UInt32] {
        file.put(value, at: place)
        file.expect(.unknownHiddenRounding, at: place)
      }
      file.put(0 as UInt32, at: place)
      file.expect(.needlessVersion, at: BlobLayout.Header.version)
      file.put(1 as UInt32, at: place)
      file.expectValid()
      file.put(0 as UInt32, at: try file.record() + Field.hiddenScale)
      file.expect(.wrongHiddenRounding, at: place)
    }
  }

  @Test("no field of version 1")
  func version1() throws {
    var file = try BlobFile(.lstm)
    file.bytes = try Self.contents(Self.records[0], .int8, .finer).bytes()
    file.put(1 as UInt32, at: BlobLayout.Header.version)
    file.put(0 as UInt32, at: BlobLayout.Header.recordSize)
    file.expect(.reservedNotZero, at: try file.record() + Field.hiddenRounding)
  }
}
