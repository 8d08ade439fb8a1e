// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation
// libFuzzer documents what these functions do.

import Fuzzer
import Glibc
import TestSupport

@c @implementation
public func LLVMFuzzerInitialize(
  _ argc: UnsafeMutablePointer<CInt>!,
  _ argv: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>!
) -> CInt {
  let target = FuzzTarget.chosen
  // A folder to fill with seeds that follow from code, instead of fuzzing.
  if let folder = unsafe getenv("SLUICE_FUZZ_SEEDS") {
    Seeds.write(of: target, to: unsafe String(cString: folder))
    exit(0)
  }
  return 0
}

@c @implementation
public func LLVMFuzzerTestOneInput(_ data: UnsafePointer<UInt8>!, _ size: Int) -> CInt {
  FuzzTarget.chosen.run(unsafe Array(UnsafeBufferPointer(start: data, count: size)))
  return 0
}

@c @implementation
public func LLVMFuzzerCustomMutator(
  _ data: UnsafeMutablePointer<UInt8>!, _ size: Int, _ limit: Int, _ seed: CUnsignedInt
) -> Int {
  let input = unsafe Array(UnsafeBufferPointer(start: data, count: size))
  var random = SeededRandom(seed: UInt64(seed))
  guard let changed = FuzzTarget.chosen.mutate(input, limit: limit, &random) else {
    return unsafe LLVMFuzzerMutate(data, size, limit)
  }
  let count = min(changed.count, limit)
  for index in 0..<count { unsafe data[index] = changed[index] }
  return count
}

extension [UInt8] {
  /// The array after one of libFuzzer's own changes, of at most `limit` bytes.
  func mutated(limit: Int) -> [UInt8] {
    let room = Swift.max(limit, count, 1)
    var copy = self + [UInt8](repeating: 0, count: room - count)
    let size = unsafe copy.withUnsafeMutableBufferPointer {
      unsafe LLVMFuzzerMutate($0.baseAddress, count, room)
    }
    return Array(copy[..<size])
  }
}
