import SluiceBlob
import SluiceImport
import SluiceNetwork

/// The greatest magnitudes that the layers of a network read, computed in Double over sequences.
package struct Calibration: Sendable, Hashable {
  /// |x| of each layer.
  package private(set) var inputs: [Double]
  /// |h| of each recurrent layer, its initial state among them; what others write.
  package private(set) var hidden: [Double]

  /// Runs `network` over `input`.
  package init(
    _ network: Network, over input: SequenceArray,
    progress: (_ step: Int, _ of: Int) -> Void = { _, _ in }
  ) {
    inputs = network.layers.map { _ in 0 }
    hidden = network.layers.map { layer in
      guard case .recurrent(let cell) = layer.operation else { return 0 }
      return cell.initialHidden.reduce(0) { max($0, Double($1.magnitude)) }
    }
    var (inputs, hidden) = (inputs, hidden)
    network.compute(over: input) { sequence, step, outputs in
      for layer in outputs.indices {
        let source = network.inputs(of: layer)[0]
        inputs[layer] = max(
          inputs[layer],
          source < 0
            ? Self.greatest(input.sequences[sequence].features(at: step))
            : Self.greatest(outputs[source]))
        hidden[layer] = max(hidden[layer], Self.greatest(outputs[layer]))
      }
      progress(sequence * input.steps + step + 1, input.sequences.count * input.steps)
    }
    (self.inputs, self.hidden) = (inputs, hidden)
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
  /// The layer `index` with the scale of its inputs stored, and that of hidden states that may
  /// leave [-1, 1]; as it is, where its inputs are not quantised or were nothing but zeros.
  func calibrated(by calibration: Calibration, at index: Int) -> BlobContents.Layer {
    guard record.readsQuantised else { return self }
    var layer = self
    layer.record.inputScale = Self.scale(calibration.inputs[index])
    if record.kind.isRecurrent, record.hiddenScale == 0 {
      layer.record.hiddenScale = Self.scale(calibration.hidden[index])
    }
    return layer
  }

  /// The step with which `greatest` becomes 127; 0 where that is no normal number.
  private static func scale(_ greatest: Double) -> Float {
    let scale = Float(greatest / 127)
    return scale.isNormal ? scale : 0
  }
}
