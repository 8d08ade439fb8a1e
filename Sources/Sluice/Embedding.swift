import _SluiceContract
import _SluiceSystem

extension Plan {
  /// Whether the model, which begins with an embedding, has a token.
  @inline(__always)
  func hasToken(_ token: Int) -> Bool {
    token >= 0 && token < inputSize
  }

  /// The embedding's row of a token that the model has: where it lies in the blob, or, where it is
  /// compact, written to `row`, which has room for it. Floats are computed with as the kernels expect
  /// it, as in `writeFeatures`.
  @inline(__always)
  func features(
    of token: Int, using row: UnsafeMutablePointer<Float>
  ) -> UnsafePointer<Float> {
    if unsafe model.pointee.embedding_storage == sluice_storage_f32,
      let table = unsafe model.pointee.embedding
    {
      let size = unsafe model.pointee.embedding_size
      return unsafe table.assumingMemoryBound(to: Float.self) + token &* size
    }
    unsafe writeFeatures(of: token, to: row)
    return unsafe UnsafePointer(row)
  }

  /// Writes the embedding's row of a token that the model has, where floats are computed with as the
  /// kernels expect it: scaling integers rounds.
  func writeFeatures(of token: Int, to row: UnsafeMutablePointer<Float>) {
    guard let table = unsafe model.pointee.embedding else { return }
    let size = unsafe model.pointee.embedding_size
    switch unsafe model.pointee.embedding_storage {
    case sluice_storage_f16:
      let halves = unsafe table.assumingMemoryBound(to: UInt16.self) + token &* size
      unsafe fill(row, size) { unsafe Float(half: halves[$0]) }
    case sluice_storage_bf16:
      let halves = unsafe table.assumingMemoryBound(to: UInt16.self) + token &* size
      unsafe fill(row, size) { unsafe Float(bitPattern: UInt32(halves[$0]) &<< 16) }
    case sluice_storage_int8:
      guard let scales = unsafe model.pointee.embedding_scales else { return }
      let scale = unsafe scales.assumingMemoryBound(to: Float.self)[token]
      let integers = unsafe table.assumingMemoryBound(to: Int8.self) + token &* size
      unsafe fill(row, size) { unsafe Float(integers[$0]) * scale }
    case sluice_storage_int4:
      unsafe writeNibbles(of: token, to: row)
    default:
      unsafe row.update(
        from: table.assumingMemoryBound(to: Float.self) + token &* size, count: size)
    }
  }

  /// A row of int4: words of 8 features, columns 0 to 3 in the low nibbles of their bytes.
  private func writeNibbles(of token: Int, to row: UnsafeMutablePointer<Float>) {
    guard let table = unsafe model.pointee.embedding,
      let scales = unsafe model.pointee.embedding_scales
    else { return }
    let size = unsafe model.pointee.embedding_size
    let groups = (size &+ 31) &>> 5
    let bytes = unsafe table.assumingMemoryBound(to: UInt8.self) + token &* groups &* 16
    let groupScales = unsafe scales.assumingMemoryBound(to: UInt16.self) + token &* groups
    unsafe fill(row, size) { index in
      let byte = unsafe bytes[index &>> 3 &* 4 &+ index & 3]
      let bits = index & 4 == 0 ? byte &<< 4 : byte & 0xF0
      let scale = unsafe Float(half: groupScales[index &>> 5])
      return Float(Int8(bitPattern: bits) &>> 4) * scale
    }
  }

  /// Writes `count` values. A range would trap where its end is below 0.
  @inline(__always)
  private func fill(
    _ row: UnsafeMutablePointer<Float>, _ count: Int, _ value: (Int) -> Float
  ) {
    var index = 0
    while index < count {
      unsafe row[index] = value(index)
      index &+= 1
    }
  }
}

extension Float {
  /// A finite binary16 number, by its bits. Neither a rounding nor a denormal operand is in it, which
  /// Arm would flush.
  ///
  /// Without the instruction, a conversion is a call into a library.
  @inline(__always)
  fileprivate init(half bits: UInt16) {
    let magnitude = UInt32(bits & 0x7FFF)
    let isDenormal = magnitude < 0x400
    let normal = magnitude &<< 13 &+ 112 &<< 23
    let denormal = (Float(Int32(bitPattern: magnitude)) * 0x1p-24).bitPattern
    self = Float(bitPattern: (isDenormal ? denormal : normal) | UInt32(bits & 0x8000) &<< 16)
  }
}
