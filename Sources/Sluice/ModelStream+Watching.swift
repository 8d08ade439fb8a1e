import _SluiceContract

/// How many of the values that were looked at lie where they should not.
package struct WatchedShare {
  /// Values that were looked at.
  package var count: UInt64 = 0
  /// Those beyond.
  package var beyond: UInt64 = 0

  /// None.
  package init() {}

  package mutating func note(_ isBeyond: Bool) {
    count &+= 1
    beyond &+= isBeyond ? 1 : 0
  }

  mutating func note(
    _ values: UnsafePointer<Float>, _ count: Int, beyond limit: Float
  ) {
    var index = 0
    while index < count {
      // A NaN is cut off too.
      note(unsafe !(values[index].magnitude <= limit))
      index &+= 1
    }
  }
}

extension ModelStream {
  /// The hash of the model, as ``Model/hash``.
  package var modelHash: UInt64 { plan.hash }
}

/// What who watches a stream looks at beside its steps, which are as they are.
extension ModelStream {
  /// Of the integer layers whose scales the blob stores: what they will read of `x`, `[inputSize]`, and of h, at the
  /// step to come, and what is cut off.
  package func noteSaturation(ofInput x: UnsafePointer<Float>, in share: inout WatchedShare) {
    var index = 0
    while index < plan.layerCount {
      let layer = plan[index]
      if layer.source < 0, let limit = layer.inputLimit {
        unsafe share.note(x, layer.inputSize, beyond: limit)
      }
      if let limit = layer.hiddenLimit {
        unsafe share.note(
          layer.vector(phase, in: memory), layer.outputSize, beyond: limit)
      }
      index &+= 1
    }
  }

  /// The same of what they read of each other at the step that was last.
  package func noteSaturationBetweenLayers(in share: inout WatchedShare) {
    var index = 0
    while index < plan.layerCount {
      let layer = plan[index]
      if layer.source >= 0, let limit = layer.inputLimit {
        let read = plan[layer.source]
        unsafe share.note(
          read.vector(phase, in: memory), layer.inputSize, beyond: limit)
      }
      index &+= 1
    }
  }
}

extension PlannedLayer {
  /// Features read at a step.
  fileprivate var inputSize: Int { unsafe layer.pointee.input_size }

  /// The greatest magnitude that a stored scale of x lets through; nil where there is no such scale.
  fileprivate var inputLimit: Float? {
    guard readsIntegers else { return nil }
    let step = unsafe layer.pointee.compact.input.step
    return step > 0 ? 127.5 * step : nil
  }

  /// The same of h. 1/127 is no such scale: it is there because |h| <= 1.
  fileprivate var hiddenLimit: Float? {
    guard readsIntegers, isRecurrent else { return nil }
    let step = unsafe layer.pointee.compact.hidden.step
    return step > 0 && step != 1 / 127 ? 127.5 * step : nil
  }

  private var readsIntegers: Bool {
    unsafe (isOverColumns ? layer.pointee.inner : layer.pointee.kernel) == sluice_kernel_compact
      && (layer.pointee.compact.storage == sluice_storage_int8
        || layer.pointee.compact.storage == sluice_storage_int4)
  }
}
