import Foundation
import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// The numbers were computed with PyTorch, but for the few that can be seen.
@Suite("The reference of every operation")
struct NetworkGraphTests {
  private static let provenance = Provenance(source: "test", format: "test", hash: 0)

  private func network(_ layers: [Network.Layer]) -> Network {
    Network(layers: layers, provenance: Self.provenance)
  }

  private func network(_ operation: Network.Operation) -> Network {
    network([Network.Layer(name: "it", operation: operation)])
  }

  /// The numbers 7 i mod 11 - 5, in eighths.
  private func pattern(_ count: Int) -> [Float] {
    (0..<count).map { Float($0 * 7 % 11 - 5) / 8 }
  }

  private func expect(
    _ operation: Network.Operation, of input: [Float], _ expected: [Double], steps: Int = 1,
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    let network = network(operation)
    try network.checkGraph()
    var reference = ReferenceNetwork<Double>(network)
    for _ in 0..<2 {
      var outputs: [Double] = []
      let size = input.count / steps
      #expect(network.inputSize == size, sourceLocation: location)
      for step in 0..<steps {
        outputs += reference.step(input[step * size..<(step + 1) * size].map { Double($0) })
      }
      #expect(outputs.count == expected.count, sourceLocation: location)
      #expect(network.outputSize * steps == expected.count, sourceLocation: location)
      for (value, wanted) in zip(outputs, expected) {
        #expect(abs(value - wanted) < 1e-6, sourceLocation: location)
      }
      reference.reset()
    }
  }

  @Test("A convolution within a step: groups, stride, dilation and uneven zeros")
  func framedConvolution() throws {
    let layer = Network.Convolution(
      length: 7, inputChannels: 4, outputChannels: 4, kernelSize: 3, stride: 2, dilation: 2,
      groups: 2, padding: .zeros(before: 2, after: 1), weights: pattern(24), bias: pattern(4))
    try expect(
      .convolution(layer), of: pattern(28),
      [
        -0.765625, 0.234375, -0.8125, 0.15625, -0.25, -0.140625, -0.21875, 0.875, -0.28125,
        -0.1875, -0.28125, 0.96875,
      ])
  }

  @Test("A causal convolution keeps its past from step to step")
  func causalConvolution() throws {
    let layer = Network.Convolution(
      inputChannels: 2, outputChannels: 3, kernelSize: 3, dilation: 2, weights: pattern(18),
      bias: pattern(3))
    try expect(
      .convolution(layer), of: pattern(12),
      [
        -0.5625, 0.40625, -0.515625, -0.796875, -0.015625, -0.09375, -0.640625, 0.390625,
        -0.296875, -0.734375, -0.078125, -0.109375, -0.109375, 0.09375, -0.390625, 0.3125, 0.8125,
        -0.75,
      ], steps: 6)
  }

  @Test("A causal convolution of stride 2 reads two samples a step")
  func stridedConvolution() throws {
    let layer = Network.Convolution(
      length: 2, inputChannels: 2, outputChannels: 3, kernelSize: 3, stride: 2,
      weights: pattern(18), bias: pattern(3))
    try expect(
      .convolution(layer), of: pattern(12),
      [
        -0.5625, 0.40625, -0.515625, 0.046875, 0.125, -0.65625, -0.828125, 0.1875, -0.515625,
      ], steps: 3)
  }

