import Fuzzer
import Sluice
import SluiceBlob
import TestSupport

/// An opened blob run in every way on every instruction set, between pages that nobody may touch.
///
/// The kernels are built without the sanitizer: the pages stand where it would look.
@safe
struct Running {
  /// More memory than this for a stream is left alone, to keep runs quick.
  private static var largest: Int { 1 << 24 }
  static var steps: Int { 5 }
  private static var streams: Int { 3 }

  private let file: GuardedBytes
  /// What the steps read: features, taken in turn.
  private let features: [Float]
  /// The caller's way with floats, and the byte with which a mask says that a stream takes a step.
  private let control: UInt32
  private let truth: UInt8

  init(
    _ file: GuardedBytes, features: [Float], control: UInt32 = 0x1F80, truth: UInt8 = 1
  ) {
    self.file = file
    self.features = features
    self.control = control
    self.truth = truth
  }

  /// Turns to the drawn control register; returns the usual one. Until `leave` nothing but the runtime
  /// computes with floats, since exceptions may trap.
  private func enter() -> UInt32 {
    let usual = fuzzer_control()
    fuzzer_set_control(usual == 0 ? 0 : control)
    return usual
  }

  /// Turns back from a call of the runtime, which must have left the register alone, but for
  /// the inexact flag (bit 5) where that is not trapped (bit 12).
  private func leave(_ usual: UInt32) {
    let after = fuzzer_control()
    fuzzer_set_control(usual)
    if usual != 0, after != control, after != control | control >> 7 & 0x20 {
      finding("control register \(String(control, radix: 16)) became \(String(after, radix: 16))")
    }
  }

  /// Runs it. Steps, blocks and batches must give the same bits, AVX2 those of AVX-512: where an
  /// output is NaN it must be NaN, but which of the NaNs depends on the order of operands.
  func run() throws(ModelError) {
    var expected: [UInt32]?
    for set in InstructionSet.runnable {
      let options = Model.Options(checkingHash: false, instructionSet: set)
      let usual = enter()
      defer { fuzzer_set_control(usual) }
      let model = unsafe try Model(bytes: UnsafeRawBufferPointer(file.raw), options: options)
      leave(usual)
      guard let blockBits = try processed(model) else { return }
      if model.isStreamable {
        require(stepped(model) ?? blockBits, blockBits, "\(set): step against block")
        require(batched(model) ?? blockBits, blockBits, "\(set): batch against block")
      }
      guard set != .baseline else { continue }
      require(blockBits, expected ?? blockBits, "\(set) against the one before")
      expected = blockBits
    }
  }

  private func require(_ found: [UInt32], _ expected: [UInt32], _ what: String) {
    guard found != expected else { return }
    let index = found.indices.first { found[$0] != expected[$0] } ?? 0
    finding(
      "\(what): output \(index) is \(Float(bitPattern: found[index])) "
        + "(\(String(found[index], radix: 16))), not \(Float(bitPattern: expected[index])) "
        + "(\(String(expected[index], radix: 16)))")
  }

  /// All steps' outputs through `process`, in blocks of three where the model streams.
  private func processed(_ model: borrowing Model) throws(ModelError) -> [UInt32]? {
    let block = model.isStreamable ? 3 : Self.steps
    guard let size = ModelStream.byteCount(of: model, blockSize: block), size <= Self.largest,
      (model.inputSize + model.outputSize) * Self.steps <= Self.largest / 4 || model.readsTokens
    else { return nil }
    let memory = GuardedBytes(count: size)
    var stream = unsafe ModelStream(model, blockSize: block, in: memory.raw)
    let rows = model.output == .last ? 1 : Self.steps
    let outputs = GuardedBytes(count: 4 * rows * model.outputSize)
    let input = input(of: model)
    defer { keep(memory, outputs, input) }
    var y = unsafe outputs.floats.mutableSpan
    let ids = tokens(of: model)
    for _ in 0..<2 {
      let usual = enter()
      stream.reset()
      let isTaken =
        model.readsTokens
        ? stream.process(tokens: ids.span, into: &y)
        : stream.process(unsafe UnsafeBufferPointer(input.floats).span, into: &y)
      leave(usual)
      if !isTaken { finding("a block was not taken") }
    }
    return outputs.copy.suffix(model.outputSize).map(\.comparedBits)
  }

