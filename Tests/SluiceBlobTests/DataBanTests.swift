import SluiceBlob
import TestSupport
import Testing

@Suite("Bans: data") struct DataBanTests {
  typealias Field = BlobLayout.Record

  /// Contents of one layer whose every weight, bias and state that is not padding is 1.
  static func ones(_ record: LayerRecord) -> BlobContents {
    func ones(_ count: Int) -> [Float] { [Float](repeating: 1, count: count) }
    let rows = record.gateCount * record.outputSize
    let weights =
      record.kind == .dense
      ? Packing.packDense(
        ones(rows * record.inputSize), inputSize: record.inputSize, outputSize: record.outputSize)
      : Packing.packRecurrent(
        input: ones(rows * record.inputSize), hidden: ones(rows * record.hiddenSize),
        gates: record.gateCount, inputSize: record.inputSize, hiddenSize: record.hiddenSize,
        variant: record.variant)
    var layer = BlobContents.Layer(
      record: record, name: "layer", weights: weights,
      biases: Packing.packRows(
        ones(record.biasRowCount * record.outputSize), rowCount: record.biasRowCount,
        outputSize: record.outputSize))
    if record.kind.isRecurrent {
      layer.initialState = Packing.padState(
        ones(record.stateVectorCount * record.hiddenSize), hiddenSize: record.hiddenSize)
    }
    return BlobContents(layers: [layer])
  }

  @Test("B32 padding lanes that are not zero", arguments: [1, 3, 7, 8, 9, 15, 16, 17, 23, 24, 31])
  func paddingLanes(_ size: Int) throws {
    for record in [
      LayerRecord.lstm(inputSize: 1, hiddenSize: size),
      .gru(inputSize: 2, hiddenSize: size, variant: .resetAfter),
      .gru(inputSize: 2, hiddenSize: size, variant: .resetBefore),
      .rnn(inputSize: 1, hiddenSize: size), .dense(inputSize: 3, outputSize: size),
    ] {
      let bytes = try Self.ones(record).bytes()
      var file = BlobFile(sections: [])
      file.bytes = bytes
      let memory = AlignedBytes(bytes)
      for id in [SectionID.weights, .biases, .states] {
        guard id != .states || record.kind.isRecurrent else { continue }
        // Where the packing wrote no 1, there is padding.
        for offset in try stride(
          from: file.section(id).lowerBound, to: file.section(id).upperBound, by: 4)
        where file.u32(offset) == 0 {
          memory[offset] = 1
          let first = memory.error(checkingHash: false)
          HostileFiles.record(memory.copy, first, checkingHash: false)
          #expect(first == BlobError(.paddingLaneNotZero, at: offset))
          memory[offset] = 0
          // Not even the other zero.
          memory[offset + 3] = 0x80
          let error = memory.error(checkingHash: false)
          #expect(error == BlobError(.paddingLaneNotZero, at: offset + 3))
          memory[offset + 3] = 0
        }
      }
      #expect(memory.error() == nil)
    }
  }

  @Test("B34 a NaN or infinite number", arguments: SampleBlobs.Sample.allCases)
  func notFinite(_ sample: SampleBlobs.Sample) throws {
    let file = try BlobFile(sample)
    for id in [SectionID.weights, .biases, .states] {
      // The sample that leaves blocks out has integers and words among its floats.
      guard file.find(id) != nil, sample != .sparse || id != .weights else { continue }
      var range = try file.section(id)
      // The sample's gather has indices, which are no floats.
      if sample == .bands, id == .weights { range = range.lowerBound + 64..<range.upperBound }
      // A wrong number in padding is refused too, as what it is first: padding.
      for offset in stride(from: range.lowerBound, to: range.upperBound, by: 4)
      where file.u32(offset) != 0 {
        let bits = offset % 8 == 0 ? Float.infinity.bitPattern : Float.nan.bitPattern
        for pattern in [bits, bits | 1 << 31, 0x7F80_0001] {
          var damaged = file
          damaged.put(pattern, at: offset)
          damaged.expect(.notFinite, at: offset)
        }
        var extreme = file
        extreme.put(Float.greatestFiniteMagnitude.bitPattern, at: offset)
        extreme.expectValid()
      }
    }
  }

  @Test("B34 the last number of a long section")
  func lastNumber() throws {
    var random = SeededRandom(seed: 34)
    let record = LayerRecord.embedding(tokenCount: 1031, outputSize: 5)
    var file = BlobFile(sections: [])
    file.bytes = try SampleBlobs.contents(of: [record], &random).bytes()
    let weights = try file.section(.weights)
    for offset in [weights.upperBound - 4, weights.lowerBound + 4096, weights.lowerBound + 4092] {
      var damaged = file
      damaged.put(Float.nan.bitPattern, at: offset)
      damaged.expect(.notFinite, at: offset)
    }
  }

