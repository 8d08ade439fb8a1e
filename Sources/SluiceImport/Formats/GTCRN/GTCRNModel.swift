import SluiceBlob
import SluiceNetwork

/// GTCRN's streaming graphs: what their inputs are called says that they are this model.
enum GTCRNModel {
  /// What the metadata say of the model: a frame of 512 samples, half of them new, at its one rate. Nil for others.
  static func metadata(of model: ConvertedModel) -> JSON? {
    let names = model.interface.inputs.map(\.name.text)
    guard names == ["mix", "conv_cache", "tra_cache", "inter_cache"],
      model.network.inputSize == 514, model.network.outputSize == 514,
      model.network.output == .sequence
    else { return nil }
    return .object([
      ("task", .string("\(ModelTask.denoising)")), ("sample_rate", .integer(16000)),
      ("hop", .integer(256)), ("context", .integer(256)),
    ])
  }
}
