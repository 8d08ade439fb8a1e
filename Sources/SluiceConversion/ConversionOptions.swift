import SluiceBlob
import SluiceImport
import SluiceNetwork

/// How the weights of a conversion are stored.
public enum TypeChoice: Sendable, Hashable {
  /// As this type, in every layer that has it; in others as f32.
  case one(StorageType)
  /// Each layer's as the smallest type with which the output's error stays under the bound.
  case automatic
}

/// How long a blob is measured beside its source.
public enum Measurement: Sendable, Hashable {
  /// All of the calibration's steps; of noise up to 10,000, fewer of large networks.
  case usual
  /// So many steps at most.
  case steps(Int)
  /// Not at all: the blob carries no report.
  case none

  /// The most steps, where a number was said.
  package var limit: Int? {
    guard case .steps(let count) = self else { return nil }
    return count
  }
}

/// What a conversion may be told beside its source.
public struct ConversionOptions: Sendable {
  /// What the source's reader may be told.
  public var source: SourceOptions
  /// How weights are stored.
  public var type: TypeChoice
  /// The path of an array of sequences that the network will read, or their like; nil for none.
  public var calibration: String?
  /// What the output's error may be at most; nil for anything.
  public var maximalError: Double?
  /// How long the blob is measured.
  public var measurement = Measurement.usual
  /// The share of blocks of weights that become zeros, above 0 and below 1; nil for those that are zeros.
  public var sparsity: Double?
  /// The path of what the model's author says of it, which the blob then carries; nil for none.
  public var metadata: String?
  /// How exactly tanh and sigmoid are computed.
  public var grade: ActivationGrade

  /// Options; the defaults leave everything to the source.
  public init(
    source: SourceOptions = SourceOptions(), type: TypeChoice = .one(.f32),
    calibration: String? = nil, maximalError: Double? = nil, grade: ActivationGrade = .exact
  ) {
    self.source = source
    self.type = type
    self.calibration = calibration
    self.maximalError = maximalError
    self.grade = grade
  }
}
