/// A blob before it is bytes, or as it was read: the writer lays it out, the validator reads it.
public struct BlobContents: Sendable {
  /// Which outputs of a sequence count.
  public typealias Output = OutputMode

  /// One layer: its record without offsets, and its arrays already in the order of the file.
  public struct Layer: Sendable {
    /// Kind, sizes and activations; the byte ranges are filled in by the writer.
    public var record: LayerRecord
    /// A name unique among the layers, UTF-8.
    public var name: String
    /// Packed weights, see `Format.md`.
    public var weights: [UInt8]
    /// The scales of int8 and int4 weights, see `Format.md`; empty for other types.
    public var scales: [UInt8]
    /// Packed biases.
    public var biases: [Float]
    /// Initial h, then for the LSTM initial C, each padded to `stateStride`; empty for zero.
    public var initialState: [Float]

    /// A layer with all its arrays.
    public init(
      record: LayerRecord, name: String, weights: [UInt8], scales: [UInt8] = [],
      biases: [Float], initialState: [Float] = []
    ) {
      self.record = record
      self.name = name
      self.weights = weights
      self.scales = scales
      self.biases = biases
      self.initialState = initialState
    }
  }

  /// The layers in order of execution.
  public var layers: [Layer]
  /// Which outputs of a sequence count.
  public var output: OutputMode
  /// The word of each token id; empty where there is no vocabulary.
  public var vocabulary: [String]
  /// The name of each output; empty where there are none.
  public var labels: [String]
  /// Where the weights came from, as a JSON object in UTF-8.
  public var provenance: String

  /// What an application wants to know of the model, as a JSON object in UTF-8 of at most 65536
  /// bytes; empty for none. A blob with metadata is of version 2.
  public var metadata = ""

  /// The version that the blob will be of: the first that has all that is used.
  public var version: UInt32 {
    metadata.isEmpty && !layers.contains(where: \.record.usesVersion2)
      ? BlobLayout.firstVersion : BlobLayout.newestVersion
  }

  /// A blob of the given layers.
  public init(
    layers: [Layer], output: OutputMode = .sequence, vocabulary: [String] = [],
    labels: [String] = [], provenance: String = "{}"
  ) {
    self.layers = layers
    self.output = output
    self.vocabulary = vocabulary
    self.labels = labels
    self.provenance = provenance
  }
}
