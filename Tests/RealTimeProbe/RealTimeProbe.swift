import AllocationCounter
import Glibc
import Sluice
import SluiceBlob
import TestSupport

/// Proves on a running model what the runtime promises once a stream exists: no allocation, no
/// system call, no page fault.
///
///     RealTimeProbe --cell lstm --type int8 --isa avx2 --steps 1000000 [--misbehave allocate]
///
/// Two passes of as many steps: the first counts allocations, releases and page faults and prints
/// them; the second runs where every system call kills the process. `--misbehave` breaks one
/// promise once, in the middle: the run must then fail, or the proof proves nothing. With
/// `--streams 5` the steps are those of a batch of streams, some of them taking turns.
///
///     RealTimeProbe --cell lstm --isa avx2 --lifetimes 1000 [--misbehave leak]
///
/// Opens a file, runs a stream and closes both, again and again; counts what is left over.
@main
struct RealTimeProbe {
  enum Misbehaviour: String {
    case allocate, fault, syscall, write, leak
  }

  static func main() throws {
    let options = Options(CommandLine.arguments.dropFirst())
    let network = try network(options.cell).stored(as: options.type)
    let path = "/tmp/sluice-probe-\(getpid()).sluice"
    try write(try network.contents().bytes(), to: path)
    defer { unsafe unlink(path) }
    let failures =
      if let cycles = options.lifetimes {
        try countLeftovers(path, network, cycles: cycles, options)
      } else {
        try prove(path, network, options)
      }
    if failures > 0 { exit(1) }
  }

  static func network(_ name: String) throws -> TestNetwork {
    if let cell = Cell(rawValue: name) {
      return .recurrent(cell, inputSize: 9, hiddenSize: 20, seed: 6)
    }
    var random = SeededRandom(seed: 6)
    switch name {
    case "tokens":
      return TestNetwork([
        .embedding(table: random.floats(50 * 12), tokenCount: 50, size: 12),
        .recurrent(RecurrentTensors(.lstm, inputSize: 12, hiddenSize: 20, &random)),
        .dense(2, from: 20, .softmax, &random),
      ])
    case "mixed": return .mixed(seed: 6, readingTokens: false)
    default: fatalError("--cell must be a cell, tokens or mixed")
    }
  }

  // MARK: - Steps

  /// The memory that the passes use, made before they begin.
  struct Rows {
    var input: [Float]
    var tokens: [Int32]
    var output: [Float]
    var block: [Float]
    var blockOutput: [Float]
    let readsTokens: Bool

    init(_ network: TestNetwork) {
      var random = SeededRandom(seed: 7)
      readsTokens = network.readsTokens
      let count = Int32(network.inputSize)
      tokens = (0..<40).map { _ in Int32(random.next() >> 33) % count }
      block = readsTokens ? [] : random.floats(40 * network.inputSize)
      input = readsTokens ? [] : Array(block[..<network.inputSize])
      output = [Float](repeating: 0, count: network.outputSize)
      blockOutput = [Float](repeating: 0, count: 40 * network.outputSize)
    }
  }

  /// At least `steps` steps: single ones, of every 4096 steps 40 as a block, and a reset.
  @inline(never)
  static func run(
    _ stream: inout Sluice.Stream, _ rows: inout Rows, steps: Int, _ misbehave: () -> Void
  ) {
    var done = 0
    while done < steps {
      if done >= steps / 2, done - 1 < steps / 2 { misbehave() }
      if rows.readsTokens {
        stream.step(token: Int(rows.tokens[done % 40]), into: &rows.output)
      } else {
        stream.step(rows.input, into: &rows.output)
      }
      done += 1
      if done % 4096 == 1 {
        if rows.readsTokens {
          stream.process(tokens: rows.tokens, into: &rows.blockOutput)
        } else {
          stream.process(rows.block, into: &rows.blockOutput)
        }
        stream.reset()
      }
    }
  }

  static func prove(_ path: String, _ network: TestNetwork, _ options: Options) throws -> Int {
    let model = try Model(contentsOf: path, instructionSet: options.set)
    if let count = options.streams {
      var batch = try StreamBatch(model, count: count)
      var rows = BatchRows(network, count: count)
      let code = try prove(path, options) { steps, misbehave in
        runBatch(&batch, &rows, steps: steps, misbehave)
      }
      return leave(batch, model, code: code)
    }
    var stream = try Stream(model)
    var rows = Rows(network)
    let code = try prove(path, options) { steps, misbehave in
      run(&stream, &rows, steps: steps, misbehave)
    }
    return leave(stream, model, code: code)
  }