  @Test("B35 a wrong hash")
  func hash() throws {
    let bytes = try SampleBlobs.bytes(.lstm)
    let memory = AlignedBytes(bytes)
    let wrong = BlobError(.hashMismatch, at: BlobLayout.Header.hash)
    for bit in 0..<64 {
      memory[BlobLayout.Header.hash + bit / 8] ^= 1 << (bit % 8)
      HostileFiles.record(memory.copy, memory.error(), checkingHash: true)
      #expect(memory.error() == wrong)
      #expect(memory.error(checkingHash: false) == nil)
      memory[BlobLayout.Header.hash + bit / 8] ^= 1 << (bit % 8)
    }
    for offset in BlobLayout.headerSize..<bytes.count {
      memory[offset] ^= 1
      #expect(memory.error() == wrong)
      memory[offset] ^= 1
    }
  }

  @Test("B36 a right hash over a lying header")
  func lyingHeader() throws {
    typealias Header = BlobLayout.Header
    let file = try BlobFile(.lstm)
    let size = UInt64(file.bytes.count)
    for (offset, value, error) in [
      (Header.totalSize, size - 64, BlobError(.trailingBytes, at: Int(size) - 64)),
      (Header.totalSize, size + 64, BlobError(.sizeBeyondFile, at: Header.totalSize)),
    ] {
      var lying = file
      lying.put(value, at: offset)
      lying.expect(error.kind, at: error.offset)
    }
    let count = file.u32(Header.sectionCount)
    var fewer = file
    fewer.put(count - 1, at: Header.sectionCount)
    // What was the last entry is padding now, and padding is zero.
    fewer.expect(.paddingNotZero, at: BlobLayout.headerSize + Int(count - 1) * 32)
    var more = file
    more.put(count + 1, at: Header.sectionCount)
    // What was the first record is an entry now: its kind, 2, an id that was there before.
    more.expect(.sectionOverlap, at: try file.entry(.layers) + BlobLayout.Section.offset)
  }

  @Test("B38 a declared workspace other than the computed")
  func workspace() throws {
    for sample in SampleBlobs.Sample.allCases {
      for (field, kind) in [
        (Field.stateBytes, .wrongStateBytes), (Field.scratchBytes, .wrongScratchBytes),
      ] as [(Int, BlobError.Kind)] {
        var file = try BlobFile(sample)
        let offset = try file.record() + field
        let right = file.u64(offset)
        for wrong in [right &- 4, right + 4, right + 1, right | 1 << 63, .max] {
          file.put(wrong, at: offset)
          file.expect(kind, at: offset)
        }
      }
    }
  }

  @Test("blocks that overlap, leave a hole or end behind their section")
  func blocks() throws {
    for (field, offsetKind, beyondKind, id) in [
      (Field.weights, .wrongWeightsOffset, .weightsBeyondSection, .weights),
      (Field.biases, .wrongBiasesOffset, .biasesBeyondSection, .biases),
      (Field.initialState, .wrongStatesOffset, .statesBeyondSection, .states),
    ] as [(Int, BlobError.Kind, BlobError.Kind, SectionID)] {
      let file = try BlobFile(.chain)
      let offset = try file.record(3) + field
      let right = file.u64(offset)
      for wrong in [right - 64, right + 64, right + 1, 0, .max] {
        var damaged = file
        damaged.put(wrong, at: offset)
        damaged.expect(offsetKind, at: offset)
      }
      // The last block of a section that lost its last float.
      let data = Array(file.bytes[try file.section(id)].dropLast(4))
      let short = try file.replacing(id, with: data)
      let last = id == .states ? 4 : 5
      short.expect(beyondKind, at: try short.record(last) + field + 8)
    }
    // A layer without data has the empty range at 0.
    var file = try BlobFile(.chain)
    let offset = try file.record(6) + Field.weights
    file.put(64 as UInt64, at: offset)
    file.expect(.wrongWeightsOffset, at: offset)
  }

  @Test("padding between two layers' blocks that is not zero")
  func blockPadding() throws {
    var file = try BlobFile(.chain)
    // The embedding has 3 rows of 2 floats: 24 bytes.
    let offset = try file.section(.weights).lowerBound + 24
    file.bytes[offset] = 1
    file.expect(.paddingNotZero, at: offset)
  }
}
