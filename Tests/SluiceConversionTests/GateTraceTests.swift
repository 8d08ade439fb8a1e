import Foundation
import Sluice
import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// What is read from a running stream against a cell in float64, over 1,000 steps.
@Suite struct GateTraceTests {
  struct Form: Sendable, CustomStringConvertible {
    let description: String
    let cell: Network.Cell
    var isCoupled = false
    var hasPeepholes = false
    var hasProjection = false
    var isMasked = false
  }

  static let forms = [
    Form(description: "LSTM", cell: .lstm),
    Form(
      description: "LSTM, coupled, peepholes", cell: .lstm, isCoupled: true, hasPeepholes: true),
    Form(
      description: "LSTM, peepholes, projection", cell: .lstm, hasPeepholes: true,
      hasProjection: true),
    Form(description: "GRU, reset after", cell: .gru(.resetAfter)),
    Form(description: "GRU, reset before", cell: .gru(.resetBefore)),
    Form(description: "GRU, masked", cell: .gru(.resetAfter), isMasked: true),
    Form(description: "RNN", cell: .rnn(.tanh)),
  ]

  private static let (inputs, units, steps) = (9, 21, 1000)

  private func layer(
    _ form: Form, inputs: Int, _ random: inout SplitMix64
  ) -> Network.Recurrent {
    func floats(_ count: Int, _ bound: Float = 0.4) -> [Float] {
      (0..<count).map { _ in (Float(random.next() >> 40) * 0x1p-23 - 1) * bound }
    }
    let (units, rows) = (Self.units, form.cell.gateCount * Self.units)
    let written = form.hasProjection ? 13 : units
    var layer = Network.Recurrent(
      cell: form.cell, inputSize: inputs, hiddenSize: units, inputWeights: floats(rows * inputs),
      hiddenWeights: floats(rows * written), inputBias: floats(rows), hiddenBias: floats(rows),
      initialHidden: floats(written), initialCell: form.cell == .lstm ? floats(units) : [])
    layer.form.isCoupled = form.isCoupled
    layer.form.isMasked = form.isMasked
    if form.hasPeepholes { layer.form.peepholes = floats(3 * units) }
    if form.hasProjection { layer.form.projection = floats(written * units) }
    return layer
  }

  /// Two layers of a form, one behind the other.
  private func network(_ form: Form, seed: UInt64 = 7) -> Network {
    var random = SplitMix64(state: seed)
    let first = layer(form, inputs: Self.inputs, &random)
    // The last feature says whether a step is masked, which no h does.
    let second = form.isMasked ? [] : [layer(form, inputs: first.outputSize, &random)]
    let layers = ([first] + second).enumerated().map { index, layer in
      Network.Layer(name: "layer\(index)", operation: .recurrent(layer))
    }
    return Network(
      layers: layers,
      provenance: Provenance(source: "test", format: "test", hash: 0))
  }

  /// A trace of `contents` beside a stream of `running`.
  private func trace(
    _ contents: BlobContents, running: BlobContents, steps: Int = Self.steps
  ) throws -> GateTrace {
    let blob = try OpenBlob(running, file: "running")
    var trace = try GateTrace(contents, file: "test")
    let noise = try NetworkComparison.noise(
      size: Self.inputs, readsIDs: false, steps: steps, seed: 11)
    blob.stream.reset()
    for step in 0..<steps {
      var x = Array(noise.sequences[0].features(at: step))
      if step % 3 == 2 { x[x.count - 1] = 0 }
      var y = [Float](repeating: 0, count: blob.model.outputSize)
      trace.willStep(blob.stream)
      blob.stream.step(x, into: &y)
      trace.didStep(blob.stream, x: x, output: y)
    }
    return trace
  }

  @Test("a blob's layer is the network's that it was packed from", arguments: forms)
  func unpacked(_ form: Form) throws {
    let contents = try network(form).blobContents()
    for packed in contents.layers {
      let layer = try #require(packed.recurrent)
      let again = try Network(
        layers: [Network.Layer(name: packed.name, operation: .recurrent(layer))],
        provenance: Provenance(source: "test", format: "test", hash: 0)
      ).blobContents().layers[0]
      #expect(again.record.cellFlags == packed.record.cellFlags)
      #expect(again.record.variant == packed.record.variant)
      #expect(again.weights == packed.weights)
      #expect(again.biases == packed.biases)
      #expect(again.initialState == packed.initialState)
    }
  }

