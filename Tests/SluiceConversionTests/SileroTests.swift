import Foundation
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// A model with the shapes of Silero VAD, but a window of 8 samples, against a computation of its own.
@Suite("Silero VAD as safetensors") struct SileroTests {
  private static let window = 8
  private static let frame = window * 9 / 4
  private static let units = 3

  private typealias Weights = [String: (shape: [Int], values: [Float])]

  private static let weights: Weights = {
    var random = SplitMix64(state: 31)
    let shapes: [(String, [Int])] = [
      ("stft_conv.weight", [10, 1, 8]), ("conv1.weight", [3, 5, 3]), ("conv1.bias", [3]),
      ("conv2.weight", [4, 3, 3]), ("conv2.bias", [4]), ("conv3.weight", [4, 4, 3]),
      ("conv3.bias", [4]), ("conv4.weight", [6, 4, 3]), ("conv4.bias", [6]),
      ("lstm_cell.weight_ih", [12, 6]), ("lstm_cell.weight_hh", [12, 3]),
      ("lstm_cell.bias_ih", [12]), ("lstm_cell.bias_hh", [12]), ("final_conv.weight", [1, 3, 1]),
      ("final_conv.bias", [1]),
    ]
    var weights: Weights = [:]
    for (name, shape) in shapes {
      let count = shape.reduce(1, *)
      weights[name] = (shape, (0..<count).map { _ in Float(random.next() >> 40) * 0x1p-23 - 1 })
    }
    return weights
  }()

  private static func convert(_ weights: Weights) throws -> ConvertedModel {
    var builder = SafetensorsBuilder()
    builder.tensors = weights.map { ($0.key, $0.value.shape, $0.value.values) }
    return try Converter.convert(builder.source)
  }

  @Test("What the runtime gives is the model's definition, computed in Double")
  func definition() throws {
    let model = try Self.convert(Self.weights)
    #expect(model.inferred?.contains("Silero") == true)
    #expect(model.network.inputSize == Self.frame && model.network.outputSize == 1)
    let steps = 20
    let input = try NetworkComparison.noise(
      size: Self.frame, readsIDs: false, steps: steps, seed: 4)
    let x = (0..<steps).flatMap { input.sequences[0].features(at: $0) }
    let blob = try OpenBlob(model.network.blobContents(), file: "silero")
    let found = try ArrayRun.run(
      blob.model, Tensor(shape: [steps, Self.frame], x), file: "x.npy"
    ).floats
    var oracle = Oracle()
    for step in 0..<steps {
      let row = x[step * Self.frame..<(step + 1) * Self.frame].map(Double.init)
      let expected = oracle.step(row)
      #expect((Double(found[step]) - expected).magnitude < 1e-6, "step \(step)")
    }
    #expect(Set(found).count == steps, "what is compared changes from step to step")
  }

  @Test(
    "Another shape is refused by the tensor's name",
    arguments: [
      ("stft_conv.weight", [8, 1, 10], "expected [window + 2, 1, window]"),
      ("conv2.weight", [4, 4, 3], "3 channels come in"),
      ("conv3.bias", [3], "rows of conv3.weight"),
      ("lstm_cell.weight_ih", [12, 7], "6 features come in"),
      ("final_conv.weight", [1, 4, 1], "the LSTM has 3 units"),
      ("conv1.weight", [3, 5], "conv1.weight"),
    ])
  func shapes(_ name: String, _ shape: [Int], _ text: String) {
    var weights = Self.weights
    weights[name] = (shape, ramp(shape.reduce(1, *)))
    #expect(refuses(.malformed, name, text) { _ = try Self.convert(weights) })
  }

  /// The model's definition, one step after the other.
  private struct Oracle {
    private var hidden = [Double](repeating: 0, count: units)
    private var cell = [Double](repeating: 0, count: units)

    private func tensor(_ name: String) -> [Double] {
      weights[name]!.values.map(Double.init)
    }

    /// `[channel][column]` through a convolution, zeros around it.
    private func convolved(
      _ x: [[Double]], _ name: String, stride: Int, padding: Int
    ) -> [[Double]] {
      let (shape, taps) = (weights[name + ".weight"]!.shape, tensor(name + ".weight"))
      let bias = weights[name + ".bias"].map { $0.values.map(Double.init) }
      let columns = (x[0].count + 2 * padding - shape[2]) / stride + 1
      return (0..<shape[0]).map { output in
        (0..<columns).map { column in
          var sum = bias?[output] ?? 0
          for input in 0..<shape[1] {
            for tap in 0..<shape[2] {
              let at = column * stride + tap - padding
              guard x[input].indices.contains(at) else { continue }
              sum += taps[(output * shape[1] + input) * shape[2] + tap] * x[input][at]
            }
          }
          return sum
        }
      }
    }

    mutating func step(_ x: [Double]) -> Double {
      // The last sample itself is not repeated.
      let padded = x + (0..<window / 4).map { x[x.count - 2 - $0] }
      let spectrum = convolved([padded], "stft_conv", stride: window / 2, padding: 0)
      var y = (0..<spectrum.count / 2).map { bin in
        zip(spectrum[bin], spectrum[bin + spectrum.count / 2]).map { re, im in
          (re * re + im * im).squareRoot()
        }
      }
      for (index, stride) in [1, 2, 2, 1].enumerated() {
        y = convolved(y, "conv\(index + 1)", stride: stride, padding: 1)
          .map { $0.map { max($0, 0) } }
      }
      let features = y.flatMap(\.self)
      let (w, u) = (tensor("lstm_cell.weight_ih"), tensor("lstm_cell.weight_hh"))
      let (bw, bu) = (tensor("lstm_cell.bias_ih"), tensor("lstm_cell.bias_hh"))
      let gates = bw.indices.map { row in
        bw[row] + bu[row]
          + features.indices.reduce(0) { $0 + w[row * features.count + $1] * features[$1] }
          + hidden.indices.reduce(0) { $0 + u[row * units + $1] * hidden[$1] }
      }
      func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
      for unit in 0..<units {
        let (i, f) = (sigmoid(gates[unit]), sigmoid(gates[units + unit]))
        let (g, o) = (tanh(gates[2 * units + unit]), sigmoid(gates[3 * units + unit]))
        cell[unit] = f * cell[unit] + i * g
        hidden[unit] = o * tanh(cell[unit])
      }
      let out = tensor("final_conv.weight")
      return sigmoid(
        tensor("final_conv.bias")[0] + zip(out, hidden).reduce(0) { $0 + $1.0 * max($1.1, 0) })
    }
  }
}
