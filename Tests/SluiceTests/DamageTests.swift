import Sluice
import SluiceBlob
import TestSupport
import Testing

/// Every truncation and every changed byte of a small blob of each kind: refused, or harmless.
///
/// Each bit of each byte is flipped alone, and each byte set to 0 and to 255.
@Suite struct DamageTests {
  @Test("every truncation is refused", arguments: SampleBlobs.Sample.allCases)
  func truncations(_ sample: SampleBlobs.Sample) throws {
    let file = try SampleBlobs.bytes(sample)
    for count in 0..<file.count {
      // The end meets a forbidden page where it is a whole number of lines.
      let bytes = GuardedBytes(Array(file.prefix(count)))
      let aligned = AlignedBytes(Array(file.prefix(count)))
      for checkingHash in [true, false] {
        let error = modelError { () throws(ModelError) in
          _ = unsafe try Model(bytes: aligned.raw, options: .init(checkingHash: checkingHash))
        }
        guard case .invalid = error else {
          Issue.record("\(sample): the first \(count) bytes opened")
          return
        }
        if count % 64 == 0 {
          let guarded = modelError { () throws(ModelError) in
            _ = unsafe try Model(
              bytes: UnsafeRawBufferPointer(bytes.raw), options: .init(checkingHash: checkingHash))
          }
          #expect(guarded == error)
        }
      }
      withExtendedLifetime((bytes, aligned)) {}
    }
  }

  @Test("every changed byte: its hash left, refused", arguments: SampleBlobs.Sample.allCases)
  func hashLeft(_ sample: SampleBlobs.Sample) throws {
    let file = AlignedBytes(try SampleBlobs.bytes(sample))
    for offset in 0..<file.count {
      // One bit each, another at every byte: what the hash lets pass does not depend on the bit.
      let old = file[offset]
      file[offset] = old ^ (1 << UInt8(offset % 8))
      let error = modelError { () throws(ModelError) in
        _ = unsafe try Model(bytes: file.raw)
      }
      file[offset] = old
      guard case .invalid = error else {
        Issue.record("\(sample): byte \(offset) opened")
        return
      }
    }
  }

  @Test(
    "every changed byte, its hash recomputed: refused or harmless",
    arguments: SampleBlobs.Sample.allCases)
  func hashRecomputed(_ sample: SampleBlobs.Sample) throws {
    let file = AlignedBytes(try SampleBlobs.bytes(sample))
    var (refused, opened) = (0, 0)
    for offset in 0..<file.count {
      let old = file[offset]
      var values = Set((0..<8).map { old ^ (1 << UInt8($0)) } + [0, 0xFF])
      values.remove(old)
      for value in values {
        file[offset] = value
        // Not checking the hash is as good as recomputing it, and done at every byte; that it is
        // the same, once for each byte.
        if try run(file, as: "\(sample), byte \(offset) = \(value)") {
          opened += 1
          if value == old ^ 1 {
            let rehashed = AlignedBytes(withHash(file.copy))
            let error = modelError { () throws(ModelError) in
              _ = unsafe try Model(bytes: rehashed.raw)
            }
            #expect(error == nil, "\(sample), byte \(offset) = \(value), hash recomputed")
          }
        } else {
          refused += 1
        }
      }
      file[offset] = old
    }
    // Changed weights open, a changed structure does not: both happen, or nothing was tested.
    #expect(refused > 0 && opened > 0)
    print("\(sample): \(file.count) bytes, \(refused) changes refused, \(opened) harmless")
  }

  @Test(
    "compact samples, every changed byte: refused or harmless",
    arguments: [StorageType.f16, .bf16, .int8, .int4])
  func compact(_ type: StorageType) throws {
    for sample in [SampleBlobs.Sample.lstm, .gruResetBefore, .chain] {
      let file = AlignedBytes(try SampleBlobs.contents(sample).stored(as: type).bytes())
      var (refused, opened) = (0, 0)
      for offset in 0..<file.count {
        let old = file[offset]
        for value in [old ^ (1 << UInt8(offset % 8)), 0, 0x7F, 0x80, 0xFF] where value != old {
          file[offset] = value
          if try run(file, as: "\(type) \(sample), byte \(offset) = \(value)") {
            opened += 1
          } else {
            refused += 1
          }
        }
        file[offset] = old
      }
      #expect(refused > 0 && opened > 0)
      print("\(type) \(sample): \(refused) changes refused, \(opened) harmless")
    }
  }

