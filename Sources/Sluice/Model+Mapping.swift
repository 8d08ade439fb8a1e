import SluiceBlob
import _SluiceSystem

extension Model {
  /// Maps a file for execution where it lies, but for its header and records: those are a copy. They
  /// decide which memory is read, so that what was validated must be what is used, also where the file
  /// is rewritten meanwhile.
  ///
  /// - Throws: ``ModelError``; nothing stays mapped.
  static func map(
    _ path: UnsafePointer<CChar>, prefaulting: Bool
  ) throws(ModelError) -> UnsafeMutableRawBufferPointer {
    var file: Int32 = -1
    var count = 0
    try check(unsafe sluice_open_regular(path, &file, &count))
    defer { close(file) }
    var mapping: UnsafeMutableRawPointer?
    try check(unsafe sluice_map(file, count, prefaulting, &mapping))
    guard let start = unsafe mapping else { throw .outOfMemory }
    let bytes = unsafe UnsafeMutableRawBufferPointer(start: start, count: count)
    let refusal = unsafe copyRecords(of: file, to: start, count)
    if refusal != 0 {
      unsafe sluice_unmap(start, count)
      try check(refusal)
    }
    return unsafe bytes
  }

  /// Puts pages of our own, with the file's bytes, in the place of those that header and records lie
  /// in. 0, or an errno.
  private static func copyRecords(
    of file: Int32, to start: UnsafeMutableRawPointer, _ count: Int
  ) -> Int32 {
    let page = Int(getpagesize())
    var done = 0
    // First the header with the table of sections, which say where the records end.
    var end = 1
    while done < end {
      let next = min((end &+ page &- 1) / page &* page, (count &+ page &- 1) / page &* page)
      var refusal = unsafe sluice_map_over(start + done, next &- done)
      if refusal == 0 { refusal = unsafe sluice_read(file, start, done, min(next, count)) }
      if refusal != 0 { return refusal }
      done = next
      let head = unsafe UnsafeRawBufferPointer(start: start, count: min(done, count))
      end = unsafe min(BlobView.recordsEnd(in: head), count)
    }
    return unsafe sluice_protect(start, done)
  }
}
