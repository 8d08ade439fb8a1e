import Foundation
import Sluice
import SluiceBlob
import TestSupport
import Testing

/// What cannot be opened is a typed error at once; what was opened stays as it was.
@Suite struct OpeningTests {
  private static let network = TestNetwork.recurrent(.lstm, inputSize: 3, hiddenSize: 9, seed: 71)

  private func error(opening path: String) -> ModelError? {
    modelError { () throws(ModelError) in _ = try Model(contentsOf: path) }
  }

  @Test("B39: missing, directory, FIFO, device, socket, empty", .timeLimit(.minutes(1)))
  func b39() throws {
    let file = try TemporaryFile([])
    let folder = file.folder
    #expect(
      error(opening: folder.appendingPathComponent("missing").path) == .unreadable(errno: ENOENT))
    #expect(error(opening: "") == .unreadable(errno: ENOENT))
    #expect(error(opening: file.path + "/below") == .unreadable(errno: ENOTDIR))
    #expect(error(opening: folder.path) == .notARegularFile)
    #expect(error(opening: file.path) == .notARegularFile, "an empty file")
    #expect(error(opening: "/dev/zero") == .notARegularFile)
    #expect(error(opening: "/dev/null") == .notARegularFile)
    // Without a writer, opening a FIFO for reading waits forever.
    let fifo = folder.appendingPathComponent("fifo").path
    let made = unsafe mkfifo(fifo, 0o600)
    try #require(made == 0)
    #expect(error(opening: fifo) == .notARegularFile)
    let socket = try boundSocket(folder.appendingPathComponent("socket").path)
    defer { close(socket) }
    // A socket cannot be opened at all.
    #expect(
      error(opening: folder.appendingPathComponent("socket").path) == .unreadable(errno: ENXIO))
    let loop = folder.appendingPathComponent("loop").path
    try FileManager.default.createSymbolicLink(atPath: loop, withDestinationPath: loop)
    #expect(error(opening: loop) == .unreadable(errno: ELOOP))
    // What it says of itself is a regular file of no bytes, and reading would give some.
    #expect(error(opening: "/proc/self/status") == .notARegularFile)
  }

  @Test("a regular file opens, through a symbolic link too")
  func opens() throws {
    let file = try TemporaryFile(try Self.network.contents().bytes())
    let link = file.folder.appendingPathComponent("link").path
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: file.path)
    for path in [file.path, link] {
      let model = try Model(contentsOf: path)
      let sizes = (model.inputSize, model.outputSize, model.readsTokens)
      #expect(sizes == (3, 9, false))
    }
  }

  @Test("every truncation of a file is refused with its error")
  func truncated() throws {
    let bytes = try Self.network.contents().bytes()
    for count in stride(from: 1, to: bytes.count, by: 97) {
      let file = try TemporaryFile(bytes.prefix(count))
      guard case .invalid = error(opening: file.path) else {
        Issue.record("\(count) bytes: \(String(describing: error(opening: file.path)))")
        return
      }
    }
  }

  @Test("a wrong hash is refused, unless it is not to be checked")
  func hash() throws {
    var bytes = try Self.network.contents().bytes()
    bytes[24] ^= 1
    let file = try TemporaryFile(bytes)
    #expect(error(opening: file.path) == .invalid(BlobError(.hashMismatch, at: 24)))
    let opened = modelError { () throws(ModelError) in
      _ = try Model(contentsOf: file.path, options: .init(checkingHash: false))
    }
    #expect(opened == nil)
  }

  @Test("memory that is not 64-byte aligned, or empty")
  func misaligned() throws {
    let bytes = try Self.network.contents().bytes()
    let shifted = AlignedBytes([UInt8](repeating: 0, count: 64) + bytes)
    for offset in [1, 4, 8, 16, 32, 63] {
      let moved = AlignedBytes([UInt8](repeating: 0, count: offset) + bytes)
      let result = modelError { () throws(ModelError) in
        _ = unsafe try Model(bytes: UnsafeRawBufferPointer(rebasing: moved.raw[offset...]))
      }
      #expect(result == .invalid(BlobError(.misalignedBuffer, at: 0)), "by \(offset)")
    }
    let aligned = modelError { () throws(ModelError) in
      _ = unsafe try Model(bytes: UnsafeRawBufferPointer(rebasing: shifted.raw[64...]))
    }
    #expect(aligned == nil)
    let empty = modelError { () throws(ModelError) in
      _ = unsafe try Model(bytes: UnsafeRawBufferPointer(start: nil, count: 0))
    }
    #expect(empty == .invalid(BlobError(.emptyFile, at: 0)))
    withExtendedLifetime(shifted) {}
  }

  @Test("B40: a file renamed over the mapped one, or unlinked, changes nothing")
  func b40() throws {
    var random = SeededRandom(seed: 72)
    let input = random.floats(50 * 3)
    for set in InstructionSet.runnable {
      let file = try TemporaryFile(try Self.network.contents().bytes())
      let expected = try OpenedNetwork(Self.network, set).stepped(input)
      let model = try Model(contentsOf: file.path, options: .init(instructionSet: set))
      var stream = try ModelStream(model)
      let half = 25 * 3
      var outputs = stream.stepped(Array(input[..<half]), Self.network)
      // Shorter, and of garbage: had the mapping followed the name, this would be SIGBUS.
      let other = file.folder.appendingPathComponent("other")
      try Data([1, 2, 3]).write(to: other)
      let renamed = unsafe rename(other.path, file.path)
      try #require(renamed == 0)
      #expect(try Data(contentsOf: file.url).count == 3)
      outputs += stream.stepped(Array(input[half...]), Self.network)
      #expect(firstDifference(outputs, expected) == nil, "\(set)")
      guard case .invalid = error(opening: file.path) else {
        Issue.record("the new file opened")
        return
      }
      try FileManager.default.removeItem(at: file.folder)
      stream.reset()
      #expect(firstDifference(stream.stepped(input, Self.network), expected) == nil, "unlinked")
      withExtendedLifetime(file) {}
      _ = model.inputSize
    }
  }

  // MARK: - Instruction sets

  @Test(
    "SLUICE_ISA that names nothing is an error", arguments: ["avx", "AVX2", "avx2 ", "sse", "0"])
  func unknownSet(_ name: String) async {
    await #expect(processExitsWith: .success) { [name] in
      unsafe setenv("SLUICE_ISA", name, 1)
      let error = modelError { () throws(ModelError) in _ = try InstructionSet.chosen() }
      precondition(error == .unknownInstructionSet, "\(name): \(String(describing: error))")
      // It speaks before the file is looked at, and not where a set was asked for.
      let bytes = try OpeningTests.network.blob()
      let opening = modelError { () throws(ModelError) in _ = unsafe try Model(bytes: bytes.raw) }
      precondition(opening == .unknownInstructionSet)
      let asked = unsafe try Model(bytes: bytes.raw, options: .init(instructionSet: .baseline))
      precondition(asked.instructionSet == .baseline)
    }
  }

  @Test("SLUICE_ISA forces each set", arguments: InstructionSet.allCases)
  func forcedSet(_ set: InstructionSet) async {
    await #expect(processExitsWith: .success) { [name = set.rawValue as String] in
      unsafe setenv("SLUICE_ISA", name, 1)
      let set = InstructionSet(rawValue: name)!
      let bytes = try OpeningTests.network.blob()
      if set.isRunnable {
        let model = unsafe try Model(bytes: bytes.raw)
        precondition(model.instructionSet == set)
        var stream = try ModelStream(model)
        let expected = try OpenedNetwork(OpeningTests.network, set).stepped([1, 2, 3])
        precondition(stream.stepped([1, 2, 3], OpeningTests.network) == expected)
      } else {
        let error = modelError { () throws(ModelError) in _ = unsafe try Model(bytes: bytes.raw) }
        precondition(error == .unavailableInstructionSet(set))
      }
      withExtendedLifetime(bytes) {}
    }
  }

  @Test("unset or empty, the best is chosen")
  func bestSet() async {
    await #expect(processExitsWith: .success) {
      unsafe unsetenv("SLUICE_ISA")
      let unset = try InstructionSet.chosen()
      unsafe setenv("SLUICE_ISA", "", 1)
      let empty = try InstructionSet.chosen()
      let asked = try InstructionSet.chosen(.baseline)
      precondition(unset == .best && empty == .best && asked == .baseline)
      precondition(InstructionSet.runnable.contains(.best))
      precondition(InstructionSet.runnable.first == .baseline)
    }
  }

  // MARK: - Misuse

  @Test(
    "wrong sizes stop the program", arguments: ["input", "output", "process", "tokens", "block"])
  func misuse(_ what: String) async {
    await #expect(processExitsWith: .failure) { [what] in
      let opened = try OpenedNetwork(OpeningTests.network, .baseline)
      var stream = try opened.stream()
      var y = [Float](repeating: 0, count: 9)
      switch what {
      case "input": stream.step([1, 2], into: &y)
      case "output":
        y.removeLast()
        stream.step([1, 2, 3], into: &y)
      case "process": stream.process([1, 2, 3, 4], into: &y)
      case "tokens": stream.step(token: 0, into: &y)
      default: _ = try opened.stream(blockSize: 0)
      }
    }
  }

  @Test("what memory cannot hold is an error", arguments: [1 << 45, 1 << 57, Int.max])
  func outOfMemory(_ count: Int) throws {
    let opened = try OpenedNetwork(Self.network, .baseline)
    let stream = modelError { () throws(ModelError) in
      _ = try ModelStream(opened.model, blockSize: count)
    }
    #expect(stream == .outOfMemory)
    let batch = modelError { () throws(ModelError) in
      _ = try StreamBatch(opened.model, count: count)
    }
    #expect(batch == .outOfMemory)
  }

  @Test("each error says what is wrong")
  func descriptions() {
    let errors: [ModelError] = [
      .unreadable(errno: ENOENT), .notARegularFile, .invalid(BlobError(.emptyFile, at: 0)),
      .unknownInstructionSet, .unavailableInstructionSet(.avx512), .outOfMemory,
    ]
    let texts = errors.map(\.description)
    #expect(texts.allSatisfy { $0.count > 8 })
    #expect(Set(texts).count == texts.count)
    #expect(texts[0] == "No such file or directory")
    #expect(texts[4].contains("avx512"))
  }

  private func boundSocket(_ path: String) throws -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let result = unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, size)
      }
    }
    try #require(result == 0, "\(path)")
    return descriptor
  }
}