  @Test("the undamaged samples run", arguments: SampleBlobs.Sample.allCases)
  func undamaged(_ sample: SampleBlobs.Sample) throws {
    let file = AlignedBytes(try SampleBlobs.bytes(sample))
    #expect(try run(file, as: "\(sample)"))
  }

  /// Whether it opens; if so, runs it on every instruction set with canaries around the output.
  private func run(_ file: AlignedBytes, as name: String) throws -> Bool {
    for (index, set) in InstructionSet.runnable.enumerated() {
      let model: Model
      do throws(ModelError) {
        model = unsafe try Model(
          bytes: file.raw, options: .init(checkingHash: false, instructionSet: set))
      } catch {
        guard case .invalid = error, index == 0 else {
          Issue.record("\(name) on \(set): \(error)")
          return false
        }
        return false
      }
      let (inputs, outputs) = (model.inputSize, model.outputSize)
      // A changed size cannot open: the samples' own are small. Only what a gather picks from may be longer, and
      // what a layer reads that leaves blocks out.
      let mayReadMore = [SampleBlobs.Sample.bands, .sparse].contains { name.hasPrefix("\($0)") }
      guard inputs <= 16 || mayReadMore, outputs <= 16 else {
        Issue.record("\(name) opened with sizes \(inputs), \(outputs)")
        return true
      }
      var memory = Canaries(count: 4 * outputs)
      let block = model.output == .last ? 1 : 4
      // A direction is sound either way: such a model takes its four steps as one sequence.
      let takesSteps = model.isStreamable
      var stream = try ModelStream(model, blockSize: takesSteps ? 3 : 4)
      for _ in 0..<2 {
        if model.readsTokens {
          for token in [0, inputs - 1, inputs] where takesSteps {
            memory.with(outputs) { stream.step(token: token, into: &$0) }
          }
          let tokens = (0..<4).map { Int32($0 % inputs) }
          memory.with(block * outputs) { stream.process(tokens: tokens.span, into: &$0) }
        } else {
          let x = (0..<4 * inputs).map { Float($0 % 7) - 3 }
          let rows = x.span
          for step in 0..<3 where takesSteps {
            let row = rows.extracting(step * inputs..<(step + 1) * inputs)
            memory.with(outputs) { stream.step(row, into: &$0) }
          }
          memory.with(block * outputs) { stream.process(rows, into: &$0) }
        }
        stream.reset()
      }
      #expect(memory.areIntact, "\(name) on \(set) wrote beside its output")
    }
    return true
  }

  private func withHash(_ file: [UInt8]) -> [UInt8] {
    var file = file
    let hash = unsafe file.withUnsafeBytes { unsafe XXH64.hash(ofBlob: $0) }
    for index in 0..<8 { file[24 + index] = UInt8(truncatingIfNeeded: hash >> (8 * index)) }
    return file
  }
}

/// Output memory with canaries on both sides.
private struct Canaries {
  private let memory: AlignedFloats
  private let margin = 32
  private let canary = Float(bitPattern: 0x7FC0_BEEF)

  init(count: Int) {
    memory = AlignedFloats(count: count + 2 * margin, repeating: canary)
  }

  /// The first `count` floats between the canaries; those beyond become canaries.
  mutating func with(_ count: Int, _ body: (inout MutableSpan<Float>) -> Void) {
    unsafe memory.floats[(margin + count)...].update(repeating: canary)
    var span = unsafe UnsafeMutableBufferPointer(
      rebasing: memory.floats[margin..<margin + count]
    ).mutableSpan
    body(&span)
    let end = unsafe memory.floats[(margin + count)...]
    isIntact = unsafe isIntact && end.allSatisfy { $0.bitPattern == canary.bitPattern }
  }

  private var isIntact = true

  var areIntact: Bool {
    unsafe isIntact
      && memory.floats[..<margin].allSatisfy { $0.bitPattern == canary.bitPattern }
  }
}
