import SluiceBlob
import SluiceImport
import SluiceNetwork

/// The greatest magnitudes that the layers of a network read, computed in Double over sequences.
package struct Calibration: Sendable, Hashable {
  /// |x| of each layer.
  package private(set) var inputs: [Double]

  /// Runs `network` over `input`.
  package init(
    _ network: Network, over input: SequenceArray,
    progress: (_ step: Int, _ of: Int) -> Void = { _, _ in }
  ) {
    inputs = network.layers.map { _ in 0 }
    var inputs = inputs
    network.compute(over: input) { sequence, step, outputs in
      for layer in outputs.indices {
        let source = network.inputs(of: layer)[0]
        inputs[layer] = max(
          inputs[layer],
          source < 0
            ? Self.greatest(input.sequences[sequence].features(at: step))
            : Self.greatest(outputs[source]))
      }
      progress(sequence * input.steps + step + 1, input.sequences.count * input.steps)
    }
    self.inputs = inputs
  }

  private static func greatest<Value: BinaryFloatingPoint>(_ values: some Sequence<Value>) -> Double
  {
    values.reduce(0) { max($0, Double($1.magnitude)) }
  }
}

extension BlobContents {
  /// The contents, whose integer layers read at scales that are stored in place of one a step.
  package func calibrated(by calibration: Calibration) -> BlobContents {
    var contents = self
    for index in layers.indices {
      contents.layers[index] = layers[index].calibrated(by: calibration, at: index)
    }
    return contents
  }
}

extension BlobContents.Layer {
  /// The layer `index` with the scale of its inputs stored; as it is, where its inputs are not
  /// quantised or were nothing but zeros.
  ///
  /// A state that may leave [-1, 1] keeps a scale of its own at every step: with a stored one it would
  /// never fall silent.
  func calibrated(by calibration: Calibration, at index: Int) -> BlobContents.Layer {
    guard record.readsQuantised else { return self }
    var layer = self
    layer.record.inputScale = Self.scale(calibration.inputs[index])
    return layer
  }

  /// The step with which `greatest` becomes 127; 0 where that is no normal number.
  private static func scale(_ greatest: Double) -> Float {
    let scale = Float(greatest / 127)
    return scale.isNormal ? scale : 0
  }
}
