import SluiceBlob
import TestSupport
import Testing

@Suite("Figures of a blob") struct FigureTests {
  func hash(_ contents: BlobContents) throws -> UInt64 {
    let file = AlignedBytes(try contents.bytes())
    return try file.view().topologyHash
  }

  @Test("the topology hash, word by word")
  func definition() throws {
    let file = AlignedBytes(try SampleBlobs.bytes(.dense))
    // Kind 5; output activation 4, softmax; 3 inputs, 2 outputs.
    var expected: UInt64 = 0
    for (offset, word) in [(0, 5), (28, 4), (40, 3), (56, 2)] as [(UInt32, UInt32)] {
      let bytes = [offset, word].flatMap { word in (0..<4).map { UInt8(word >> (8 * $0) & 0xFF) } }
      expected = unsafe bytes.withUnsafeBytes { unsafe XXH64.hash($0, seed: expected) }
    }
    #expect(try file.view().topologyHash == expected)
  }

  @Test("numbers, types and names are not of the topology")
  func unchanged() throws {
    for sample in SampleBlobs.Sample.allCases {
      let contents = SampleBlobs.contents(sample)
      let expected = try hash(contents)
      #expect(try hash(SampleBlobs.contents(sample, seed: 2)) == expected)
      // Its weights are rounded already.
      for type in StorageType.allCases where sample != .sparse {
        #expect(try hash(contents.stored(as: type)) == expected)
      }
      var renamed = contents
      for index in renamed.layers.indices {
        renamed.layers[index].name += "x"
        renamed.layers[index].initialState = []
        if renamed.layers[index].record.hasFastGrade { renamed.layers[index].record.grade = .fast }
      }
      renamed.metadata = #"{"a": 1}"#
      #expect(try hash(renamed) == expected)
    }
  }

  @Test("what is computed is of the topology")
  func changed() throws {
    var seen: Set<UInt64> = []
    func insert(_ records: [LayerRecord], _ output: OutputMode = .sequence) throws {
      var random = SeededRandom(seed: 4)
      var contents = SampleBlobs.contents(of: records, &random)
      contents.output = output
      #expect(try seen.insert(hash(contents)).inserted, "\(records.map(\.kind))")
    }
    func lstm(_ change: (inout LayerRecord) -> Void) -> LayerRecord {
      var record = LayerRecord.lstm(inputSize: 2, hiddenSize: 3)
      change(&record)
      return record
    }
    try insert([lstm { _ in }])
    try insert([lstm { _ in }], .last)
    try insert([lstm { $0.inputSize = 3 }])
    try insert([.lstm(inputSize: 2, hiddenSize: 4)])
    try insert([lstm { $0.clip = 1 }])
    try insert([lstm { $0.clip = 2 }])
    try insert([lstm { $0.cellClip = 1 }])
    try insert([lstm { $0.cellFlags = .peepholes }])
    try insert([lstm { $0.cellFlags = .coupled }])
    try insert([lstm { $0.direction = .reverse }])
    try insert([lstm { $0.gateActivation = .hardSigmoid(alpha: 0.2, beta: 0.5) }])
    try insert([lstm { $0.gateActivation = .hardSigmoid(alpha: 0.25, beta: 0.5) }])
    try insert([lstm { $0.outputActivation = .identity }])
    try insert([.gru(inputSize: 2, hiddenSize: 3, variant: .resetAfter)])
    try insert([.gru(inputSize: 2, hiddenSize: 3, variant: .resetBefore)])
    try insert([.rnn(inputSize: 2, hiddenSize: 3)])
    try insert([.rnn(inputSize: 2, hiddenSize: 3, activation: .relu)])
    let dense = LayerRecord.dense(inputSize: 3, outputSize: 3)
    try insert([dense, dense, dense])
    var sum = LayerRecord.add(size: 3)
    for inputs in [[1, -1], [1, 0], [-1, 1]] {
      sum.inputs = LayerInputs(inputs)
      try insert([dense, dense, sum])
    }
  }

  @Test("a step's operations and the bytes of a stream")
  func costs() throws {
    func figures(_ records: [LayerRecord]) throws -> (Int, Int) {
      var random = SeededRandom(seed: 5)
      let file = AlignedBytes(try SampleBlobs.contents(of: records, &random).bytes())
      let view = try file.view()
      return (view.stepOperationCount, view.declaredStreamBytes)
    }
    let dense = LayerRecord.dense(inputSize: 5, outputSize: 7)
    #expect(try figures([dense]) == (35 + 7, 64))
    // 4 gates of 7 x (5 + 7); h and C of 16 floats, and the output.
    #expect(try figures([.lstm(inputSize: 5, hiddenSize: 7)]) == (336 + 7, 192))
    var projected = LayerRecord.lstm(inputSize: 5, hiddenSize: 7)
    projected.cellFlags = .projection
    projected.outputSize = 2
    #expect(try figures([projected]).0 == 196 + 14 + 2)
    let convolution = LayerRecord.convolution(
      length: 4, inputChannels: 3, outputChannels: 2, kernelSize: 2, stride: 1, dilation: 1,
      before: 0, after: 0, padding: .zeros, activation: .identity)
    #expect(try figures([convolution]).0 == 36 + 6)
    #expect(try figures([.activation(.relu, size: 5), dense]) == (5 + 35 + 7, 128))
  }
}
