import SluiceBlob
import _SluiceContract
import _SluiceSystem

extension Model {
  /// Steps that a stream takes through a layer at once where nothing is said: by the sizes of the layers, and
  /// fewer where ``Options/maximumStreamByteCount`` asks for it.
  public var usualBlockSize: Int {
    var size = unsafe plan.model.pointee.block_size
    while size > 1, excess(streamOf: size) != nil { size /= 2 }
    return size
  }
}

extension UnsafeMutablePointer<sluice_model> {
  /// The block size that the layers ask for.
  ///
  /// Steps of a block share one pass over W, while U is read at each: once W lies beyond the nearest caches, more
  /// steps a pass are faster, until the rows between the two take the caches themselves. An LSTM of 256x256 takes
  /// 5 % longer by 32 steps than by 250, one of 512x512 7 %; one of 64x64 2 %, which no kilobytes are worth. One
  /// of 1024x1024 takes 16 % longer: its rows may take a sixteenth of the weights.
  var usualBlockSize: Int {
    let usual = 32
    var widest = 0
    for index in unsafe 0..<pointee.record_count {
      let facts = unsafe pointee.facts[index]
      if unsafe facts.hidden_state_size > 0 { unsafe widest = max(widest, facts.weight_bytes) }
    }
    guard widest > 512 << 10 else { return usual }
    let budget = max(512 << 10, widest / 16)
    let row =
      unsafe 4
      * (pointee.slot_count * pointee.longest_stride + pointee.longest_projection
        + pointee.quantised_input)
    let fitting = min(max(budget / max(row, 1), 16), 250)
    // A whole sequence is a block there.
    return unsafe pointee.reads_backwards ? max(fitting, usual) : fitting
  }
}
