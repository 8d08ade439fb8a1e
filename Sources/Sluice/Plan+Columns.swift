import SluiceBlob
import _SluiceContract
import _SluiceSystem

extension sluice_columns {
  /// The columns of a layer; `part` is the input that this layer of the plan reads, of several.
  init(_ record: LayerRecord, partStart: Int, partSize: Int) {
    let shape = record.columns
    self.init()
    length = max(shape.length, 1)
    output_length = record.outputLength
    input_channels = partSize / length
    output_channels = record.outputChannels
    kernel_size = shape.kernelSize
    stride = shape.stride
    dilation = shape.dilation
    before = shape.before
    after = shape.after
    epsilon = shape.epsilon
    masked = record.maskValue
    past = record.pastLength * record.inputChannels
    delay = record.delay
    // Behind a delay's steps stands which of them is the oldest.
    if record.kind == .delay { past = record.stateSize + 1 }
    past_stride = past.paddedToLine
    if record.kind == .convolution, record.paddedLength > shape.length {
      window = (record.paddedLength * record.inputChannels).paddedToLine
    }
    is_along = shape.recurrence == .along
    is_reverse = record.isOverColumns && record.direction.isReverse
    has_cell = record.kind == .lstm
    input_start = shape.start
    output_start = partStart / length
    count =
      record.kind == .slice
      ? output_channels : record.kind == .mask ? record.maskCount : input_channels
  }

  /// Floats of scratch that a convolution needs; where its weights are integers also for rows and what is left of
  /// them, for the sums and the integers of both.
  func scratchFloats(isInteger: Bool) -> Int {
    guard kernel_size > 0 else { return 0 }
    let rows = Int(sluice_convolution_rows)
    let size = kernel_size * input_channels
    let integers =
      isInteger
      ? rows * (size.paddedToLine + output_channels.paddedToLine + sluice_quantised_pitch(size) / 4)
      : 0
    let gathered = dilation > 1 && kernel_size > 1 ? rows * kernel_size * input_channels : 0
    let spread = output_channels % 16 == 0 ? 0 : rows * output_channels.paddedToLine
    return window + gathered.paddedToLine + spread + integers
  }
}

extension UnsafeMutablePointer<sluice_model> {
  /// The plan's layer that writes what the blob's layer `record` writes: the last of its parts.
  ///
  /// - Parameter planned: layers that the plan has so far, ascending by their records.
  func layer(ofRecord record: Int, _ planned: Int) -> Int {
    var (low, high) = (0, planned)
    while low < high {
      let middle = (low &+ high) / 2
      if unsafe Int(pointee.layers[middle].record) <= record {
        low = middle &+ 1
      } else {
        high = middle
      }
    }
    return low &- 1
  }

  /// Gives every layer the rows of a block that it writes: the first that nobody reads any more.
  ///
  /// In a chain two take turns. An embedding's rows are the second.
  func assignSlots() {
    let layers = unsafe pointee.layers
    let slots = unsafe pointee.slots
    let count = unsafe pointee.layer_count
    for slot in 0..<count + 2 { unsafe slots[slot] = -1 }
    for index in 0..<count {
      let record = unsafe layers[index].record
      let source = unsafe Int(layers[index].source)
      unsafe layers[index].reader = record
      if source >= 0 {
        unsafe layers[source].reader = record
      } else if unsafe pointee.embedding != nil {
        unsafe slots[1] = record
      }
    }
    var index = 0
    while index < count {
      let record = unsafe layers[index].record
      var slot = 0
      while unsafe slots[slot] >= record { slot += 1 }
      unsafe pointee.slot_count = max(pointee.slot_count, slot + 1)
      // Its parts write to the same rows.
      while unsafe index < count && layers[index].record == record {
        unsafe layers[index].slot = Int32(slot)
        unsafe slots[slot] = layers[index].reader
        index += 1
      }
    }
  }
}
