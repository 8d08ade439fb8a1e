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
          let contents = SampleBlobs.contents(sample)
          // Some are of integers as they are.
          guard contents.layers.allSatisfy({ $0.record.storage == .f32 }) else {
            try BlobFile.write(contents.bytes(), to: "\(folder)/\(sample)")
            continue
          }
          for type in [StorageType.f32, .f16, .bf16, .int8, .int4] {
            let bytes = try contents.stored(as: type).bytes()
            try BlobFile.write(bytes, to: "\(folder)/\(sample)-\(type)")
          }
        }
      case .network:
        var random = SeededRandom(seed: 1)
        for index in 0..<64 {
          let bytes = (0..<64).map { _ in UInt8(truncatingIfNeeded: random.next()) }
          try BlobFile.write(bytes, to: "\(folder)/\(index)")
        }
      case .raw: try BlobFile.write([0, 0, 0x80, 0x3F, 0, 0, 0xC0, 0x7F], to: "\(folder)/raw")
      case .csv:
        try BlobFile.write(Array("a,b\n1,-2.5e3\n\"3\",\n\nNaN,4\n".utf8), to: "\(folder)/csv")
      case .jsonl:
        try BlobFile.write(Array("[1,-2.5e3]\n[null,4]\nnull\n".utf8), to: "\(folder)/jsonl")
      case .state: try BlobFile.write(StateAttack.seed(), to: "\(folder)/state")
      default: break
      }
    } catch {
      finding("\(error)")
    }
  }
}
