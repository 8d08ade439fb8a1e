import Sluice

/// Something to be timed: each call depends on the state that the one before left.
protocol Subject: ~Copyable {
  /// Units (steps, elements) of one call.
  var unitsPerCall: Int { get }
  /// Calls that a row of calls is a multiple of.
  var callsAtLeast: Int { get }
  /// Calls it `calls` times in a row.
  mutating func run(_ calls: Int)
  /// Back to the start; with other inputs than the usual ones if `changed`.
  mutating func restart(changed: Bool)
  /// A number that every output of the last call changes.
  var checksum: UInt64 { get }
}

/// Single steps. Four inputs take turns, so that the state never comes to rest.
struct Steps: Subject, ~Copyable {
  private var stream: ModelStream
  private var inputs: [[Float]]
  private var output: [Float]

  /// The stream lies in `memory`, if there is any.
  init(
    _ model: borrowing Model, seed: UInt64, in memory: UnsafeMutableRawBufferPointer? = nil
  ) throws(ModelError) {
    if let memory = unsafe memory {
      stream = unsafe ModelStream(model, in: memory)
    } else {
      stream = try ModelStream(model)
    }
    var random = Random(state: seed)
    inputs = []
    for _ in 0..<4 { inputs.append(random.floats(model.inputSize)) }
    output = [Float](repeating: 0, count: model.outputSize)
  }

  let unitsPerCall = 1
  let callsAtLeast = 4
  var checksum: UInt64 { output.checksum }

  @inline(never)
  mutating func run(_ calls: Int) {
    let (a, b, c, d) = (inputs[0], inputs[1], inputs[2], inputs[3])
    var output = take(&self.output)
    var y = output.mutableSpan
    var left = calls
    while left >= 4 {
      stream.step(a.span, into: &y)
      stream.step(b.span, into: &y)
      stream.step(c.span, into: &y)
      stream.step(d.span, into: &y)
      left &-= 4
    }
    while left > 0 {
      stream.step(a.span, into: &y)
      left &-= 1
    }
    self.output = output
  }

  mutating func restart(changed: Bool) {
    stream.reset()
    inputs[0][0] = changed ? 0.125 : 0.5
  }
}

/// Blocks of steps, of a stream that is made for long ones: W is read once for each pass of so many.
/// The rows that a pass keeps between W x and U h are to stay in the second cache, where U lies there.
struct Blocks: Subject, ~Copyable {
  private var stream: ModelStream
  private var input: [Float]
  private var output: [Float]
  let unitsPerCall: Int

  init(_ model: borrowing Model, steps: Int, seed: UInt64) throws(ModelError) {
    let pass = model.outputSize < 1024 ? 250 : 1000
    stream = try ModelStream(model, blockSize: min(pass, steps))
    var random = Random(state: seed)
    input = random.floats(steps * model.inputSize)
    output = [Float](repeating: 0, count: steps * model.outputSize)
    unitsPerCall = steps
  }

  let callsAtLeast = 1
  var checksum: UInt64 { output.checksum }

  @inline(never)
  mutating func run(_ calls: Int) {
    let input = self.input
    var output = take(&self.output)
    var y = output.mutableSpan
    for _ in 0..<calls { stream.process(input.span, into: &y) }
    self.output = output
  }

  mutating func restart(changed: Bool) {
    stream.reset()
    input[0] = changed ? 0.125 : 0.5
  }
}

/// One step of many streams. Two inputs take turns, so that the states never come to rest.
struct ManyStreams: Subject, ~Copyable {
  private var batch: StreamBatch
  private var inputs: [[Float]]
  private var output: [Float]
  let unitsPerCall: Int

  init(_ model: borrowing Model, count: Int, seed: UInt64) throws(ModelError) {
    batch = try StreamBatch(model, count: count)
    var random = Random(state: seed)
    inputs = []
    for _ in 0..<2 { inputs.append(random.floats(count * model.inputSize)) }
    output = [Float](repeating: 0, count: count * model.outputSize)
    unitsPerCall = count
  }

  let callsAtLeast = 2
  var checksum: UInt64 { output.checksum }

  @inline(never)
  mutating func run(_ calls: Int) {
    let (a, b) = (inputs[0], inputs[1])
    var output = take(&self.output)
    var y = output.mutableSpan
    for call in 0..<calls { batch.step(call & 1 == 0 ? a.span : b.span, into: &y) }
    self.output = output
  }

  mutating func restart(changed: Bool) {
    batch.reset()
    inputs[0][0] = changed ? 0.125 : 0.5
  }
}

/// An activation's single step, counted by its elements.
struct Elements: Subject, ~Copyable {
  private var steps: Steps
  let unitsPerCall: Int

  init(_ model: borrowing Model, seed: UInt64) throws(ModelError) {
    steps = unsafe try Steps(model, seed: seed)
    unitsPerCall = model.inputSize
  }

  let callsAtLeast = 4
  var checksum: UInt64 { steps.checksum }
  mutating func run(_ calls: Int) { steps.run(calls) }
  mutating func restart(changed: Bool) { steps.restart(changed: changed) }
}

/// Takes an array out of a property, so that a span of it and the rest can be used at once.
private func take(_ array: inout [Float]) -> [Float] {
  var taken: [Float] = []
  swap(&taken, &array)
  return taken
}

extension [Float] {
  /// FNV-1a of the values' bits.
  var checksum: UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for value in self { hash = (hash ^ UInt64(value.bitPattern)) &* 0x100_0000_01B3 }
    return hash
  }
}
