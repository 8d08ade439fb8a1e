import Sluice
import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork
import TestSupport

/// Inputs to begin with that follow from code; the others are fixtures.
enum Seeds {
  /// Writes a target's seeds into a folder.
  static func write(of target: FuzzTarget, to folder: String) {
    do {
      switch target {
      case .blob:
        for sample in SampleBlobs.Sample.allCases {
          for type in [StorageType.f32, .f16, .bf16, .int8, .int4] {
            let bytes = try SampleBlobs.contents(sample).stored(as: type).bytes()
            try BlobFile.write(bytes, to: "\(folder)/\(sample)-\(type)")
          }
        }
      case .network:
        var random = SeededRandom(seed: 1)
        for index in 0..<64 {
          let bytes = (0..<64).map { _ in UInt8(truncatingIfNeeded: random.next()) }
          try BlobFile.write(bytes, to: "\(folder)/\(index)")
        }
      case .state: try BlobFile.write(StateAttack.seed(), to: "\(folder)/state")
      default: break
      }
    } catch {
      finding("\(error)")
    }
  }
}
