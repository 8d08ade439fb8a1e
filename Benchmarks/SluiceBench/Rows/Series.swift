import Sluice
import SluiceBlob

/// One line of a table of targets: a cell, called one way, over a range of sizes.
struct Series {
  let table: String
  let cell: Row.Cell
  let mode: Row.Mode
  var storage = Row.Storage.f32
  var grade = ActivationGrade.exact
  let sizes: [(inputs: Int, hidden: Int)]
  /// Targets with AVX-512, one a size; none where the series is for information.
  var targets: [Double?] = []
  /// The best peer, likewise.
  var peers: [Double?] = []
  /// The best AVX2 build of a peer: the target with AVX2 is 1.2 times as fast.
  var avx2Peers: [Double?] = []

  /// The rows, one a size.
  var rows: [Row] {
    sizes.indices.map { index in
      var (targets, peers): ([InstructionSet: Double], [InstructionSet: Double]) = ([:], [:])
      // By name, because every architecture has sets of its own.
      for set in InstructionSet.allCases {
        switch set.rawValue {
        case "avx512":
          targets[set] = value(self.targets, index)
          peers[set] = value(self.peers, index)
        case "avx2":
          targets[set] = value(avx2Peers, index).map { $0 / 1.2 }
          peers[set] = value(avx2Peers, index)
        default: break
        }
      }
      return Row(
        cell: cell, mode: mode, storage: storage, grade: grade, inputs: sizes[index].inputs,
        hidden: sizes[index].hidden, targets: targets, peers: peers)
    }
  }

  private func value(_ values: [Double?], _ index: Int) -> Double? {
    index < values.count ? values[index] : nil
  }
}
