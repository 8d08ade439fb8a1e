import AllocationCounter
import Glibc
import Sluice

/// Counts what models and streams leave behind when they are gone.
enum Lifetimes {
  /// Opens, runs and closes `count` times; whether every allocation was released and every mapping
  /// taken away.
  static func leaveNothing(
    _ path: String, _ set: InstructionSet, count: Int, leaks: Bool
  ) throws -> Bool {
    try live(path, set)
    let mappingsBefore = try mappingCount()
    let before = allocation_counter_read()
    for _ in 0..<count { try live(path, set) }
    if leaks {
      misbehave_leak()
      unsafe _ = mmap(nil, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0)
    }
    let after = allocation_counter_read()
    let mappings = try mappingCount() - mappingsBefore
    let made = after.allocations - before.allocations
    let leaked = Int(made) - Int(after.releases - before.releases)
    print(
      "\(path) \(set.rawValue) \(count) lifetimes: "
        + "\(made) allocations, \(leaked) never released, \(mappings) mappings left")
    return leaked == 0 && mappings == 0
  }

  /// Opens, runs two streams, the second beyond its model's end, and closes.
  private static func live(_ path: String, _ set: InstructionSet) throws {
    var late: ModelStream
    do {
      let model = try Model(contentsOf: path, options: .init(instructionSet: set))
      var running = try Running(model)
      unsafe running.run(3, Rows(model))
      late = try ModelStream(model, blockSize: 4)
    }
    late.reset()
    // A model that does not open leaves nothing behind either.
    let missing = path + ".missing"
    guard (try? Model(contentsOf: missing, options: .init(instructionSet: set)).inputSize) == nil
    else {
      fatalError("\(missing) exists")
    }
  }

  /// The number of the process's mappings, read without allocating.
  private static func mappingCount() throws -> Int {
    let file = unsafe open("/proc/self/maps", O_RDONLY)
    guard file >= 0 else { throw MapsError() }
    defer { close(file) }
    var lines = 0
    return unsafe withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
      while true {
        let count = unsafe read(file, buffer.baseAddress!, 4096)
        if count <= 0 { return lines }
        for index in 0..<count where unsafe buffer[index] == 10 { lines += 1 }
      }
    }
  }

  private struct MapsError: Error {}
}