  @Test("Norms, slopes and mirrors")
  func maps() throws {
    try expect(
      .layerNorm(
        .init(length: 2, epsilon: 1e-3, scale: pattern(3), shift: pattern(3).map { $0 + 1 })),
      of: pattern(6), [1.0987365, 1.5684440, 0.7789494, -0.3881794, 1.25, 1.0552717])
    try expect(
      .scale(
        .init(
          length: 2, mean: pattern(3), variance: pattern(3).map { abs($0) + 1 }, epsilon: 1e-3,
          weight: pattern(3).map { $0 + 2 }, bias: pattern(3).map { $0 - 1 })),
      of: pattern(6), [-1.625, -0.75, -1.25, -0.2771162, -1.0014571, -1.4455778])
    try expect(
      .prelu(.init(length: 2, slopes: pattern(3))), of: pattern(6),
      [0.390625, 0.25, 0.0625, 0.625, 0.125, 0.09375])
    try expect(
      .reflectPad(.init(length: 2, channels: 3, before: 1, after: 1)), of: pattern(6),
      [0.625, 0.125, -0.375, -0.625, 0.25, -0.25, 0.625, 0.125, -0.375, -0.625, 0.25, -0.25])
    try expect(
      .slice(.init(length: 2, channels: 3, start: 1, count: 2)), of: [1, 2, 3, 4, 5, 6],
      [2, 3, 5, 6])
    try expect(
      .magnitude(length: 2, channels: 2), of: [3, 5, 4, -12, 8, 0, 6, -1], [5, 13, 10, 1])
    try expect(
      .maxPool(.init(length: 5, channels: 2, kernelSize: 3, stride: 2, before: 1, after: 1)),
      of: [1, -1, 4, -2, 2, -3, 0, -4, 3, -5], [4, -1, 4, -2, 3, -4])
    try expect(
      .maxPool(.init(length: 3, channels: 1, kernelSize: 3, stride: 1)), of: [-3, -1, -2], [-1])
    try expect(.argMax(length: 2, channels: 3), of: [1, 7, 7, -1, -2, -3], [1, 0])
  }

  @Test("Pointwise functions with their parameters")
  func functions() throws {
    let x: [Float] = [-2, -0.5, 0, 0.25, 3]
    let cases: [(Network.Function, [Double])] = [
      (.elu(alpha: 0.5), [-0.43233236, -0.19673467, 0, 0.25, 3]),
      (.softplus, [0.126928, 0.47407699, 0.69314718, 0.82593942, 3.04858735]),
      (.softsign, [-0.66666667, -0.33333333, 0, 0.2, 0.75]),
      (.leakyReLU(alpha: 0.1), [-0.2, -0.05, 0, 0.25, 3]),
      (.hardSigmoid(alpha: 1 / 6, beta: 0.5), [1.0 / 6, 0.41666667, 0.5, 0.54166667, 1]),
      (.affine(alpha: 2, beta: -1), [-5, -2, -1, -0.5, 5]),
      (.thresholdedReLU(alpha: 0.25), [0, 0, 0, 0, 3]),
      (.scaledTanh(alpha: 2, beta: 0.5), x.map { 2 * tanh(Double($0) / 2) }),
      (.relu, [0, 0, 0, 0.25, 3]),
      (.exponential, x.map { exp(Double($0)) }),
    ]
    for (function, expected) in cases {
      try expect(.activation(function, size: 5), of: x, expected)
    }
  }

  @Test("Layers read what their indices name")
  func branches() throws {
    let network = network([
      .init(name: "double", operation: .scale(.init(scale: [2, 2], shift: [0, 0]))),
      .init(name: "sum", operation: .add(size: 2, count: 2), inputs: [0, -1]),
      .init(
        name: "all", operation: .concatenate(length: 2, channels: [1, 1, 1]), inputs: [1, -1, 0]),
    ])
    try network.checkGraph()
    #expect(!network.isChain && network.inputSize == 2 && network.outputSize == 6)
    var reference = ReferenceNetwork<Float>(network)
    #expect(reference.step([1, 10]) == [3, 1, 2, 30, 10, 20])
  }

  @Test("A graph that cannot be run in order is refused")
  func broken() {
    let relu = Network.Operation.activation(.relu, size: 2)
    let graphs: [([Network.Layer], String)] = [
      ([.init(name: "a", operation: relu, inputs: [0])], "does not come before"),
      ([.init(name: "a", operation: relu, inputs: [-2])], "does not come before"),
      (
        [
          .init(name: "a", operation: relu), .init(name: "b", operation: relu, inputs: [-1]),
        ], "no layer reads it"
      ),
      (
        [
          .init(name: "a", operation: relu),
          .init(name: "b", operation: .activation(.relu, size: 3)),
        ],
        "reads [2] features; expected [3]"
      ),
      ([.init(name: "a", operation: .add(size: 2, count: 2))], "reads [2] features"),
    ]
    for (layers, message) in graphs {
      do throws(ConversionError) {
        try network(layers).checkGraph()
        Issue.record("accepted: \(message)")
      } catch {
        #expect(error.description.contains(message))
      }
    }
  }
}
