import Sluice
import SluiceBlob
import TestSupport

/// Blobs from anywhere: refused with a place, or harmless.
enum BlobAttack {
  /// Opens the bytes, with and without their hash, and runs what opens.
  static func run(_ input: [UInt8]) {
    // A whole number of lines can begin at one and end at the forbidden page.
    let file = GuardedBytes(
      input + [UInt8](repeating: 0, count: input.count % 64 == 0 ? 0 : 64 - input.count % 64))
    let bytes = unsafe UnsafeRawBufferPointer(rebasing: file.raw[..<input.count])
    defer { keep(file) }
    let unchecked = unsafe refusal(bytes, checkingHash: false)
    let checked = unsafe refusal(bytes, checkingHash: true)
    if let unchecked {
      guard checked != nil else { finding("opens with its hash, but not without") }
      if unchecked.offset < 0 || unchecked.offset > input.count {
        finding("refused at byte \(unchecked.offset) of \(input.count)")
      }
      return
    }
    if let checked, checked.kind != .hashMismatch {
      finding("\(checked) where only a hash was wrong")
    }
    unsafe read(bytes)
    let features = input.prefix(16).map { Float($0) / 64 - 2 } + [1, -0.5]
    do throws(ModelError) {
      try Running(file, features: features).run()
    } catch {
      guard case .invalid(let error) = error, error.kind == .unsupportedStorage else {
        finding("\(error) in a sound blob")
      }
    }
  }

  private static func refusal(
    _ bytes: UnsafeRawBufferPointer, checkingHash: Bool
  ) -> BlobError? {
    do throws(BlobError) {
      _ = unsafe try BlobView(validating: bytes, checkingHash: checkingHash)
      return nil
    } catch {
      return error
    }
  }

  /// Copies all that a sound blob holds, and writes it again.
  private static func read(_ bytes: UnsafeRawBufferPointer) {
    do throws(BlobError) {
      let view = unsafe try BlobView(validating: bytes, checkingHash: false)
      for id in 0..<view.vocabularyCount {
        let found = unsafe view.tokenID(of: view.word(at: id))
        if found != id { finding("word \(id) is found as \(found.map(String.init) ?? "none")") }
      }
      _ = try BlobContents(view).bytes()
    } catch {
      finding("\(error) when written again")
    }
  }
}
