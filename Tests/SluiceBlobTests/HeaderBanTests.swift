import SluiceBlob
import TestSupport
import Testing

@Suite("Bans: file and header") struct HeaderBanTests {
  typealias Field = BlobLayout.Header

  @Test("B1 an empty file")
  func empty() {
    let error = AlignedBytes([]).error()
    HostileFiles.record([], error, checkingHash: true)
    #expect(error == BlobError(.emptyFile, at: 0))
    let nothing = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
    #expect(throws: BlobError(.emptyFile, at: 0)) { unsafe try BlobView(validating: nothing) }
  }

  @Test("B2 every truncation", arguments: SampleBlobs.Sample.allCases)
  func truncation(_ sample: SampleBlobs.Sample) throws {
    var file = try BlobFile(sample)
    let whole = AlignedBytes(file.bytes)
    for length in 1..<file.bytes.count {
      let expected =
        length < BlobLayout.headerSize
        ? BlobError(.headerTruncated, at: 0) : BlobError(.sizeBeyondFile, at: Field.totalSize)
      let error = whole.error(length: length)
      HostileFiles.record(file.bytes.prefix(length), error, checkingHash: true)
      #expect(error == expected)
    }
    // A size and a hash that fit the rest do not help either.
    while file.bytes.count > BlobLayout.headerSize {
      file.bytes.removeLast()
      file.put(UInt64(file.bytes.count), at: Field.totalSize)
      file.rehash()
      #expect(AlignedBytes(file.bytes).error() != nil)
    }
  }

  @Test("B3 another magic")
  func magic() throws {
    for offset in 0..<8 {
      var file = try BlobFile(.lstm)
      file.bytes[offset] ^= 0x20
      file.expect(.wrongMagic, at: Field.magic)
    }
  }

  @Test("B4 a swapped byte order")
  func byteOrder() throws {
    var file = try BlobFile(.lstm)
    file.put(BlobLayout.firstVersion.byteSwapped, at: Field.version)
    file.put(BlobLayout.byteOrderMark.byteSwapped, at: Field.byteOrderMark)
    file.expect(.swappedByteOrder, at: Field.byteOrderMark)
    file.put(0 as UInt32, at: Field.byteOrderMark)
    file.expect(.wrongByteOrderMark, at: Field.byteOrderMark)
  }

  @Test("B5 version 0")
  func versionZero() throws {
    var file = try BlobFile(.lstm)
    file.put(0 as UInt32, at: Field.version)
    file.expect(.versionZero, at: Field.version)
  }

  @Test("B6 a future version", arguments: [BlobLayout.newestVersion + 1, UInt32.max])
  func futureVersion(_ version: UInt32) throws {
    var file = try BlobFile(.lstm)
    file.put(version, at: Field.version)
    file.expect(.futureVersion, at: Field.version)
    let error = try #require(AlignedBytes(file.bytes).error(checkingHash: false))
    #expect(error.description.hasSuffix("expected 1 or 2; found \(version)."))
  }

  @Test("B7 an unknown flag", arguments: 0..<32)
  func flag(_ bit: UInt32) throws {
    var file = try BlobFile(.lstm)
    file.put((1 as UInt32) << bit, at: Field.flags)
    file.expect(.unknownFlag, at: Field.flags)
    file.put(0 as UInt32, at: Field.flags)
    let entry = try file.entry(.names)
    file.put((1 as UInt32) << bit, at: entry + BlobLayout.Section.flags)
    file.expect(.unknownSectionFlag, at: entry + BlobLayout.Section.flags)
  }

  @Test("B8 reserved bytes that are not zero")
  func reserved() throws {
    let file = try BlobFile(.chain)
    var places = Array(Field.recordSize..<BlobLayout.headerSize)
    let entry = try file.entry(.states)
    places += entry + BlobLayout.Section.reserved..<entry + BlobLayout.sectionEntrySize
    let record = try file.record(2)
    for range in [272..<288, 304..<320] { places += range.map { record + $0 } }
    for id in [SectionID.vocabulary, .labels] {
      places.append(try file.section(id).lowerBound + 4)
    }
    for place in places {
      var damaged = file
      damaged.bytes[place] = 1
      damaged.expect(.reservedNotZero, at: place)
    }
  }

  @Test("B9 a header shorter than the minimum", arguments: [0, 1, 63])
  func shortHeader(_ size: UInt32) throws {
    var file = try BlobFile(.lstm)
    file.put(size, at: Field.headerSize)
    file.expect(.headerSizeTooSmall, at: Field.headerSize)
  }

  @Test("B10 a header longer than the file")
  func longHeader() throws {
    var file = try BlobFile(.lstm)
    for size in [UInt32(file.bytes.count + 1), .max] {
      file.put(size, at: Field.headerSize)
      file.expect(.headerSizeBeyondFile, at: Field.headerSize)
    }
    for size in [65, UInt32(file.bytes.count)] {
      file.put(size, at: Field.headerSize)
      file.expect(.unsupportedHeaderSize, at: Field.headerSize)
    }
  }

  @Test("B11 a declared size beyond the file")
  func declaredSize() throws {
    var file = try BlobFile(.lstm)
    for size in [UInt64(file.bytes.count + 1), BlobLimits.fileSize] {
      file.put(size, at: Field.totalSize)
      file.expect(.sizeBeyondFile, at: Field.totalSize)
    }
    for size in [BlobLimits.fileSize + 1, 1 << 63, .max] {
      file.put(size, at: Field.totalSize)
      file.expect(.fileTooLarge, at: Field.totalSize)
    }
  }

  @Test("B12 trailing bytes", arguments: [1, 63, 64, 4096])
  func trailing(_ count: Int) throws {
    var file = try BlobFile(.lstm)
    let size = file.bytes.count
    file.bytes += [UInt8](repeating: 0, count: count)
    file.expect(.trailingBytes, at: size)
    // Declaring them does not make them part of a section.
    file.put(UInt64(file.bytes.count), at: Field.totalSize)
    file.expect(.wrongTotalSize, at: Field.totalSize)
  }

  @Test("an unknown output mode", arguments: [2, UInt32.max])
  func outputMode(_ mode: UInt32) throws {
    var file = try BlobFile(.lstm)
    file.put(mode, at: Field.outputMode)
    file.expect(.unknownOutputMode, at: Field.outputMode)
  }

  @Test("bytes that do not start at a multiple of 64 in memory", arguments: [1, 4, 8, 16, 32, 63])
  func misaligned(_ shift: Int) throws {
    let file = try BlobFile(.lstm)
    let memory = AlignedBytes([UInt8](repeating: 0, count: shift) + file.bytes)
    let shifted = unsafe UnsafeRawBufferPointer(rebasing: memory.raw[shift...])
    #expect(throws: BlobError(.misalignedBuffer, at: 0)) {
      unsafe try BlobView(validating: shifted)
    }
  }
}