  /// Both passes of `run`; what the process is to end with, for no system call is allowed any more.
  private static func prove(
    _ path: String, _ options: Options, run: (_ steps: Int, _ misbehave: () -> Void) -> Void
  ) throws -> Int32 {
    let untouched = unsafe mmap(
      nil, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
    // Once, so that the code itself is in memory.
    run(16) {}
    _ = (allocation_counter_read(), page_fault_count())

    let misbehaviour = options.misbehaviour
    let faultsBefore = page_fault_count()
    let before = allocation_counter_read()
    run(options.steps) {
      switch misbehaviour {
      case .allocate: misbehave_allocate()
      case .fault: unsafe untouched.storeBytes(of: 1, as: UInt8.self)
      default: break
      }
    }
    let after = allocation_counter_read()
    let faults = page_fault_count() - faultsBefore
    let allocations = after.allocations - before.allocations
    let releases = after.releases - before.releases
    let streams = options.streams.map { " of \($0) streams" } ?? ""
    print(
      "\(options.cell.padded(16))\(options.type)".padded(22)
        + "\(options.set.rawValue.padded(10))\(options.steps) steps\(streams): "
        + "\(allocations) allocations, \(releases) releases, \(faults) page faults")
    fflush(nil)
    unsafe unlink(path)

    let code = forbid_system_calls()
    precondition(code == 0, "seccomp is not available here")
    run(options.steps) {
      switch misbehaviour {
      case .syscall: _ = getppid()
      case .write: unsafe _ = Glibc.write(1, "", 0)
      default: break
      }
    }
    return allocations + releases + faults == 0 ? 0 : 1
  }

  /// Ends the process while both are alive: closing them is no part of the promise.
  @inline(never)
  static func leave<Running: ~Copyable>(
    _ running: borrowing Running, _ model: borrowing Model, code: Int32
  ) -> Int {
    _exit(code)
  }

  // MARK: - Lifetimes

  static func countLeftovers(
    _ path: String, _ network: TestNetwork, cycles: Int, _ options: Options
  ) throws -> Int {
    var rows = Rows(network)
    try live(path, &rows, options.set)
    let mappingsBefore = try mappingCount()
    let before = allocation_counter_read()
    for _ in 0..<cycles { try live(path, &rows, options.set) }
    if options.misbehaviour == .leak {
      misbehave_leak()
      unsafe _ = mmap(nil, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0)
    }
    let after = allocation_counter_read()
    let mappings = try mappingCount() - mappingsBefore
    let made = after.allocations - before.allocations
    let leaked = Int(made) - Int(after.releases - before.releases)
    print(
      "\(options.cell.padded(16))\(options.set.rawValue.padded(10))\(cycles) lifetimes: "
        + "\(made) allocations, \(leaked) never released, \(mappings) mappings left")
    return (leaked == 0 ? 0 : 1) + (mappings == 0 ? 0 : 1)
  }

  /// Opens, runs two streams, the second beyond its model's end, and closes.
  static func live(_ path: String, _ rows: inout Rows, _ set: InstructionSet) throws {
    var late: Sluice.Stream
    do {
      let model = try Model(contentsOf: path, instructionSet: set)
      var stream = try Stream(model, blockSize: 4)
      run(&stream, &rows, steps: 3) {}
      late = try Stream(model)
    }
    run(&late, &rows, steps: 3) {}
    // A model that does not open leaves nothing behind either.
    let missing = path + ".missing"
    guard (try? Model(contentsOf: missing, instructionSet: set).inputSize) == nil else {
      fatalError("\(missing) exists")
    }
  }

  /// The number of the process's mappings, read without allocating.
  static func mappingCount() throws -> Int {
    let file = unsafe open("/proc/self/maps", O_RDONLY)
    guard file >= 0 else { throw POSIXError() }
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

  struct POSIXError: Error {}

  static func write(_ bytes: [UInt8], to path: String) throws {
    let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw POSIXError() }
    defer { close(file) }
    let written = unsafe bytes.withUnsafeBytes {
      unsafe Glibc.write(file, $0.baseAddress!, $0.count)
    }
    guard written == bytes.count else { throw POSIXError() }
  }
}

/// The command line.
struct Options {
  var cell = "lstm"
  var set = InstructionSet.baseline
  var type = StorageType.f32
  var steps = 1_000_000
  var lifetimes: Int?
  var streams: Int?
  var misbehaviour: RealTimeProbe.Misbehaviour?

  init(_ arguments: ArraySlice<String>) {
    let types: [StorageType] = [.f32, .f16, .bf16, .int8, .int4]
    var rest = arguments
    while let name = rest.popFirst() {
      guard let value = rest.popFirst() else { fatalError("\(name) lacks its value") }
      switch name {
      case "--cell": cell = value
      case "--type": type = types.first { "\($0)" == value }!
      case "--isa": set = InstructionSet(rawValue: value)!
      case "--steps": steps = Int(value)!
      case "--lifetimes": lifetimes = Int(value)!
      case "--streams": streams = Int(value)!
      case "--misbehave": misbehaviour = RealTimeProbe.Misbehaviour(rawValue: value)!
      default: fatalError("unknown option \(name)")
      }
    }
  }
}
