import Sluice

extension OpenedNetwork {
  private static var streamCount: Int { 11 }
  /// Which of a batch's streams are fed the sequence.
  private static var fed: [Int] { [1, streamCount - 1] }

  /// The hashes of all outputs of the first `steps` steps: one for each stream that was fed the sequence.
  public func outputHashes(_ way: Way, steps: Int, seed: UInt64 = 21) throws -> [UInt64] {
    let input = EndlessInput(size: network.inputSize, seed: seed)
    switch way {
    case .step:
      var stream = try stream()
      var hash = FloatHash()
      for step in 0..<steps { add(input, step: step, of: &stream, to: &hash) }
      return [hash.value]
    case .block:
      var stream = try stream(blockSize: 32)
      var hash = FloatHash()
      for chunk in Self.chunks(of: steps) { add(input, chunk: chunk, of: &stream, to: &hash) }
      return [hash.value]
    case .batch:
      var batch = try StreamBatch(model, count: Self.streamCount)
      var hashes = Self.fed.map { _ in FloatHash() }
      for step in 0..<steps { add(input, step: step, of: &batch, to: &hashes) }
      return hashes.map(\.value)
    case .shared: return try sharedHashes(input, steps: steps)
    }
  }

  private func sharedHashes(_ input: EndlessInput, steps: Int) throws -> [UInt64] {
    let workspace = try StreamWorkspace(model, rows: 32)
    var stepped = try ModelStream(model, sharing: workspace)
    var chunked = try ModelStream(model, sharing: workspace)
    var batch = try StreamBatch(model, count: Self.streamCount, sharing: workspace)
    var (first, second) = (FloatHash(), FloatHash())
    var hashes = Self.fed.map { _ in FloatHash() }
    var taken = 0
    for chunk in Self.chunks(of: steps) {
      for step in chunk {
        add(input, step: step, of: &stepped, to: &first)
        // Now and then the batch lets a step pass, and takes it up at the next: the stream has the workspace
        // for steps in a row, which are of both phases.
        while taken <= step, step % 7 != 5 || step == steps - 1 {
          add(input, step: taken, of: &batch, to: &hashes)
          taken += 1
        }
      }
      add(input, chunk: chunk, of: &chunked, to: &second)
    }
    return [first.value, second.value] + hashes.map(\.value)
  }

  /// The steps in chunks of changing length, below, at and above a stream's block.
  private static func chunks(of steps: Int) -> [Range<Int>] {
    let lengths = [1, 31, 2, 32, 100, 33, 7]
    var all: [Range<Int>] = []
    var start = 0
    while start < steps {
      let end = min(start + lengths[all.count % lengths.count], steps)
      all.append(start..<end)
      start = end
    }
    return all
  }

  private func add(
    _ input: EndlessInput, step: Int, of stream: inout ModelStream, to hash: inout FloatHash
  ) {
    var output = [Float](repeating: 0, count: network.outputSize)
    var y = output.mutableSpan
    stream.step(input.floats.span.extracting(input.rows(at: step)), into: &y)
    hash.add(output.span)
  }

  private func add(
    _ input: EndlessInput, chunk: Range<Int>, of stream: inout ModelStream,
    to hash: inout FloatHash
  ) {
    var output = [Float](repeating: 0, count: chunk.count * network.outputSize)
    var y = output.mutableSpan
    let rows = input.rows(at: chunk.lowerBound, count: chunk.count)
    stream.process(input.floats.span.extracting(rows), into: &y)
    hash.add(output.span)
  }

  private func add(
    _ input: EndlessInput, step: Int, of batch: inout StreamBatch, to hashes: inout [FloatHash]
  ) {
    let size = network.inputSize
    var x = [Float](repeating: 0, count: Self.streamCount * size)
    for stream in 0..<Self.streamCount {
      // The others are ahead, each by another distance.
      let at = input.rows(at: step + (Self.fed.contains(stream) ? 0 : 10 + stream)).lowerBound
      for index in 0..<size { x[stream * size + index] = input.floats[at + index] }
    }
    var output = [Float](repeating: 0, count: Self.streamCount * network.outputSize)
    var y = output.mutableSpan
    batch.step(x.span, into: &y)
    for (index, stream) in Self.fed.enumerated() {
      let start = stream * network.outputSize
      hashes[index].add(output.span.extracting(start..<start + network.outputSize))
    }
  }
}
