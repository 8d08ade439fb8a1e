import _SluiceContract
import _SluiceSystem

extension ModelStream {
  /// Whether the state holds neither NaN nor infinity.
  ///
  /// One such input can make every later output of a recurrent network NaN: looking after each step
  /// finds it on the step where it happens, and ``reset()`` mends the stream. It looks at h of every
  /// recurrent layer, of which C of a plain LSTM is a part: h = o * tanh C is NaN where C is, and C,
  /// which grows by 1 a step at most, is never infinite. At C itself where the activations are others,
  /// and at the columns that a convolution keeps. Not at what pads a vector to a whole line: an
  /// infinite input times a weight of 0 leaves NaN there, which reaches no unit.
  ///
  /// - Complexity: one pass over the hidden states: about 3 ns for 128 units.
  public var isFinite: Bool {
    // The kernels multiply infinities by zero, which the caller may have trapped.
    let caller = sluice_begin_floats()
    defer { sluice_end_floats(caller) }
    return isFiniteAsComputed
  }

  /// ``isFinite``, where floats are computed with as the kernels expect it.
  var isFiniteAsComputed: Bool {
    var index = 0
    while index < plan.layerCount {
      let layer = plan[index]
      if layer.isRecurrent {
        let h = unsafe buffer + layer.outputOffset + phase &* layer.stride
        guard unsafe isFinite(h, layer.outputSize) else { return false }
      }
      if !layer.showsItsSecondVector {
        guard unsafe isFinite(buffer + layer.cellOffset, layer.secondVectorSize) else {
          return false
        }
      }
      index &+= 1
    }
    return true
  }

  /// Whether `count` floats from the start of a line are finite: whole lines by the kernels, what the
  /// last line has of them one by one.
  @inline(__always)
  private func isFinite(_ floats: UnsafePointer<Float>, _ count: Int) -> Bool {
    let whole = count & ~15
    if whole > 0, unsafe !instructionSet.isFinite(floats, whole) { return false }
    var at = whole
    while at < count {
      guard unsafe floats[at].bitPattern.isOfFiniteFloat else { return false }
      at &+= 1
    }
    return true
  }
}

extension UInt32 {
  /// Whether these are the bits of a float that is neither NaN nor infinite.
  package var isOfFiniteFloat: Bool { self & 0x7F80_0000 != 0x7F80_0000 }
}
