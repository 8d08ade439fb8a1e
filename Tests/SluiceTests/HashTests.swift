import Sluice
import TestSupport
import Testing

/// Long runs compared by hash; `tools/prove-bits` runs the same over 100,000 steps.
@Suite struct HashTests {
  @Test("step = block = batch on every fused instruction set, 1500 steps", arguments: Cell.allCases)
  func sameBits(_ cell: Cell) throws {
    for (name, network) in HashedNetworks.all where name.hasPrefix(cell.rawValue + " ") {
      var first: UInt64?
      for set in InstructionSet.runnableFused {
        let opened = try OpenedNetwork(network, set)
        for way in Way.allCases {
          for hash in try opened.outputHashes(way, steps: 1500) {
            #expect(hash == first ?? hash, "\(name): \(set), \(way)")
            first = first ?? hash
          }
        }
      }
    }
  }

  @Test("a changed bit changes the hash")
  func differentBits() throws {
    let opened = try OpenedNetwork(
      .recurrent(.lstm, inputSize: 3, hiddenSize: 7, seed: 1), .baseline)
    for way in Way.allCases {
      let one = try opened.outputHashes(way, steps: 50)
      #expect(try opened.outputHashes(way, steps: 50) == one)
      #expect(try opened.outputHashes(way, steps: 50, seed: 22) != one)
      #expect(try opened.outputHashes(way, steps: 49) != one)
    }
  }
}
