import SluiceBlob
import SluiceNetwork

extension ModelMetadata {
  func checkVoiceActivity(_ network: Network) throws(ConversionError) {
    func wrong(_ place: String, _ reason: String) -> ConversionError {
      .malformed(
        file, place,
        reason + ": a model for voice activity reads hop and context samples "
          + "a step and writes a probability")
    }
    guard !network.readsIDs, network.inputSize == frameSize else {
      throw wrong("$.hop", "the model reads \(network.inputSize) numbers, not \(frameSize ?? 0)")
    }
    guard network.outputSize == 1, network.output == .sequence else {
      throw wrong("$.task", "the model writes others")
    }
    guard outputs?.contains(where: \.isScaled) != true else {
      throw wrong("$.outputs[0]", "a mean or std of a probability")
    }
  }

  func checkDenoising(_ network: Network) throws(ConversionError) {
    let size = frameSize ?? 0
    guard !network.readsIDs, size % 2 == 0, network.inputSize == size + 2,
      network.outputSize == size + 2, network.output == .sequence
    else {
      throw .malformed(
        file, "$.task",
        "the model reads \(network.inputSize) and writes \(network.outputSize) numbers a step; one for "
          + "denoising reads and writes the spectrum of a frame of hop and context samples, \(size + 2)"
      )
    }
  }
}
