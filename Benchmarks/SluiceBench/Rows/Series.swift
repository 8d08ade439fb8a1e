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
      targets[.avx512] = value(self.targets, index)
      peers[.avx512] = value(self.peers, index)
      if let peer = value(avx2Peers, index) {
        targets[.avx2] = peer / 1.2
        peers[.avx2] = peer
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
