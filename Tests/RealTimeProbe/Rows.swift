import Sluice

/// The memory that a model's steps read and write, made before they begin.
@safe
final class Rows {
  /// Steps of a block, and streams of a batch.
  static var count: Int { 40 }
  static var streams: Int { 3 }

  let inputSize: Int
  let outputSize: Int
  let readsTokens: Bool
  /// `[count, inputSize]`; of a model that reads tokens, nothing.
  let input: UnsafeMutableBufferPointer<Float>
  let tokens: UnsafeMutableBufferPointer<Int32>
  /// `[count, outputSize]`.
  let output: UnsafeMutableBufferPointer<Float>
  let state: UnsafeMutableRawBufferPointer
  /// All streams of a batch but the second.
  let active: UnsafeMutableBufferPointer<Bool>

  init(_ model: borrowing Model) {
    let (size, width) = (model.inputSize, model.outputSize)
    inputSize = size
    outputSize = width
    readsTokens = model.readsTokens
    let floats =
      model.readsTokens ? [] : (0..<Self.count * size).map { Float($0 % 200 - 100) / 100 }
    unsafe input = Self.copy(floats)
    unsafe tokens = Self.copy((0..<Self.count).map { Int32($0 * 7919 % size) })
    unsafe output = Self.copy([Float](repeating: 0, count: Self.count * width))
    unsafe active = Self.copy([true, false, true])
    unsafe state = .allocate(byteCount: model.stateByteCount, alignment: 64)
    unsafe state.initializeMemory(as: UInt8.self, repeating: 0)
  }

  deinit {
    unsafe input.deallocate()
    unsafe tokens.deallocate()
    unsafe output.deallocate()
    unsafe active.deallocate()
    unsafe state.deallocate()
  }

  private static func copy<Value>(_ values: [Value]) -> UnsafeMutableBufferPointer<Value> {
    let copy = UnsafeMutableBufferPointer<Value>.allocate(capacity: values.count)
    unsafe _ = copy.initialize(from: values)
    return unsafe copy
  }
}
