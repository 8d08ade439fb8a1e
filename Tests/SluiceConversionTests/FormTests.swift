import Sluice
import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork
import TestSupport
import Testing

/// Every recurrent form, by the kernels and by the reference in Double.
@Suite("Recurrent forms") struct FormTests {
  /// A form's name and how it differs from the plain one.
  struct Form: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let cell: Network.Cell
    var outputs: Int?
    let change: @Sendable (inout Network.CellForm) -> Void
  }

  private static let functions: [Network.Function] = [
    .relu, .tanh, .sigmoid, .identity, .affine(alpha: 0.4, beta: 0.3), .leakyReLU(alpha: 0.1),
    .thresholdedReLU(alpha: 0.2), .scaledTanh(alpha: 0.7, beta: 1.3),
    .hardSigmoid(alpha: 0.3, beta: 0.4), .elu(alpha: 0.8), .softsign, .softplus,
  ]

  static let forms: [Form] = {
    var forms = [
      Form(testDescription: "peepholes", cell: .lstm) { $0.peepholes = [1] },
      Form(testDescription: "coupled", cell: .lstm) { $0.isCoupled = true },
      Form(testDescription: "coupled, peepholes, clip", cell: .lstm) {
        $0.isCoupled = true
        $0.peepholes = [1]
        $0.clip = 0.3
      },
      Form(testDescription: "projection", cell: .lstm, outputs: 5) { _ in },
      Form(testDescription: "cell clip", cell: .lstm) { $0.cellClip = 0.05 },
      Form(testDescription: "every clip, peepholes, projection", cell: .lstm, outputs: 5) {
        $0.peepholes = [1]
        $0.clip = 0.5
        $0.cellClip = 0.125
        $0.projectionClip = 0.03
      },
      Form(testDescription: "wide projection, peepholes", cell: .lstm, outputs: 21) {
        $0.peepholes = [1]
      },
      Form(testDescription: "reverse projection", cell: .lstm, outputs: 3) { $0.isReverse = true },
    ]
    for cell in [Network.Cell.lstm, .gru(.resetAfter), .gru(.resetBefore), .rnn(.tanh)] {
      forms.append(Form(testDescription: "\(cell) clip", cell: cell) { $0.clip = 0.25 })
      forms.append(Form(testDescription: "\(cell) reverse", cell: cell) { $0.isReverse = true })
    }
    for (index, function) in functions.enumerated() {
      forms.append(
        Form(testDescription: "RNN \(function)", cell: .rnn(function)) {
          if index % 2 == 0 { $0.clip = 0.75 }
        })
      let cells = [Network.Cell.lstm, .gru(.resetAfter), .gru(.resetBefore)]
      forms.append(
        Form(testDescription: "gates \(function)", cell: cells[index % 3]) {
          // Gates that no bound holds let the state grow.
          $0.clip = 1
          $0.gateActivation = function
        })
      forms.append(
        Form(testDescription: "candidate \(function)", cell: cells[(index + 1) % 3]) {
          $0.candidateActivation = function
        })
      forms.append(
        Form(testDescription: "output \(function)", cell: .lstm) {
          $0.outputActivation = function
        })
    }
    return forms
  }()

  /// A layer of the form, its weights drawn as PyTorch draws them.
  private func layer(
    _ form: Form, _ inputSize: Int, _ hiddenSize: Int, seed: UInt64
  ) -> Network.Recurrent {
    var random = SeededRandom(seed: seed)
    let bound = Float(1 / Double(hiddenSize).squareRoot())
    let rows = form.cell.gateCount * hiddenSize
    let outputs = form.outputs ?? hiddenSize
    var result = Network.Recurrent(
      cell: form.cell, inputSize: inputSize, hiddenSize: hiddenSize,
      inputWeights: random.floats(rows * inputSize, bound: bound),
      hiddenWeights: random.floats(rows * outputs, bound: bound),
      inputBias: random.floats(rows, bound: 0.5), hiddenBias: random.floats(rows, bound: 0.5),
      initialHidden: random.floats(outputs))
    if form.cell == .lstm { result.initialCell = random.floats(hiddenSize) }
    form.change(&result.form)
    if result.form.peepholes != nil { result.form.peepholes = random.floats(3 * hiddenSize) }
    if form.outputs != nil {
      result.form.projection = random.floats(outputs * hiddenSize, bound: bound)
    }
    return result
  }

  private func network(_ layer: Network.Recurrent) -> Network {
    Network(
      layers: [Network.Layer(name: "it", operation: .recurrent(layer))],
      provenance: Provenance(source: "test", format: "test", hash: 0))
  }

  @Test(
    "kernels give what the reference gives, and the same bits however they are asked",
    arguments: forms)
  func kernels(_ form: Form) throws {
    let steps = 17
    for (index, hiddenSize) in [1, 7, 8, 9, 16, 24, 33].enumerated() {
      let inputSize = [3, 1, 9, 5][index % 4]
      let network = network(layer(form, inputSize, hiddenSize, seed: UInt64(900 + index)))
      var random = SeededRandom(seed: UInt64(40 + index))
      let x = random.floats(steps * inputSize)
      var reference = ReferenceNetwork<Double>(network)
      let rows = (0..<steps).map { step in
        x[step * inputSize..<(step + 1) * inputSize].map { Double($0) }
      }
      let expected = reference.process(rows)[0].flatMap { $0 }
      // Gates that no function bounds let the state grow, and its error with it.
      let greatest = (expected + reference.cell[0]).reduce(1) { max($0, $1.magnitude) }
      let bound = 1e-5 * greatest
      var fused: [Float]?
      for set in InstructionSet.runnable {
        let blob = try OpenBlob(
          try network.blobContents(), file: "test", instructionSet: set)
        let outputs = blob.stream.run(
          .features(x, size: inputSize), of: blob.model, steps: steps)
        let distance = maxDistance(outputs, expected)
        #expect(distance <= bound, "\(form), \(hiddenSize) units, \(set): \(distance)")
        var h: [Float] = []
        blob.stream.copyHidden(ofLayer: 0, into: &h)
        #expect(maxDistance(h, reference.hidden[0]) <= bound, "h of \(form) \(hiddenSize)")
        if form.cell == .lstm {
          var c: [Float] = []
          blob.stream.copyCell(ofLayer: 0, into: &c)
          #expect(maxDistance(c, reference.cell[0]) <= bound, "C of \(form) \(hiddenSize)")
        }
        if set != .baseline {
          #expect(fused == nil || firstDifference(outputs, fused!) == nil, "\(set)")
          fused = outputs
        }
        guard blob.model.isStreamable else { continue }
        blob.stream.reset()
        let single = (0..<steps).flatMap { blob.step(.features(x, size: inputSize), $0) }
        #expect(firstDifference(single, outputs) == nil, "steps of \(form) \(hiddenSize) \(set)")
        try batch(blob, x, inputSize, outputs, steps, "\(form) \(hiddenSize) \(set)")
      }
    }
  }

  /// Three streams of which one sits out every other step, and the first runs the sequence.
  private func batch(
    _ blob: OpenBlob, _ x: [Float], _ inputSize: Int, _ expected: [Float], _ steps: Int,
    _ what: String
  ) throws {
    var batch = try StreamBatch(blob.model, count: 3)
    let size = blob.model.outputSize
    var outputs = [Float](repeating: 0, count: 3 * size)
    for step in 0..<steps {
      let row = Array(x[step * inputSize..<(step + 1) * inputSize])
      let active = [true, step % 2 == 0, true]
      var y = outputs.mutableSpan
      batch.step((row + row + row).span, into: &y, active: active.span)
      let wanted = expected[step * size..<(step + 1) * size]
      #expect(firstDifference(Array(outputs[..<size]), Array(wanted)) == nil, "batch of \(what)")
      #expect(firstDifference(Array(outputs[(2 * size)...]), Array(wanted)) == nil)
    }
  }

  @Test("a model that reads backwards takes sequences of a block, and no batch")
  func sequences() throws {
    let form = Form(testDescription: "reverse", cell: .lstm) { $0.isReverse = true }
    let blob = try OpenBlob(
      try network(layer(form, 3, 4, seed: 1)).blobContents(), file: "test")
    let isStreamable = blob.model.isStreamable
    #expect(!isStreamable)
    let blockSize = blob.stream.blockSize
    #expect(blockSize == 32)
    var random = SeededRandom(seed: 2)
    var output = [Float](repeating: 7, count: 33 * 4)
    let before = output
    let ran = blob.stream.process(random.floats(33 * 3), into: &output)
    #expect(!ran)
    #expect(output == before)
    output.removeLast(4)
    let runs = blob.stream.process(random.floats(32 * 3), into: &output)
    #expect(runs)
    #expect(output != Array(before.dropLast(4)))
    #expect(throws: ModelError.notStreamable) { _ = try StreamBatch(blob.model, count: 2) }
  }
}