  @Test("h and C are the running stream's, within 2e-6 of float64 at every step", arguments: forms)
  func states(_ form: Form) throws {
    let contents = try network(form).blobContents()
    let trace = try trace(contents, running: contents)
    #expect(trace.steps == Self.steps)
    for layer in trace.layers {
      #expect(layer.hidden.maximalError <= 2e-6, "h of \(layer.name)")
      #expect(layer.cell.maximalError <= 2e-6, "C of \(layer.name)")
      #expect(layer.cell.isEmpty == (form.cell != .lstm))
    }
    // The last layer's h is what the model writes.
    let last = try #require(trace.layers.last)
    let hidden = try #require(last.signal("h"))
    for step in [0, 1, Self.steps - 1] {
      #expect(Array(trace.values(of: hidden, at: step)) == trace.outputs[step])
    }
  }

  @Test("the gates make the next state of the one before", arguments: forms)
  func gates(_ form: Form) throws {
    let contents = try network(form).blobContents()
    let trace = try trace(contents, running: contents, steps: 50)
    let layer = trace.layers[0]
    func values(_ name: String, _ step: Int) throws -> [Double] {
      let signal = try #require(layer.signal(name))
      return trace.values(of: signal, at: step).map(Double.init)
    }
    for step in 1..<50 {
      let isPassedOver = form.isMasked && step % 3 == 2
      switch form.cell {
      case .rnn: #expect(layer.signals.map(\.name) == ["h"])
      case .lstm:
        let (c, i, f, g, o) = try (
          values("C", step - 1), values("i", step), values("f", step), values("g", step),
          values("o", step)
        )
        let (next, h) = try (values("C", step), values("h", step))
        for unit in c.indices {
          #expect(abs(f[unit] * c[unit] + i[unit] * g[unit] - next[unit]) < 1e-6)
          if form.isCoupled { #expect(abs(f[unit] + i[unit] - 1) < 1e-6) }
          if !form.hasProjection { #expect(abs(o[unit] * tanh(next[unit]) - h[unit]) < 1e-6) }
        }
      case .gru:
        let (h, z, n) = try (values("h", step - 1), values("z", step), values("n", step))
        let next = try values("h", step)
        for unit in h.indices {
          guard !isPassedOver else {
            #expect(z[unit].isNaN && n[unit].isNaN && next[unit] == h[unit])
            continue
          }
          #expect(abs((1 - z[unit]) * n[unit] + z[unit] * h[unit] - next[unit]) < 1e-6)
        }
      }
    }
  }

  @Test("a stream of other weights is told apart", arguments: forms)
  func difference(_ form: Form) throws {
    let trace = try trace(
      network(form).blobContents(), running: network(form, seed: 8).blobContents(), steps: 20)
    #expect(trace.layers[0].hidden.maximalError > 1e-2)
  }

  @Test("int8 weights: of the blob, so that only x and h are rounded") func quantised() throws {
    let whole = try network(Self.forms[0]).blobContents()
    let rounded = whole.stored(as: .int8)
    let own = try trace(rounded, running: rounded).layers[0]
    #expect(own.hidden.maximalError > 1e-5 && own.hidden.maximalError < 0.02)
    let half = whole.stored(as: .f16)
    #expect(try trace(half, running: half).layers[0].hidden.maximalError <= 2e-6)
  }

  @Test("shares of the last state sum to all of it", arguments: forms)
  func shares(_ form: Form) throws {
    let contents = try network(form).blobContents()
    let trace = try trace(contents, running: contents, steps: 30)
    let layer = trace.layers[0]
    guard let shares = trace.shares(of: layer) else {
      #expect(layer.keeping == nil)
      return
    }
    #expect(shares.count == 30 && shares.allSatisfy { $0 >= 0 })
    // What was there before the first step is all but gone.
    #expect(abs(shares.reduce(0, +) - 1) < 0.05)
    #expect(shares[29] > shares[0] || form.isMasked)
  }

  @Test("a layer that reads backwards, and a model without a state, are refused") func refused()
    throws
  {
    var backwards = network(Self.forms[0])
    guard case .recurrent(var layer) = backwards.layers[0].operation else { return }
    layer.form.isReverse = true
    backwards.layers[0].operation = .recurrent(layer)
    let contents = try backwards.blobContents()
    #expect {
      try GateTrace(contents, file: "b")
    } throws: {
      "\($0)".contains("layer layer0") && "\($0)".contains("expected a model whose layers")
    }
    let stateless = try Network(
      layers: [Network.Layer(name: "a", operation: .activation(.tanh, size: 3))],
      provenance: Provenance(source: "test", format: "test", hash: 0)
    ).blobContents()
    #expect {
      try GateTrace(stateless, file: "b")
    } throws: { "\($0)".contains("no recurrent layer carries") }
  }
}
