import AllocationCounter
import Sluice

/// Everything of one model that is to run.
struct Running: ~Copyable {
  private var stream: ModelStream
  private var fork: ModelStream
  private var batch: StreamBatch
  /// Of a model for it.
  private var activity: VoiceActivity?

  init(_ model: borrowing Model) throws(ModelError) {
    let first = try ModelStream(model)
    let second = try ModelStream(model, blockSize: 8)
    let many = try StreamBatch(model, count: Rows.streams)
    activity = try VoiceActivity(model)
    stream = first
    fork = second
    batch = many
  }

  /// `count` steps, and now and then everything else that a stream or a batch can do.
  ///
  /// `misbehaviour`, NUL-terminated, breaks a promise in the middle; nil for none.
  @inline(never)
  mutating func run(_ count: Int, _ rows: Rows, _ misbehaviour: UnsafePointer<CChar>? = nil) {
    var isFinite = true
    for step in 0..<count {
      if step == count / 2, let word = unsafe misbehaviour { unsafe _ = misbehave(word) }
      take(rows, step % Rows.count)
      if step % 4096 == 1 {
        isFinite = isFinite && stream.isFinite
        takeBlock(rows)
        handOver(rows)
        batch.reset()
      }
      if step % 256 == 2 {
        takeBatch(rows, all: step % 512 != 2)
        batch.reset(1)
        isFinite = listen(rows, step) && isFinite
      }
    }
    precondition(isFinite)
  }

  private mutating func take(_ rows: Rows, _ row: Int) {
    var y = unsafe rows.output.extracting(..<rows.outputSize).mutableSpan
    if rows.readsTokens {
      stream.step(token: Int(unsafe rows.tokens[row]), into: &y)
    } else {
      let x = row * rows.inputSize..<(row + 1) * rows.inputSize
      stream.step(unsafe rows.input.span.extracting(x), into: &y)
    }
  }

  private mutating func takeBlock(_ rows: Rows) {
    var y = unsafe rows.output.mutableSpan
    stream.reset()
    if rows.readsTokens {
      stream.process(tokens: unsafe rows.tokens.span, into: &y)
    } else {
      stream.process(unsafe rows.input.span, into: &y)
    }
  }

  /// Samples of a model for voice activity, now and then to their end; true for others.
  private mutating func listen(_ rows: Rows, _ step: Int) -> Bool {
    guard activity != nil else { return true }
    var isKnown = false
    for index in 0..<rows.inputSize {
      isKnown = activity?.append(unsafe rows.input[index]) == true || isKnown
    }
    if activity?.nextSegment() != nil { isKnown = true }
    if step % 4096 == 2 {
      isKnown = activity?.complete() == true || isKnown
      while activity?.lastSegment() != nil {}
      activity?.reset()
    }
    return isKnown && activity?.isFinite == true
  }

  /// Saved, restored into another stream, and from there copied back.
  private mutating func handOver(_ rows: Rows) {
    var state = unsafe rows.state.mutableBytes
    stream.save(into: &state)
    do throws(StateError) { try fork.restore(unsafe rows.state.bytes) } catch {
      fatalError("A state was not taken back")
    }
    stream.copyState(of: fork)
  }

  private mutating func takeBatch(_ rows: Rows, all: Bool) {
    var y = unsafe rows.output.extracting(..<(Rows.streams * rows.outputSize)).mutableSpan
    let active = unsafe all ? nil : Optional(rows.active.span)
    if rows.readsTokens {
      batch.step(
        tokens: unsafe rows.tokens.span.extracting(first: Rows.streams), into: &y, active: active)
    } else {
      let x = unsafe rows.input.span.extracting(first: Rows.streams * rows.inputSize)
      batch.step(x, into: &y, active: active)
    }
  }
}
