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
  ///
  /// Inlined, or the stream is handed over by value: read in vectors, of which the step has just written a word.
  @inline(__always)
  var isFiniteAsComputed: Bool {
    var index = 0
    while index < plan.layerCount {
      let layer = plan[index]
      if layer.isRecurrent {
        let h = unsafe layer.vector(phase, in: memory)
        guard unsafe instructionSet.isFinite(h, layer.outputSize) else { return false }
      }
      let count = layer.showsItsSecondVector ? 0 : layer.secondVectorSize
      if count > 0 {
        guard unsafe instructionSet.isFinite(buffer + layer.cellOffset, count) else { return false }
      }
      index &+= 1
    }
    return true
  }
}

extension UInt32 {
  /// Whether these are the bits of a float that is neither NaN nor infinite.
  package var isOfFiniteFloat: Bool { self & 0x7F80_0000 != 0x7F80_0000 }
}
