import Glibc
import Sluice
import SluiceBlob
import TestSupport

/// Runs kernels for the checks of `tools/`, which read what it prints.
///
///     KernelProbe bits [STEPS]         every way and instruction set gives the same bits, by hash
///     KernelProbe hashes ISA [STEPS]   the hashes of one instruction set, for another process's
///     KernelProbe count [FOLDER]       steps of fixed kernels, to be counted by callgrind; FOLDER gets each
///                                      one's blob and inputs, for the C library to do the same
///     KernelProbe blobs FOLDER SIZE... a blob of each cell, number of units and type of weights
///     KernelProbe large FILE           an LSTM of 64 MiB
///     KernelProbe speech FILE          what says of itself that it is for voice activity at 8 kHz
///     KernelProbe quiet FOLDER SIZE... the same without biases: silence in, silence out
@main
struct KernelProbe {
  static func main() throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    switch arguments.first {
    case "bits": exit(try compareBits(steps: steps(arguments, at: 1, default: 100_000)) ? 0 : 1)
    case "hashes":
      guard let set = arguments.dropFirst().first.flatMap(InstructionSet.init) else { usage() }
      try printHashes(set, steps: steps(arguments, at: 2, default: 200))
    case "count": try Counting.run(writingTo: arguments.dropFirst().first)
    case "large":
      guard arguments.count == 2 else { usage() }
      try TestNetwork.recurrent(.lstm, inputSize: 1024, hiddenSize: 1600, seed: 1)
        .write(to: arguments[1])
    case "speech":
      guard arguments.count == 2 else { usage() }
      var random = SeededRandom(seed: 3)
      let cell = RecurrentTensors(.lstm, inputSize: 288, hiddenSize: 24, &random)
      let network = TestNetwork([.recurrent(cell), .dense(1, from: 24, .sigmoid, &random)])
      try network.write(
        to: arguments[1],
        metadata:
          #"{"task": "voice-activity", "sample_rate": 8000, "hop": 256, "context": 32}"#)
    case "blobs", "quiet":
      guard arguments.count > 2 else { usage() }
      for index in 2..<arguments.count {
        try writeBlobs(
          units: steps(arguments, at: index, default: 1), areQuiet: arguments[0] == "quiet",
          to: arguments[1])
      }
    default: usage()
    }
  }

  private static func usage() -> Never {
    print(
      "usage: KernelProbe bits [STEPS] | hashes ISA [STEPS] | count [FOLDER] | (blobs | quiet) FOLDER SIZE... "
        + "| large FILE | speech FILE"
    )
    exit(2)
  }

  private static func steps(_ arguments: [String], at index: Int, default steps: Int) -> Int {
    guard index < arguments.count else { return steps }
    guard let steps = Int(arguments[index]), steps > 0 else { usage() }
    return steps
  }

  /// A line a network: its hash, or every hash where they differ.
  private static func compareBits(steps: Int) throws -> Bool {
    let fused = try compareBits(
      of: HashedNetworks.fused,
      on: InstructionSet.runnableFused,
      steps: steps)
    let sums = try compareBits(
      of: HashedNetworks.integerSums, on: InstructionSet.runnable, steps: steps)
    return fused && sums
  }

  private static func compareBits(
    of networks: [(name: String, network: TestNetwork)], on sets: [InstructionSet], steps: Int
  ) throws -> Bool {
    print(
      "\(steps) steps, \(Way.allCases.map(\.rawValue).joined(separator: " = ")), "
        + sets.map(\.rawValue).joined(separator: " = "))
    var allSame = true
    for (name, network) in networks {
      let start = ContinuousClock.now
      var found: [(way: String, hash: UInt64)] = []
      for set in sets {
        let opened = try OpenedNetwork(network, set)
        for way in Way.allCases {
          for hash in try opened.outputHashes(way, steps: steps) {
            found.append(("\(set.rawValue) \(way.rawValue)", hash))
          }
        }
      }
      let taken = (ContinuousClock.now - start) / Duration.seconds(1)
      let same = found.allSatisfy { $0.hash == found[0].hash }
      allSame = allSame && same && !found.isEmpty
      let rows = same ? [("", found.first?.hash ?? 0)] : found.map { (" " + $0.way, $0.hash) }
      for (way, hash) in rows {
        print("\(name.padded(36))\(hex(hash))\(way)  \(Double(Int(taken * 10)) / 10) s")
      }
      fflush(nil)
      if !same { print("\(name): DIFFERENT BITS") }
    }
    return allSame
  }

  private static func printHashes(_ set: InstructionSet, steps: Int) throws {
    for (name, network) in HashedNetworks.fused {
      let opened = try OpenedNetwork(network, set)
      for way in Way.allCases {
        for hash in try opened.outputHashes(way, steps: steps) {
          print("\(name.padded(36))\(way.rawValue.padded(6))\(hex(hash))")
        }
      }
    }
  }

  private static func writeBlobs(units: Int, areQuiet: Bool, to folder: String) throws {
    let inputs = max(1, units / 2)
    var random = SeededRandom(seed: UInt64(700 + units))
    for cell in Cell.allCases {
      var tensors = RecurrentTensors(
        cell, inputSize: inputs, hiddenSize: units, withState: !areQuiet, &random)
      if areQuiet {
        tensors.biasInput = tensors.biasInput.map { _ in 0 }
        tensors.biasHidden = tensors.biasInput
      }
      let name = "\(cell.rawValue)-\(inputs)x\(units)"
      for type in [.f32, .f16, .bf16, .int8, .int4] as [StorageType] {
        try TestNetwork([.recurrent(tensors)]).stored(as: type)
          .write(to: "\(folder)/\(name)-\(type).sluice")
      }
      for type in [.f32, .int8] as [StorageType] {
        try TestNetwork([.recurrent(tensors)]).stored(as: type).pruned(keeping: 0.4)
          .write(to: "\(folder)/\(name)-sparse-\(type).sluice")
      }
    }
  }

  private static func hex(_ hash: UInt64) -> String {
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
