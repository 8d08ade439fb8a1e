import SluiceBlob

/// A copy of bytes that starts at a multiple of 64, as a mapped file does.
@safe
public final class AlignedBytes {
  private let memory: UnsafeMutableRawBufferPointer

  /// A copy of `bytes`.
  public init(_ bytes: [UInt8]) {
    unsafe memory = .allocate(byteCount: max(bytes.count, 1), alignment: 64)
    count = bytes.count
    unsafe memory.copyBytes(from: bytes)
  }

  deinit {
    unsafe memory.deallocate()
  }

  /// The number of bytes.
  public let count: Int

  /// The bytes themselves, for as long as this object lives.
  public var raw: UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(start: memory.baseAddress, count: count)
  }

  /// A copy of the bytes.
  public var copy: [UInt8] {
    unsafe Array(raw)
  }

  /// The byte at an offset.
  public subscript(offset: Int) -> UInt8 {
    get {
      precondition(offset >= 0 && offset < count)
      return unsafe memory[offset]
    }
    set {
      precondition(offset >= 0 && offset < count)
      unsafe memory[offset] = newValue
    }
  }

  /// The bytes as a blob. The view must not outlive this object.
  public func view(checkingHash: Bool = true) throws(BlobError) -> BlobView {
    unsafe try BlobView(validating: raw, checkingHash: checkingHash)
  }

  /// The error of opening the first `length` bytes, nil where they are a blob.
  public func error(length: Int? = nil, checkingHash: Bool = true) -> BlobError? {
    let part = unsafe UnsafeRawBufferPointer(rebasing: raw[..<(length ?? count)])
    do throws(BlobError) {
      _ = unsafe try BlobView(validating: part, checkingHash: checkingHash)
      return nil
    } catch {
      return error
    }
  }
}
