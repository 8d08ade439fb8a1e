extension BlobError {
  /// The rules of the format, one case for each ban of `Format.md`.
  public enum Kind: UInt8, Sendable {
    // The buffer and the header
    /// There are no bytes at all.
    case emptyFile
    /// The bytes do not start at a multiple of 64 in memory.
    case misalignedBuffer
    /// Fewer bytes than a header has.
    case headerTruncated
    /// The first eight bytes are not those of a blob.
    case wrongMagic
    /// The file was written in the other byte order.
    case swappedByteOrder
    /// The byte order mark is neither order's.
    case wrongByteOrderMark
    /// Version 0 does not exist.
    case versionZero
    /// A version that this reader does not know.
    case futureVersion
    /// The header size is less than 64.
    case headerSizeTooSmall
    /// The header size is more than the file's.
    case headerSizeBeyondFile
    /// The header size is not 64.
    case unsupportedHeaderSize
    /// A flag of the header that this reader does not know.
    case unknownFlag
    /// A byte that the file's version reserves is not zero.
    case reservedNotZero
    /// The file is larger than 2^40 bytes.
    case fileTooLarge
    /// The declared size is more than the file's.
    case sizeBeyondFile
    /// Bytes follow the declared size.
    case trailingBytes
    /// The output mode is not one of the format's.
    case unknownOutputMode
    /// The hash is not that of the bytes.
    case hashMismatch

    // The section table
    /// The section table is empty.
    case noSections
    /// More than 16 sections.
    case tooManySections
    /// A section entry is not 32 bytes.
    case wrongSectionEntrySize
    /// The section table ends behind the file.
    case sectionTableBeyondFile
    /// A section id that this reader does not know.
    case unknownSection
    /// A section id twice.
    case duplicateSection
    /// Section ids that do not ascend.
    case sectionsOutOfOrder
    /// A flag of a section that this reader does not know.
    case unknownSectionFlag
    /// A section whose offset plus length exceeds 64 bits.
    case sectionRangeOverflows
    /// A section that starts or ends behind the file.
    case sectionBeyondFile
    /// A section that does not start at a multiple of 64.
    case sectionMisaligned
    /// A section that starts before the previous one's padded end.
    case sectionOverlap
    /// A section that starts behind the previous one's padded end.
    case sectionHole
    /// A section of no bytes.
    case emptySection
    /// Padding behind the table, a section, or a layer's block is not zero.
    case paddingNotZero
    /// The declared size is not the padded end of the last section.
    case wrongTotalSize
    /// No section of layers.
    case missingLayers
    /// No section of names.
    case missingNames
    /// No section of provenance.
    case missingProvenance
    /// A layer has weights, and the file has no section of weights.
    case missingWeights
    /// A layer has biases, and the file has no section of biases.
    case missingBiases
    /// A layer has an initial state, and the file has no section of states.
    case missingStates
    /// A layer has scales, and the file has no section of scales.
    case missingScales
    /// A section continues behind the last layer's part of it.
    case sectionNotUsedUp

    // The layers' records
    /// The section of layers is not a whole number of records.
    case layersNotWholeRecords
    /// More than 1024 layers.
    case tooManyLayers
    /// The layer's kind is not one of the format's.
    case unknownKind
    /// The GRU's variant is not one of the format's.
    case unknownVariant
    /// The direction is not one of the format's.
    case unknownDirection
    /// The gate order is not one of the format's.
    case unknownGateOrder
    /// The storage type is not one of the format's.
    case unknownStorage
    /// The gate activation is not one of the format's.
    case unknownGateActivation
    /// The candidate activation is not one of the format's.
    case unknownCandidateActivation
    /// The output activation is not one of the format's.
    case unknownOutputActivation
    /// The activation grade is not one of the format's.
    case unknownGrade
    /// A flag of the cell that this reader does not know.
    case unknownCellFlag
    /// A parameter of an activation is infinite or not a number.
    case parameterNotFinite
    /// A parameter of an activation that has none.
    case parameterNotZero
    /// A direction of a layer without state.
    case wrongDirection
    /// A storage type that the layer's kind or form does not have.
    case unsupportedStorage
    /// An activation grade that the layer's kind or form does not have.
    case unsupportedGrade
    /// A GRU without a variant, or a variant on another kind.
    case wrongVariant
    /// The gate order is not that of the layer's kind.
    case wrongGateOrder
    /// The gate activation is not one that the layer's kind has.
    case wrongGateActivation
    /// The candidate activation is not one that the layer's kind has.
    case wrongCandidateActivation
    /// The output activation is not one that the layer's kind has.
    case wrongOutputActivation
    /// A flag of the cell on a layer that has none.
    case wrongCellFlag
    /// A limit that is not a positive number, or of a layer that has none.
    case wrongClip
    /// The tile width is not 8.
    case wrongTileWidth
    /// A size of 0.
    case sizeZero
    /// A size of 2^63 or more.
    case sizeNotRepresentable
    /// A size above the format's maximum.
    case sizeAboveMaximum
    /// A hidden size on a layer without state.
    case hiddenSizeNotZero
    /// The output size is not what the layer's kind makes of its other sizes.
    case outputSizeDiffers
    /// The input size is not the output size of what the layer reads.
    case inputSizeDiffers
    /// An embedding behind another layer.
    case embeddingNotFirst
    /// A number of columns on a kind that has none, or none on one that has.
    case wrongColumns
    /// A size that is not a whole number of columns.
    case columnsDoNotDivide
    /// Taps, stride or dilation of 0 in a convolution or set elsewhere, or a causal stride that
    /// does not divide the step's columns.
    case wrongTaps
    /// Groups of channels: of a convolution neither 1 nor a group for each channel, elsewhere not 0.
    case wrongGroups
    /// A convolution that sees more than 2^22 floats, or has no output.
    case convolutionTooLarge
    /// The padding is not one of the format's.
    case unknownPadding
    /// Padding where there is none, or a mirror of more columns than there are.
    case wrongPadding
    /// An epsilon that is negative, infinite or not a number, or set on another kind.
    case wrongEpsilon
    /// A slice that ends behind its column, or a start set on another kind.
    case wrongSliceStart
    /// What a mask compares does not lie in its input, or is set on another kind.
    case wrongMask
    /// More than 11 inputs.
    case tooManyInputs
    /// A number of inputs that the layer's kind does not have.
    case wrongInputCount
    /// An input that is neither an earlier layer nor the model's input.
    case inputNotBefore
    /// A list of inputs that says what an empty one would.
    case redundantInput
    /// A layer other than an embedding that reads token ids.
    case readsTokenIDs
    /// A layer, not the last, that no layer reads.
    case layerNotRead
    /// The declared state bytes are not those that the sizes need.
    case wrongStateBytes
    /// The declared scratch bytes are not those that the sizes need.
    case wrongScratchBytes
    /// The scale of quantised inputs is not one, or not the layer's to have.
    case wrongInputScale
    /// The scale of the quantised hidden state is not one, or not the layer's to have.
    case wrongHiddenScale

    // The layers' ranges and data
    /// The weights do not start where the previous layer's end.
    case wrongWeightsOffset
    /// The weights are not as many bytes as the sizes need.
    case wrongWeightsLength
    /// The weights end behind their section.
    case weightsBeyondSection
    /// The biases do not start where the previous layer's end.
    case wrongBiasesOffset
    /// The biases are not as many bytes as the sizes need.
    case wrongBiasesLength
    /// The biases end behind their section.
    case biasesBeyondSection
    /// The initial state does not start where the previous layer's ends.
    case wrongStatesOffset
    /// The initial state is neither absent nor as many bytes as the sizes need.
    case wrongStatesLength
    /// The initial state ends behind its section.
    case statesBeyondSection
    /// The scales do not start where the previous layer's end.
    case wrongScalesOffset
    /// The scales are not as many bytes as the sizes need.
    case wrongScalesLength
    /// The scales end behind their section.
    case scalesBeyondSection
    /// A scale is zero, negative, denormal, infinite or not a number.
    case unusableScale
    /// An integer weight is the one below the range: -128 or -8.
    case weightOutOfRange
    /// A correction is not -128 times the sum of its row of weights.
    case wrongCorrection
    /// A weight, bias or state is infinite or not a number.
    case notFinite
    /// A lane beyond the layer's size is not zero.
    case paddingLaneNotZero
    /// A column beyond the layer's size, in a word or group that is not full, is not zero.
    case paddingColumnNotZero

    // Text
    /// A layer's name does not start where the previous one ends.
    case wrongNameOffset
    /// A layer's name ends behind the section.
    case nameBeyondSection
    /// A layer's name of no bytes.
    case emptyName
    /// A layer's name of more than 255 bytes.
    case nameTooLong
    /// A layer's name is not UTF-8.
    case nameNotUTF8
    /// A layer's name holds a NUL.
    case nameHasNUL
    /// Two layers of the same name.
    case duplicateName
    /// A table of words or labels is shorter than its count needs.
    case tableTruncated
    /// A table's offset is not ascending, or its first not 0, or its last not the end.
    case wrongTableOffset
    /// A vocabulary without words, or with more than the first layer has inputs.
    case wrongWordCount
    /// A word of more than 65535 bytes.
    case wordTooLong
    /// A word is not UTF-8.
    case wordNotUTF8
    /// An id of the sorted vocabulary is not less than the number of words.
    case wordIDOutOfRange
    /// The sorted vocabulary does not ascend strictly: a word twice, or a wrong order.
    case wordsNotAscending
    /// The number of labels is not that of the outputs.
    case wrongLabelCount
    /// A label of no bytes.
    case emptyLabel
    /// A label of more than 255 bytes.
    case labelTooLong
    /// A label is not UTF-8.
    case labelNotUTF8
    /// A label holds a NUL.
    case labelHasNUL
    /// The provenance is not UTF-8.
    case provenanceNotUTF8
    /// The provenance is not a JSON object.
    case provenanceNotJSON
    /// The provenance nests more than 64 deep.
    case provenanceTooDeep

    // Version 2
    /// A file of version 2 that holds nothing which version 1 does not have.
    case needlessVersion
    /// The size of a record is not one of the format's, or larger than the records need.
    case wrongRecordSize
    /// A record holds a field behind those that this reader knows.
    case unknownField
    /// The flags of a section are not those that the format gives it.
    case wrongSectionFlag
    /// A limit of C that is not 0 or a positive number, or one of a layer that is no LSTM.
    case wrongCellClip
    /// A limit of h that is not 0 or a positive number, or one of a layer without a projection.
    case wrongProjectionClip
    /// The rounding of the hidden state is not one of the format's.
    case unknownHiddenRounding
    /// A finer rounding of a hidden state that has no stored scale.
    case wrongHiddenRounding
    /// The metadata have more than 65536 bytes.
    case metadataTooLong
    /// The metadata are not UTF-8.
    case metadataNotUTF8
    /// The metadata are not a JSON object, or hold half of a surrogate pair.
    case metadataNotJSON
    /// The metadata nest more than 64 deep.
    case metadataTooDeep
    /// How a layer runs over its columns is not one of the format's.
    case unknownRecurrence
    /// A layer that is not recurrent runs over columns, or a single column has a state of its own.
    case wrongRecurrence
    /// A delay of no steps, or one of a layer that is none.
    case wrongDelay
    /// A delay that keeps more than 2^22 floats.
    case delayTooLarge
    /// An index of a gather that is neither -1 nor that of a feature.
    case indexOutOfRange
    /// Blocks of weights are left out of a layer that must have all, or more are kept than there are.
    case wrongKeptBlocks
    /// Where a list of blocks ends is before its start, or the last ends elsewhere than the blocks.
    case wrongBlockEnd
    /// A block's word does not follow that of the block before it in its list, or is not one of the layer.
    case wrongBlockWord
    /// A block that is kept holds nothing but zeros.
    case emptyBlock
  }
}
