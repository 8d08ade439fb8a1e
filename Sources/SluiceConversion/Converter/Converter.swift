import SluiceBlob

/// What a conversion may be told beside its source.
public struct ConversionOptions: Sendable {
  /// The path of an architecture file, for sources that hold tensors without a graph.
  public var architecture: String?
  /// Values of graph inputs that feed weights or initial states, by the input's name.
  ///
  /// Only such inputs take their value from here: the sequence may be among them and stays an input.
  public var constants: [String: Tensor]
  /// How weights are stored: f32 alone for now.
  public var type: StorageType
  /// How exactly tanh and sigmoid are computed.
  public var grade: ActivationGrade

  /// Options; the defaults leave everything to the source.
  public init(
    architecture: String? = nil, constants: [String: Tensor] = [:], type: StorageType = .f32,
    grade: ActivationGrade = .exact
  ) {
    self.architecture = architecture
    self.constants = constants
    self.type = type
    self.grade = grade
  }
}

/// A source, read and understood.
public struct ConvertedModel: Sendable {
  /// The network.
  public let network: Network
  /// What the source's own inputs and outputs are.
  public let interface: ModelInterface
}

/// Reads trained models.
public enum Converter {
  /// Reads the model at `source`, whose format its content and name tell.
  ///
  /// - Throws: ``ConversionError`` naming the file and the place in it.
  public static func convert(
    source: String, options: ConversionOptions = ConversionOptions()
  ) throws(ConversionError) -> ConvertedModel {
    throw .unsupported(source, "", "conversion is not there yet")
  }

  /// The names of the graph inputs of the model at `source`, in order; one for a file of tensors.
  ///
  /// Initializers that older ONNX files list among the inputs are left out.
  public static func inputNames(of source: String) throws(ConversionError) -> [String] {
    throw .unsupported(source, "", "conversion is not there yet")
  }
}
