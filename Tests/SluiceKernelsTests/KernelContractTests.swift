import TestSupport
import Testing
import _SluiceContract

/// What `Kernel.swift` promises, asked of the kernels themselves.
@Suite struct KernelContractTests {
  static let sizes = [
    (1, 1), (3, 7), (2, 8), (9, 9), (5, 16), (16, 17), (7, 24), (33, 31), (1, 40), (17, 48),
    (8, 65), (64, 100), (5, 129),
  ]

  @Test(
    "reads and writes nothing beside its memory, in one order of sums", arguments: Build.runnable,
    GuardedBytes.Side.allCases)
  func memory(_ build: Build, _ side: GuardedBytes.Side) throws {
    for (inputSize, outputSize) in Self.sizes {
      for shape in Shape.all(inputSize, outputSize) {
        for steps in [1, 2, 5, 9, 33] {
          // A block of steps, its weights read from either end.
          let forwards = KernelRun(shape, steps: steps, seed: 81, forbidden: side)
          let backwards = KernelRun(shape, steps: steps, seed: 81, forbidden: side)
          let read = [forwards.weights, forwards.biases, forwards.input, forwards.hidden]
          let before = read.map(\.copy)
          let results = forwards.run(build, backwards: false)
          #expect(!results.contains { $0.isNaN }, "\(shape), \(steps) steps: reads what it writes")
          let same = firstDifference(results, backwards.run(build, backwards: true))
          #expect(same == nil, "\(shape), \(steps) steps: backwards differs at \(same ?? 0)")
          for (memory, copy) in zip(read, before) {
            #expect(firstDifference(memory.copy, copy) == nil, "\(shape) changed what it reads")
          }
        }
      }
    }
  }

  @Test("AVX-512 gives the bits of AVX2, the baseline nearly so")
  func builds() throws {
    var greatest: Float = 0
    // The baseline computes exactly whatever the grade.
    var greatestOfFast: Float = 0
    for (inputSize, outputSize) in Self.sizes {
      for shape in Shape.all(inputSize, outputSize) {
        for steps in [1, 9] {
          let results = Build.runnable.map { build in
            KernelRun(shape, steps: steps, seed: 82, forbidden: .after)
              .run(build, backwards: false)
          }
          for (build, result) in zip(Build.runnable, results).dropFirst(2) {
            let same = firstDifference(result, results[1])
            #expect(same == nil, "\(shape), \(steps) steps: \(build) differs at \(same ?? 0)")
          }
          for result in results.dropFirst() where shape.isBounded {
            let distance = zip(result, results[0]).reduce(0) { max($0, abs($1.0 - $1.1)) }
            if shape.isFast {
              greatestOfFast = max(greatestOfFast, distance)
            } else {
              greatest = max(greatest, distance)
            }
          }
        }
      }
    }
    print("baseline from AVX2: at most \(greatest), fast \(greatestOfFast)")
    #expect(greatest <= 2e-6)
    #expect(greatestOfFast <= 4e-5)
  }

  @Test("steps of a block are those taken one by one", arguments: Build.runnable)
  func steps(_ build: Build) {
    for (inputSize, outputSize) in Self.sizes {
      for shape in Shape.all(inputSize, outputSize) where shape.isRecurrent {
        let steps = 9
        let whole = KernelRun(shape, steps: steps, seed: 83, forbidden: .after)
        let single = KernelRun(shape, steps: 1, seed: 83, forbidden: .after)
        let rows = whole.input.copy
        var (h, c) = (whole.hidden.copy, whole.cell.copy)
        unsafe _ = single.weights.floats.update(fromContentsOf: whole.weights.floats)
        unsafe _ = single.biases.floats.update(fromContentsOf: whole.biases.floats)
        var expected: [Float] = []
        for step in 0..<steps {
          let x = rows[step * shape.inputSize..<(step + 1) * shape.inputSize]
          unsafe _ = single.input.floats.update(fromContentsOf: x)
          unsafe _ = single.hidden.floats.update(fromContentsOf: h)
          unsafe _ = single.cell.floats.update(fromContentsOf: c)
          expected += single.run(build, backwards: step % 2 == 1).prefix(outputSize)
          (h, c) = (single.output.copy, single.cell.copy)
        }
        if shape.isLSTM { expected += c.prefix(shape.hiddenSize) }
        let difference = firstDifference(whole.run(build, backwards: false), expected)
        #expect(difference == nil, "\(shape) at \(difference ?? 0)")
      }
    }
  }

  @Test("an LSTM of 4096 units", arguments: [5, 32])
  func greatest(_ inputSize: Int) {
    let pattern = PatternLSTM(inputSize: inputSize, hiddenSize: 4096)
    var random = SeededRandom(seed: 84)
    let input = random.floats(3 * inputSize)
    let exact = pattern.oracle(input).flatMap { $0 }
    let shape = Shape(
      kernel: sluice_kernel_lstm, activation: sluice_activation_tanh, inputSize: inputSize,
      outputSize: 4096)
    var fused: [Float]?
    for build in Build.runnable {
      let run = KernelRun(shape, steps: 3, weights: pattern, input: input)
      let results = run.run(build, backwards: false)
      let distance = maxDistance(results.prefix(3 * 4096), exact)
      print("LSTM \(inputSize)x4096 \(build): \(distance.short) from the oracle")
      #expect(distance <= 5e-6, "\(build)")
      if build != .baseline {
        #expect(fused == nil || firstDifference(results, fused!) == nil)
        fused = results
      }
    }
  }
}

extension KernelRun {
  /// An LSTM of the pattern's weights, its biases and state zero.
  fileprivate init(_ shape: Shape, steps: Int, weights pattern: PatternLSTM, input x: [Float]) {
    self.shape = shape
    self.steps = steps
    weights = GuardedBytes(count: 4 * pattern.weightCount)
    unsafe pattern.pack(into: weights.floats)
    biases = GuardedBytes(count: 4 * shape.biasCount)
    input = GuardedBytes(x)
    hidden = GuardedBytes(count: 4 * shape.stride)
    output = GuardedBytes(count: 4 * steps * shape.stride)
    cell = GuardedBytes(count: 4 * shape.stride)
    scratch = GuardedBytes(count: 8 * shape.stride)
    projected = GuardedBytes(count: 4 * steps * shape.gates * shape.stride)
  }
}
