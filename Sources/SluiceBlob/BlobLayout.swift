#if !_endian(little)
  #error("A blob is read where it lies: its byte order is little-endian")
#endif

/// Byte offsets and constants, as `Format.md` lists them.
package enum BlobLayout {
  package static var magic: UInt64 { 0x0A45_4349_554C_5389 }
  /// The version that is written where nothing newer is used, and the newest that is read.
  package static var firstVersion: UInt32 { 1 }
  package static var newestVersion: UInt32 { 2 }
  package static var byteOrderMark: UInt32 { 0x0102_0304 }
  package static var headerSize: Int { 64 }
  package static var sectionEntrySize: Int { 32 }
  /// Bytes of a record that this reader knows; from version 2 on a file may declare more.
  package static var recordSize: Int { 320 }
  package static var largestRecordSize: Int { 1024 }
  package static var alignment: Int { 64 }

  /// Offsets of the header's fields from the start of the file.
  package enum Header {
    package static var magic: Int { 0 }
    package static var version: Int { 8 }
    package static var byteOrderMark: Int { 12 }
    package static var totalSize: Int { 16 }
    package static var hash: Int { 24 }
    package static var headerSize: Int { 32 }
    package static var flags: Int { 36 }
    package static var sectionCount: Int { 40 }
    package static var sectionEntrySize: Int { 44 }
    package static var outputMode: Int { 48 }
    /// Bytes of a record; version 1 has zero here and records of 320 bytes.
    package static var recordSize: Int { 52 }
    package static var reserved: Int { 56 }
  }

  /// Offsets of a section entry's fields from the start of the entry.
  package enum Section {
    package static var id: Int { 0 }
    package static var flags: Int { 4 }
    package static var offset: Int { 8 }
    package static var length: Int { 16 }
    package static var reserved: Int { 24 }
  }

  /// Offsets of a layer record's fields from the start of the record.
  package enum Record {
    package static var kind: Int { 0 }
    package static var variant: Int { 4 }
    package static var direction: Int { 8 }
    package static var gateOrder: Int { 12 }
    package static var storage: Int { 16 }
    package static var gateActivation: Int { 20 }
    package static var candidateActivation: Int { 24 }
    package static var outputActivation: Int { 28 }
    package static var grade: Int { 32 }
    package static var tileWidth: Int { 36 }
    package static var inputSize: Int { 40 }
    package static var hiddenSize: Int { 48 }
    package static var outputSize: Int { 56 }
    package static var weights: Int { 64 }
    package static var biases: Int { 80 }
    package static var initialState: Int { 96 }
    package static var name: Int { 112 }
    package static var stateBytes: Int { 128 }
    package static var scratchBytes: Int { 136 }
    package static var scales: Int { 144 }
    package static var inputScale: Int { 160 }
    package static var hiddenScale: Int { 164 }
    package static var kernelSize: Int { 168 }
    package static var columnStride: Int { 172 }
    package static var dilation: Int { 176 }
    package static var groups: Int { 180 }
    package static var before: Int { 184 }
    package static var after: Int { 188 }
    package static var inputCount: Int { 192 }
    package static var inputs: Int { 196 }
    package static var cellFlags: Int { 240 }
    package static var clip: Int { 244 }
    package static var gateAlpha: Int { 248 }
    package static var gateBeta: Int { 252 }
    package static var candidateAlpha: Int { 256 }
    package static var candidateBeta: Int { 260 }
    package static var outputAlpha: Int { 264 }
    package static var outputBeta: Int { 268 }
    /// The first field of version 2.
    package static var cellClip: Int { 272 }
    package static var projectionClip: Int { 276 }
    package static var hiddenRounding: Int { 280 }
    /// One more than the blocks that are kept; 0 where all are.
    package static var keptBlocks: Int { 284 }
    package static var columns: Int { 288 }
    package static var columnPadding: Int { 292 }
    package static var epsilon: Int { 296 }
    package static var sliceStart: Int { 300 }
    package static var maskCount: Int { 304 }
    package static var maskValue: Int { 308 }
    package static var recurrence: Int { 312 }
    package static var delay: Int { 316 }
  }

  /// The next multiple of 64; `value` is at most the greatest file size plus a section's.
  package static func aligned(_ value: Int) -> Int {
    (value + alignment - 1) / alignment * alignment
  }
}