  /// The last step's output, one call of `step` each.
  private func stepped(_ model: borrowing Model) -> [UInt32]? {
    guard let size = ModelStream.byteCount(of: model, blockSize: 1), size <= Self.largest else {
      return nil
    }
    let memory = GuardedBytes(count: size)
    var stream = unsafe ModelStream(model, blockSize: 1, in: memory.raw)
    let output = GuardedBytes(count: 4 * model.outputSize)
    let input = input(of: model)
    defer { keep(memory, output, input) }
    var y = unsafe output.floats.mutableSpan
    let ids = tokens(of: model)
    for step in 0..<Self.steps {
      let usual = enter()
      var isTaken = true
      if model.readsTokens {
        isTaken = stream.step(token: Int(ids[step]), into: &y)
      } else {
        stream.step(unsafe row(step, of: input, model).span, into: &y)
      }
      leave(usual)
      if !isTaken { finding("a token was not taken") }
    }
    return output.copy.map(\.comparedBits)
  }

  /// The last step's output of a batch's last stream, the only one that takes every step.
  private func batched(_ model: borrowing Model) -> [UInt32]? {
    let count = Self.streams
    guard let size = StreamBatch.byteCount(of: model, count: count), size <= Self.largest else {
      return nil
    }
    let memory = GuardedBytes(count: size)
    let batch = unsafe StreamBatch(model, count: count, in: memory.raw)
    let output = GuardedBytes(count: 4 * count * model.outputSize)
    let input = input(of: model)
    defer { keep(memory, output, input) }
    let y = unsafe output.floats.baseAddress!
    let ids = tokens(of: model)
    for step in 0..<Self.steps {
      // As C hands over a mask: any byte but 0 is true.
      let active = (0..<count).map { $0 == count - 1 || (step + $0) % 2 == 0 ? truth : 0 }
      let tokens = [Int32](repeating: ids[step], count: count)
      var rows: [Float] = []
      if !model.readsTokens {
        for _ in 0..<count { unsafe rows += row(step, of: input, model) }
      }
      let x = GuardedBytes(rows)
      defer { keep(x) }
      let usual = enter()
      var isTaken = true
      unsafe active.withUnsafeBytes { active in
        if model.readsTokens {
          isTaken = unsafe batch.stepTokens(tokens, into: y, active: active.baseAddress)
        } else {
          unsafe batch.stepRows(x.floats.baseAddress!, into: y, active: active.baseAddress)
        }
      }
      leave(usual)
      if !isTaken { finding("a batch's tokens were not taken") }
    }
    return output.copy.suffix(model.outputSize).map(\.comparedBits)
  }

  /// x, `[steps, inputSize]`.
  private func input(of model: borrowing Model) -> GuardedBytes {
    guard !model.readsTokens else { return GuardedBytes(count: 0) }
    let count = Self.steps * model.inputSize
    return GuardedBytes((0..<count).map { features[$0 % features.count] })
  }

  /// x(step), `[inputSize]`, where `input` has it.
  private func row(
    _ step: Int, of input: GuardedBytes, _ model: borrowing Model
  ) -> UnsafeBufferPointer<Float> {
    let size = model.inputSize
    return unsafe UnsafeBufferPointer(rebasing: input.floats[step * size..<(step + 1) * size])
  }

  private func tokens(of model: borrowing Model) -> [Int32] {
    let count = model.inputSize
    return (0..<Self.steps).map { Int32(Int(features[$0 % features.count].bitPattern) % count) }
  }
}

/// Lets nobody free memory whose address is in use.
@inline(never)
func keep(_ memory: GuardedBytes...) {}

extension Float {
  /// The bits, one and the same for every NaN.
  fileprivate var comparedBits: UInt32 { isNaN ? Float.nan.bitPattern : bitPattern }
}
