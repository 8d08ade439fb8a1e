#if !hasFeature(Embedded)
  extension BlobError: CustomStringConvertible {
    /// One sentence: where, what was found, what was expected.
    public var description: String {
      "Byte \(offset): \(kind.sentence)."
    }
  }
#endif

extension BlobError.Kind {
  /// What was found and what was expected, without the place.
  package var sentence: StaticString {
    switch self {
    case .emptyFile: "the file is empty, expected at least 64 bytes"
    case .misalignedBuffer: "the bytes start at an address that is not a multiple of 64"
    case .headerTruncated: "the file is shorter than its header, expected at least 64 bytes"
    case .wrongMagic:
      "the file does not start with the eight bytes of a blob, 89 53 4C 55 49 43 45 0A"
    case .swappedByteOrder: "the file is big-endian, expected little-endian"
    case .wrongByteOrderMark: "the byte order mark is not 0x01020304"
    case .versionZero: "the version is 0, expected 1"
    case .futureVersion: "the version is newer than this reader, expected 1"
    case .headerSizeTooSmall: "the header size is less than the expected 64"
    case .headerSizeBeyondFile: "the header size exceeds the file, expected 64"
    case .unsupportedHeaderSize: "the header size is not the 64 of version 1"
    case .unknownFlag: "a flag of the header is set, version 1 has none"
    case .reservedNotZero: "a reserved byte is not zero"
    case .fileTooLarge: "the declared size exceeds 2^40 bytes"
    case .sizeBeyondFile:
      "the declared size exceeds the file: it was cut short, or the size is wrong"
    case .trailingBytes: "bytes follow the declared end of the file"
    case .unknownOutputMode: "the output mode is not 0 (sequence) or 1 (last)"
    case .hashMismatch: "the hash is not that of the bytes: the file was damaged or changed"
    case .noSections: "the number of sections is 0, expected 1 to 16"
    case .tooManySections: "the number of sections exceeds 16"
    case .wrongSectionEntrySize: "the size of a section entry is not 32"
    case .sectionTableBeyondFile: "the section table ends behind the file"
    case .unknownSection: "the section id is not one of version 1"
    case .unsupportedScales:
      "a section of scales is reserved for quantised weights and not supported"
    case .duplicateSection: "the section id occurs twice"
    case .sectionsOutOfOrder: "the section id is less than the previous one, expected ascending ids"
    case .unknownSectionFlag: "a flag of a section is set, version 1 has none"
    case .sectionRangeOverflows: "the section's offset plus length exceeds 64 bits"
    case .sectionBeyondFile: "the section starts or ends behind the file"
    case .sectionMisaligned: "the section does not start at a multiple of 64"
    case .sectionOverlap: "the section starts before the previous one's end"
    case .sectionHole:
      "the section starts behind the next multiple of 64 after the previous one's end"
    case .emptySection: "the section has no bytes, expected it to be absent"
    case .paddingNotZero: "a byte of padding is not zero"
    case .wrongTotalSize:
      "the declared size is not the last section's end, rounded up to a multiple of 64"
    case .missingLayers: "the section of layers (1) is missing"
    case .missingNames: "the section of names (6) is missing"
    case .missingProvenance: "the section of provenance (9) is missing"
    case .missingWeights: "the layer has weights, but the section of weights (2) is missing"
    case .missingBiases: "the layer has biases, but the section of biases (3) is missing"
    case .missingStates: "the layer has an initial state, but the section of states (4) is missing"
    case .sectionNotUsedUp: "the section continues behind the last layer's part of it"
    case .layersNotWholeRecords: "the length of the section of layers is not a multiple of 320"
    case .tooManyLayers: "there are more than 1024 layers"
    case .unknownKind: "the layer's kind is not one of version 1"
    case .unknownVariant: "the GRU variant is not 1 (reset after) or 2 (reset before)"
    case .unknownDirection: "the direction is not one of version 1"
    case .unknownGateOrder: "the gate order is not one of version 1"
    case .unknownStorage: "the storage type is not one of version 1"
    case .unknownGateActivation: "the gate activation is not one of version 1"
    case .unknownCandidateActivation: "the candidate activation is not one of version 1"
    case .unknownOutputActivation: "the output activation is not one of version 1"
    case .unknownGrade: "the activation grade is not one of version 1"
    case .unsupportedDirection: "the direction is not supported, expected 0 (forward)"
    case .unsupportedStorage: "the storage type is not supported, expected 1 (f32)"
    case .unsupportedGrade: "the activation grade is not supported, expected 1 (exact)"
    case .wrongVariant: "a GRU needs a variant, and no other kind has one"
    case .wrongGateOrder: "the gate order is not that of the layer's kind"
    case .wrongGateActivation: "the gate activation is not the one of the layer's kind"
    case .wrongCandidateActivation: "the candidate activation is not one of the layer's kind"
    case .wrongOutputActivation: "the output activation is not one of the layer's kind"
    case .wrongTileWidth: "the tile width is not 8"
    case .sizeZero: "the size is 0, expected at least 1"
    case .sizeNotRepresentable: "the size is 2^63 or more"
    case .sizeAboveMaximum: "the size exceeds 65536 (2^24 for the ids of an embedding)"
    case .hiddenSizeNotZero: "a layer without state has a hidden size, expected 0"
    case .outputSizeDiffers: "the output size is not that of the layer's units or inputs"
    case .inputSizeDiffers: "the input size is not the previous layer's output size"
    case .embeddingNotFirst: "an embedding is not the first layer"
    case .wrongStateBytes: "the declared state bytes are not those of the layer's sizes"
    case .wrongScratchBytes: "the declared scratch bytes are not those of the layer's sizes"
    case .wrongWeightsOffset: "the weights do not start at the next multiple of 64 in their section"
    case .wrongWeightsLength: "the weights are not as many bytes as the layer's sizes need"
    case .weightsBeyondSection: "the weights end behind their section"
    case .wrongBiasesOffset: "the biases do not start at the next multiple of 64 in their section"
    case .wrongBiasesLength: "the biases are not as many bytes as the layer's sizes need"
    case .biasesBeyondSection: "the biases end behind their section"
    case .wrongStatesOffset:
      "the initial state does not start at the next multiple of 64 in its section"
    case .wrongStatesLength:
      "the initial state is neither absent nor as many bytes as the sizes need"
    case .statesBeyondSection: "the initial state ends behind its section"
    case .notFinite: "a number is infinite or not a number"
    case .paddingLaneNotZero: "a lane beyond the layer's size is not zero"
    case .wrongNameOffset: "the layer's name does not start where the previous one ends"
    case .nameBeyondSection: "the layer's name ends behind the section of names"
    case .emptyName: "the layer's name is empty, expected 1 to 255 bytes"
    case .nameTooLong: "the layer's name exceeds 255 bytes"
    case .nameNotUTF8: "the layer's name is not UTF-8"
    case .nameHasNUL: "the layer's name holds a NUL"
    case .duplicateName: "the layer has the name of an earlier layer"
    case .tableTruncated: "the table of texts is shorter than its count needs"
    case .wrongTableOffset: "the table's offsets do not ascend from 0 to the end of its text"
    case .wrongWordCount:
      "the vocabulary's words are not 1 to as many as the first layer has inputs"
    case .wordTooLong: "the word exceeds 65535 bytes"
    case .wordNotUTF8: "the word is not UTF-8"
    case .wordIDOutOfRange:
      "the sorted vocabulary has an id that is not less than the number of words"
    case .wordsNotAscending:
      "the sorted vocabulary does not ascend: a word occurs twice or is out of order"
    case .wrongLabelCount:
      "the number of labels is not that of the outputs (or 2 for a single output)"
    case .emptyLabel: "the label is empty, expected 1 to 255 bytes"
    case .labelTooLong: "the label exceeds 255 bytes"
    case .labelNotUTF8: "the label is not UTF-8"
    case .labelHasNUL: "the label holds a NUL"
    case .provenanceNotUTF8: "the provenance is not UTF-8"
    case .provenanceNotJSON: "the provenance is not a JSON object"
    case .provenanceTooDeep: "the provenance nests more than 64 deep"
    }
  }
}
