#if !hasFeature(Embedded)
  import _SluiceContract
  import _SluiceSystem

  /// What a sequence remembers and nothing else: of each layer h, then C or the columns that a convolution keeps,
  /// without what pads them. Every model of the same topology packs the same floats, whatever its weights' types,
  /// so that the packed state of one is one of the others.
  extension Model {
    /// Floats of a packed state.
    package var packedStateCount: Int {
      var (count, index) = (0, 0)
      while index < plan.layerCount {
        let layer = plan[index]
        count &+= (layer.isRecurrent ? layer.outputSize : 0) &+ layer.secondVectorSize
        index &+= 1
      }
      return count
    }

    /// Whether both have the same ``topologyHash``, and states of the same shapes.
    package func hasTopology(of other: borrowing Model) -> Bool { plan.hasTopology(of: other.plan) }

    package func hasToken(_ token: Int) -> Bool { plan.hasToken(token) }
  }

  /// Without preconditions, for callers who have looked: every `row` is one of the batch's.
  extension StreamBatch {
    private func place(at row: Int) -> StatePlace { unsafe StatePlace(buffer, of: count, row: row) }

    /// Writes a stream's packed state, `[packedStateCount]`.
    package func packRow(_ row: Int, to floats: UnsafeMutablePointer<Float>) {
      let place = place(at: row)
      var (target, index) = (UnsafeMutableRawPointer(floats), 0)
      while index < plan.layerCount {
        let layer = plan[index]
        if layer.isRecurrent {
          unsafe memcpy(target, place.hidden(layer), 4 &* layer.outputSize)
          unsafe target += 4 &* layer.outputSize
        }
        unsafe memcpy(target, place.second(layer), 4 &* layer.secondVectorSize)
        unsafe target += 4 &* layer.secondVectorSize
        index &+= 1
      }
    }

    /// Continues a stream from a packed state.
    package func unpackRow(_ row: Int, from floats: UnsafePointer<Float>) {
      let place = place(at: row)
      var (source, index) = unsafe (UnsafeRawPointer(floats), 0)
      while index < plan.layerCount {
        let layer = plan[index]
        if layer.isRecurrent {
          unsafe unpack(&source, layer.outputSize, to: place.hidden(layer), layer.stride)
        }
        unsafe unpack(
          &source, layer.secondVectorSize, to: place.second(layer), layer.cellStride)
        index &+= 1
      }
    }

    /// Zeros in what pads the vector to `stride` floats, as in a fresh stream.
    private func unpack(
      _ source: inout UnsafeRawPointer, _ count: Int, to target: UnsafeMutableRawPointer,
      _ stride: Int
    ) {
      guard stride > 0 else { return }
      unsafe memcpy(target, source, 4 &* count)
      unsafe memset(target + 4 &* count, 0, 4 &* (stride &- count))
      unsafe source += 4 &* count
    }

    /// Writes a stream's saved state, `[plan.stateByteCount]`.
    package func saveRow(_ row: Int, to state: UnsafeMutableRawPointer) {
      unsafe plan.save(place(at: row), phase: 0, to: state)
    }

    /// Continues a stream from a saved state; where that is refused, nothing changed.
    package func restoreRow(_ row: Int, from state: UnsafeRawBufferPointer) -> StateError? {
      if let refused = unsafe plan.refusal(of: state) { return refused }
      let start = unsafe UnsafeMutableRawPointer(mutating: state.baseAddress!)
      let saved = unsafe StatePlace(
        start + SavedState.headSize, phase: plan.savedPhase(state.baseAddress!))
      plan.copyState(from: saved, plan, to: place(at: row))
      return nil
    }

    /// One time step of the first `rows` streams: x(t) `[rows, inputSize]`, y(t) `[rows, outputSize]`. Nothing of
    /// the others is read or written.
    package func stepFirst(
      _ rows: Int, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
    ) {
      let caller = sluice_begin_floats()
      defer { sluice_end_floats(caller) }
      unsafe run(first: rows, x, stride: plan.inputSize, into: y)
    }

    /// The same of `[rows]` token ids, all of which the model has.
    package func stepFirst(
      _ rows: Int, tokens: UnsafePointer<Int32>, into y: UnsafeMutablePointer<Float>
    ) {
      let caller = sluice_begin_floats()
      defer { sluice_end_floats(caller) }
      let inputs = unsafe inputRows
      var row = 0
      while row < rows {
        unsafe plan.writeFeatures(of: Int(tokens[row]), to: inputs + row &* plan.inputStride)
        row &+= 1
      }
      unsafe run(first: rows, inputs, stride: plan.inputStride, into: y)
    }
  }
#endif
