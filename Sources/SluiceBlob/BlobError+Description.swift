#if !hasFeature(Embedded)
  extension BlobError: CustomStringConvertible {
    /// One sentence: where, what was found, what was expected.
    public var description: String {
      "Byte \(offset): \(kind.sentence)\(found.map { "; found \($0)" } ?? "")."
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
    case .versionZero: "the version is 0, expected 1 or 2"
    case .futureVersion: "the version is newer than this reader, expected 1 or 2"
    case .headerSizeTooSmall: "the header size is less than the expected 64"
    case .headerSizeBeyondFile: "the header size exceeds the file, expected 64"
    case .unsupportedHeaderSize: "the header size is not 64"
    case .unknownFlag: "a flag of the header is set, expected none"
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
    case .unknownSection:
      "the section is not one that this reader knows, and not marked as skippable"
    case .duplicateSection: "the section id occurs twice"
    case .sectionsOutOfOrder: "the section id is less than the previous one, expected ascending ids"
    case .unknownSectionFlag: "a flag of a section is set that this reader does not know"
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
    case .missingScales: "the layer has scales, but the section of scales (5) is missing"
    case .sectionNotUsedUp: "the section continues behind the last layer's part of it"
    case .layersNotWholeRecords:
      "the length of the section of layers is not a multiple of a record's"
    case .tooManyLayers: "there are more than 1024 layers"
    case .unknownKind: "the layer's kind is not one of the format's"
    case .unknownVariant: "the GRU variant is not 1 (reset after) or 2 (reset before)"
    case .unknownDirection: "the direction is not one of the format's"
    case .unknownGateOrder: "the gate order is not one of the format's"
    case .unknownStorage: "the storage type is not one of the format's"
    case .unknownGateActivation: "the gate activation is not one of the format's"
    case .unknownCandidateActivation: "the candidate activation is not one of the format's"
    case .unknownOutputActivation: "the output activation is not one of the format's"
    case .unknownGrade: "the activation grade is not one of the format's"
    case .unknownCellFlag: "a flag of the cell is set that is not one of the format's"
    case .parameterNotFinite: "a parameter of an activation is infinite or not a number"
    case .parameterNotZero: "the activation has no such parameter, expected 0"
    case .wrongDirection: "a layer without state has a direction, expected 0 (forward)"
    case .unsupportedStorage:
      "the storage type is not 1 (f32), the only one of the layer's kind and form"
    case .unsupportedGrade: "the layer has no fast activations, expected the grade 1 (exact)"
    case .wrongVariant: "a GRU needs a variant, and no other kind has one"
    case .wrongGateOrder: "the gate order is not that of the layer's kind"
    case .wrongGateActivation: "the gate activation is not the one of the layer's kind"
    case .wrongCandidateActivation: "the candidate activation is not one of the layer's kind"
    case .wrongOutputActivation: "the output activation is not one of the layer's kind"
    case .wrongCellFlag: "only an LSTM has flags of its cell, expected 0"
    case .wrongClip: "the limit of the sums is not 0 or, of a recurrent layer, a positive number"
    case .wrongTileWidth: "the tile width is not 8"
    case .sizeZero: "the size is 0, expected at least 1"
    case .sizeNotRepresentable: "the size is 2^63 or more"
    case .sizeAboveMaximum: "the size exceeds 65536 (2^24 for the ids of an embedding)"
    case .hiddenSizeNotZero: "a layer without state has a hidden size, expected 0"
    case .outputSizeDiffers: "the output size is not that of the layer's units or inputs"
    case .inputSizeDiffers: "the input size is not the output size of what the layer reads"
    case .embeddingNotFirst: "an embedding is not the first layer"
    case .wrongColumns: "the number of columns is not one of the layer's kind"
    case .columnsDoNotDivide: "the size is not a whole number of columns"
    case .wrongTaps: "the convolution's taps, stride or dilation are not those of such a layer"
    case .wrongGroups:
      "the groups of channels are not supported, expected 1 or as many as channels (0 elsewhere)"
    case .convolutionTooLarge: "the convolution sees more than 2^22 floats, or has no output"
    case .unknownPadding: "the padding is unknown"
    case .wrongPadding: "the padding is not one that the layer can have"
    case .wrongEpsilon: "the epsilon is not a positive number, or not a layer norm's"
    case .wrongMask: "what the mask compares does not lie in its input, or the layer is none"
    case .wrongSliceStart: "the slice does not lie in its column, or the layer is none"
    case .tooManyInputs: "more than 11 inputs"
    case .wrongInputCount: "the number of inputs is not one of the layer's kind"
    case .inputNotBefore: "the input is neither an earlier layer nor the model's input"
    case .redundantInput: "the input is the layer just before, which needs no list"
    case .readsTokenIDs: "the layer reads token ids, expected an embedding"
    case .layerNotRead: "no layer reads this one"
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
    case .wrongScalesOffset:
      "the scales do not start at the next multiple of 64 in their section"
    case .wrongScalesLength: "the scales are not as many bytes as the layer's sizes need"
    case .scalesBeyondSection: "the scales end behind their section"
    case .wrongInputScale:
      "the scale of inputs is neither 0 nor a positive normal number, or the layer has none"
    case .wrongHiddenScale:
      "the scale of the hidden state is neither 0 nor a positive normal number, or the layer has none"
    case .unusableScale: "a scale is zero, negative, denormal, infinite or not a number"
    case .weightOutOfRange: "an integer weight is below -127 (int8) or -7 (int4)"
    case .wrongCorrection: "a correction is not -128 times the sum of its row of weights"
    case .notFinite: "a number is infinite or not a number"
    case .paddingLaneNotZero: "a lane beyond the layer's size is not zero"
    case .paddingColumnNotZero:
      "a column beyond the layer's size, in a word or group that is not full, is not zero"
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
    case .needlessVersion: "the version is 2, but nothing in the file is of version 2, expected 1"
    case .wrongRecordSize:
      "the size of a record is not a multiple of 64 from 320 on, or larger than the records need"
    case .unknownField: "the layer has a field that is newer than this reader"
    case .wrongSectionFlag: "the flags of the section are not those that it must have"
    case .wrongCellClip:
      "the limit of the cell state is not 0 or, of an LSTM, a positive number"
    case .wrongProjectionClip:
      "the limit of the projection is not 0 or, of a layer that has one, a positive number"
    case .unknownHiddenRounding: "the rounding of the hidden state is unknown"
    case .wrongHiddenRounding:
      "the hidden state is rounded more finely where it is quiet, but has no stored scale"
    case .metadataTooLong: "the metadata exceed 65536 bytes"
    case .metadataNotUTF8: "the metadata are not UTF-8"
    case .metadataNotJSON: "the metadata are not a JSON object"
    case .metadataTooDeep: "the metadata nest more than 64 deep"
    case .unknownRecurrence: "the way over the columns is unknown"
    case .wrongRecurrence: "the way over the columns is not one that the layer can have"
    case .wrongDelay: "the steps of the delay are 0, or the layer is none"
    case .delayTooLarge: "the delay keeps more than 2^22 floats"
    case .indexOutOfRange: "the index is neither -1 nor that of a feature"
    case .wrongKeptBlocks:
      "blocks of weights are left out where the layer must have all, or more kept than there are"
    case .wrongBlockEnd: "the list of blocks does not end between its start and the last block"
    case .wrongBlockWord:
      "the block's word is not above that of the block before it, or not one of the layer's"
    case .emptyBlock: "the block holds nothing but zeros, expected to be left out"
    }
  }
}
