/// What a section of a blob holds. The raw values are those of the file.
public enum SectionID: UInt32, Sendable {
  /// The layers' records, 320 bytes each. Required.
  case layers = 1
  /// The packed weights: present where a layer has weights.
  case weights = 2
  /// The packed biases: present where a layer has biases.
  case biases = 3
  /// The initial states: present where a layer does not start at zero.
  case states = 4
  /// The scales of int8 and int4 weights: present where a layer has such weights.
  case scales = 5
  /// The layers' names. Required.
  case names = 6
  /// The word of each token id.
  case vocabulary = 7
  /// The name of each output.
  case labels = 8
  /// Where the weights came from, a JSON object. Required.
  case provenance = 9
  /// What an application wants to know of the model, a JSON object. From version 2 on; skippable.
  case metadata = 10
}

extension SectionID {
  /// The first version that has the section.
  package var since: UInt32 { self == .metadata ? 2 : 1 }

  /// The flags that the section's entry has.
  package var flags: UInt32 { self == .metadata ? SectionID.skippable : 0 }

  /// The flag of a section without which a model runs as it would with it: a reader that does not
  /// know the section passes over it.
  package static var skippable: UInt32 { 1 }
}
