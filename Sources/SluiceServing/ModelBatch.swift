import Glibc
import Sluice
import _SluiceServing

/// What one thread needs to step streams of one model: all of it is there before a request is.
@safe
package final class ModelBatch {
  package let served: ServedModel
  package let batchSize: Int
  package let inputSize: Int
  package let outputSize: Int
  package let readsTokens: Bool
  package let stateFloats: Int
  /// Nanoseconds of a row, lately.
  package var rowCost: Double
  /// The packed state of a fresh stream.
  package let initial: UnsafeMutablePointer<Float>
  /// What this thread has seen of the model, whichever batch of it ran.
  private let drift: UnsafeMutablePointer<sluice_drift>
  private var batch: StreamBatch
  /// x(t) and y(t) of the batch, where they do not lie side by side in messages.
  private let inputs: UnsafeMutablePointer<Float>
  private let outputs: UnsafeMutablePointer<Float>

  package init(
    _ served: ServedModel, batchSize: Int, drift: UnsafeMutablePointer<sluice_drift>
  ) throws(ServingError) {
    self.served = served
    unsafe self.drift = unsafe drift
    self.batchSize = batchSize
    readsTokens = served.model.readsTokens
    inputSize = readsTokens ? 1 : served.model.inputSize
    outputSize = served.model.outputSize
    stateFloats = served.model.packedStateCount
    do throws(ModelError) { batch = try StreamBatch(served.model, count: batchSize) } catch {
      throw ServingError(.failed, "no batch of \(batchSize) streams: \(error)")
    }
    unsafe inputs = .allocate(capacity: batchSize * inputSize)
    unsafe outputs = .allocate(capacity: batchSize * outputSize)
    unsafe initial = .allocate(capacity: stateFloats)
    unsafe inputs.initialize(repeating: 0, count: batchSize * inputSize)
    unsafe outputs.initialize(repeating: 0, count: batchSize * outputSize)
    unsafe initial.initialize(repeating: 0, count: stateFloats)
    unsafe batch.packRow(0, to: initial)
    rowCost = 0
    // The first steps fault pages and fill caches; of the others the shortest, alone: what it costs at worst.
    var shortest = Int64.max
    for _ in 0..<20 {
      let start = sluice_nanoseconds(false)
      unsafe step(1, inputs, outputs)
      shortest = min(shortest, sluice_nanoseconds(false) - start)
    }
    rowCost = Double(shortest)
    batch.reset()
  }

  deinit {
    unsafe inputs.deallocate()
    unsafe outputs.deallocate()
    unsafe initial.deallocate()
  }

  private func step(
    _ rows: Int, _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
  ) {
    guard readsTokens else {
      unsafe batch.stepFirst(rows, x, into: y)
      return
    }
    let ids = unsafe UnsafeRawPointer(x).assumingMemoryBound(to: Int32.self)
    unsafe batch.stepFirst(rows, tokens: ids, into: y)
  }

  /// Takes all rows of up to ``batchSize`` streams, which stand in the order of their rows, most first; the next
  /// state of each is written, and published where it is finite.
  package func run(_ works: UnsafeMutablePointer<Work>, _ count: Int, _ states: StateFile) {
    let start = sluice_nanoseconds(false)
    var (index, rows) = (0, 0)
    while index < count {
      unsafe batch.unpackRow(index, from: states.state(works[index].slot))
      unsafe rows &+= works[index].rows
      index &+= 1
    }
    if unsafe works[0].rows == 1, unsafe isContiguous(works, count) {
      unsafe step(count, works[0].x, works[0].y)
    } else {
      unsafe runRows(works, count)
    }
    index = 0
    while index < count {
      unsafe settle(&works[index], index, states)
      index &+= 1
    }
    unsafe note(works[0])
    let cost = Double(sluice_nanoseconds(false) &- start) / Double(rows)
    rowCost += (cost - rowCost) / 64
  }

  /// Whether inputs and outputs of streams of one row lie as the batch reads and writes them.
  private func isContiguous(_ works: UnsafeMutablePointer<Work>, _ count: Int) -> Bool {
    var index = 1
    while index < count {
      guard unsafe works[index].x == works[0].x + index &* inputSize,
        unsafe works[index].y == works[0].y + index &* outputSize
      else { return false }
      index &+= 1
    }
    return true
  }

  private func runRows(_ works: UnsafeMutablePointer<Work>, _ count: Int) {
    var (row, active) = (0, count)
    let most = unsafe works[0].rows
    while row < most {
      while unsafe works[active &- 1].rows <= row { active &-= 1 }
      var index = 0
      while index < active {
        unsafe memcpy(
          inputs + index &* inputSize, works[index].x + row &* inputSize, 4 &* inputSize)
        index &+= 1
      }
      unsafe step(active, inputs, outputs)
      index = 0
      while index < active {
        unsafe memcpy(
          works[index].y + row &* outputSize, outputs + index &* outputSize, 4 &* outputSize)
        index &+= 1
      }
      row &+= 1
    }
  }

  private func settle(_ work: inout Work, _ row: Int, _ states: StateFile) {
    let next = unsafe states.next(work.slot)
    unsafe batch.packRow(row, to: next)
    let stays = unsafe isFinite(next, stateFloats) && isFinite(work.y, work.rows &* outputSize)
    if stays {
      let sequence = unsafe states.sequence(work.slot) &+ UInt64(work.rows)
      unsafe states.publish(work.slot, sequence: sequence)
      unsafe work.entry.pointee.sequence = sequence
    } else {
      // Not published: the stream is as it was.
      unsafe memset(work.y, 0, 4 &* work.rows &* outputSize)
      unsafe work.entry.pointee.status = sluice_left_finite.rawValue
      unsafe work.entry.pointee.sequence = states.sequence(work.slot)
    }
  }

  private func note(_ work: Work) {
    guard unsafe work.entry.pointee.status == 0 else { return }
    unsafe drift.pointee.rows &+= 1
    if !readsTokens {
      unsafe sluice_note_values(
        work.x, inputSize, &drift.pointee.inputs, &drift.pointee.input_sum,
        &drift.pointee.input_squares)
    }
    unsafe sluice_note_values(
      work.y, outputSize, &drift.pointee.outputs, &drift.pointee.output_sum,
      &drift.pointee.output_squares)
  }

  private func isFinite(_ floats: UnsafePointer<Float>, _ count: Int) -> Bool {
    var (bad, index) = (UInt32(0), 0)
    while index < count {
      let bits = unsafe floats[index].bitPattern & 0x7F80_0000
      bad |= bits == 0x7F80_0000 ? 1 : 0
      index &+= 1
    }
    return bad == 0
  }

  /// Writes a packed state as one that a stream saves, `[stateByteCount]`.
  package func save(_ packed: UnsafePointer<Float>, to state: UnsafeMutableRawPointer) {
    unsafe batch.unpackRow(0, from: packed)
    unsafe batch.saveRow(0, to: state)
  }

  /// Packs a state that a stream saved; false where it is refused, and nothing is written.
  package func restore(_ state: UnsafeRawBufferPointer, to packed: UnsafeMutablePointer<Float>)
    -> Bool
  {
    guard unsafe batch.restoreRow(0, from: state) == nil else { return false }
    unsafe batch.packRow(0, to: packed)
    return true
  }
}

/// Rows of one stream that a request asks for.
@unsafe
package struct Work {
  package var model: Int
  package var slot: Int
  package var rows: Int
  /// x, `[rows, inputSize]`.
  package var x: UnsafePointer<Float>
  /// y, `[rows, outputSize]`.
  package var y: UnsafeMutablePointer<Float>
  /// Its entry in the reply, and the reply's head.
  package var entry: UnsafeMutablePointer<sluice_entry>
  package var head: UnsafeMutablePointer<sluice_head>
}
