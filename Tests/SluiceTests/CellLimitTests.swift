import Sluice
import SluiceBlob
import TestSupport
import Testing

@Suite("Limits of C and of a projection") struct CellLimitTests {
  /// A cell of `size` units whose gates are open, so that C counts steps: h(t) = C(t), or twice
  /// that behind a projection. The peephole of o, of the limited C, weighs nothing or shuts the gate.
  static func counter(
    size: Int, cellClip: Float, projectionClip: Float? = nil, peephole: Float? = nil
  ) -> BlobContents {
    var record = LayerRecord.lstm(inputSize: 1, hiddenSize: size)
    record.outputActivation = .identity
    record.cellClip = cellClip
    if peephole != nil { record.cellFlags.insert(.peepholes) }
    if let projectionClip {
      record.cellFlags.insert(.projection)
      record.projectionClip = projectionClip
    }
    let zeros = [Float](repeating: 0, count: 4 * size)
    var projection = [Float](repeating: 0, count: size * size)
    for unit in 0..<size { projection[unit * size + unit] = 2 }
    let matrices = Packing.Matrices(
      input: zeros, hidden: [Float](repeating: 0, count: 4 * size * size),
      projection: projectionClip == nil ? [] : projection)
    // sigmoid(30) and tanh(30) are 1, tanh(-30) is -1: odd units count downwards.
    var biases = [Float](repeating: 30, count: 4 * size)
    for unit in stride(from: 1, to: size, by: 2) { biases[2 * size + unit] = -30 }
    if let peephole {
      biases += [Float](repeating: 0, count: 2 * size)
      biases += [Float](repeating: peephole, count: size)
    }
    return BlobContents(layers: [
      BlobContents.Layer(
        record: record, name: "counter", weights: Packing.pack(matrices, as: record).weights,
        biases: Packing.packRows(biases, rowCount: biases.count / size, outputSize: size))
    ])
  }

  /// The outputs of `steps` steps: one by one, in a block, and as one of three streams.
  static func outputs(
    _ contents: BlobContents, steps: Int, _ set: InstructionSet
  ) throws -> [[Float]] {
    let bytes = AlignedBytes(try contents.bytes())
    let model = unsafe try Model(bytes: bytes.raw, options: .init(instructionSet: set))
    let size = contents.layers[0].record.outputSize
    let x = [Float](repeating: 0.5, count: steps)
    var stream = try ModelStream(model)
    var single: [Float] = []
    var y = [Float](repeating: 0, count: size)
    for _ in 0..<steps {
      stream.step([0.5], into: &y)
      single += y
    }
    var block = [Float](repeating: 0, count: steps * size)
    stream.reset()
    stream.process(x, into: &block)
    var batch = try StreamBatch(model, count: 3)
    var many: [Float] = []
    var rows = [Float](repeating: 0, count: 3 * size)
    let inputs: [Float] = [0.5, 0.25, 0.125]
    for _ in 0..<steps {
      var outputs = rows.mutableSpan
      batch.step(inputs.span, into: &outputs)
      many += rows.suffix(size)
    }
    return [single, block, many]
  }

  /// Six steps' outputs, `limited` of the step's number, negative of odd units.
  static func counts(_ size: Int, _ limited: (Float) -> Float) -> [Float] {
    var counts: [Float] = []
    for step in 1...6 {
      for unit in 0..<size { counts.append((unit % 2 == 0 ? 1 : -1) * limited(Float(step))) }
    }
    return counts
  }

  @Test("C stops at its limit, and so does what reads it", arguments: InstructionSet.runnable)
  func cell(_ set: InstructionSet) throws {
    for size in [1, 7, 8, 17, 24, 33] {
      let expected = Self.counts(size) { min($0, 3.5) }
      for outputs in try Self.outputs(Self.counter(size: size, cellClip: 3.5), steps: 6, set) {
        #expect(outputs == expected, "\(size) units")
      }
    }
  }

  @Test("a projection stops at its own", arguments: InstructionSet.runnable)
  func projection(_ set: InstructionSet) throws {
    for size in [1, 8, 17, 24] {
      for (cellClip, projectionClip) in [(3.5, 5), (0, 5), (1.5, 0)] as [(Float, Float)] {
        let limits = [cellClip, projectionClip].map { $0 > 0 ? $0 : .infinity }
        let expected = Self.counts(size) { min(2 * min($0, limits[0]), limits[1]) }
        let contents = Self.counter(
          size: size, cellClip: cellClip, projectionClip: projectionClip)
        for outputs in try Self.outputs(contents, steps: 6, set) {
          #expect(outputs == expected, "\(size) units, \(cellClip), \(projectionClip)")
        }
      }
    }
  }

  @Test("the peephole of o sees the limited C", arguments: InstructionSet.runnable)
  func peephole(_ set: InstructionSet) throws {
    // o = sigmoid(30 - 60 C): shut from C = 1 on, but half open where C is limited to 1/2.
    let contents = Self.counter(size: 9, cellClip: 0.5, peephole: -60)
    for outputs in try Self.outputs(contents, steps: 3, set) {
      #expect(outputs.enumerated().allSatisfy { $0 % 9 % 2 == 1 || $1 == 0.25 })
    }
  }
}
