#if SLUICE_AVX512
  /// The sums of four gates for `pairs` pairs of panels and an odd last panel, one row of inputs.
  ///
  /// `vectors` is 4 for each pair, and 2 for a last panel, whose gates fill two registers. Each input
  /// is broadcast once for all of them: a small layer's time goes into reading, and a broadcast reads
  /// as much as a vector of weights. The chains are those of `Sums`.
  struct JointSums<let pairs: Int, let vectors: Int> {
    var even = InlineArray<vectors, PanelPair>(repeating: PanelPair(repeating: 0))
    var odd = InlineArray<vectors, PanelPair>(repeating: PanelPair(repeating: 0))

    /// Where a vector's weights of a column, or its biases, lie: a pair's from `pairs`, those of the
    /// last panel from `single`.
    @inline(always)
    private func at(
      _ vector: Int, _ first: UnsafePointer<Float>, tilePitch: Int, _ single: UnsafePointer<Float>
    ) -> UnsafePointer<Float> {
      unsafe vector < 4 &* pairs
        ? first + (vector &>> 2) &* tilePitch + (vector & 3) &* 16
        : single + (vector &- 4 &* pairs) &* 16
    }

    @inline(always)
    mutating func start(at biases: UnsafePointer<Float>, tilePitch: Int) {
      let single = unsafe biases + pairs &* tilePitch
      for vector in 0..<vectors {
        even[vector] = unsafe load(
          at(vector, biases, tilePitch: tilePitch, single), as: PanelPair.self)
      }
    }

    /// Adds `count` columns of the weights: those of the first pair from `first` on, tiles
    /// `tilePitch` floats apart, those of the last panel from `single` on.
    @inline(always)
    mutating func add(
      _ first: UnsafePointer<Float>, tilePitch: Int, _ single: UnsafePointer<Float>,
      _ x: UnsafePointer<Float>, count: Int
    ) {
      var (w, s) = unsafe (first, single)
      var k = 0
      while k < count &- 1 {
        let x0 = unsafe PanelPair(repeating: x[k])
        let x1 = unsafe PanelPair(repeating: x[k &+ 1])
        for vector in 0..<vectors {
          let v = unsafe at(vector, w, tilePitch: tilePitch, s)
          let pitch = vector < 4 &* pairs ? 64 : 32
          even[vector] = unsafe multiplyAdd(load(v, as: PanelPair.self), x0, even[vector])
          odd[vector] = unsafe multiplyAdd(load(v + pitch, as: PanelPair.self), x1, odd[vector])
        }
        unsafe w += 128
        unsafe s += 64
        k &+= 2
      }
      if k < count {
        let x0 = unsafe PanelPair(repeating: x[k])
        for vector in 0..<vectors {
          let v = unsafe at(vector, w, tilePitch: tilePitch, s)
          even[vector] = unsafe multiplyAdd(load(v, as: PanelPair.self), x0, even[vector])
        }
      }
    }

    /// The four gates' sums of a pair.
    @inline(always)
    func pair(_ tile: Int) -> InlineArray<4, PanelPair> {
      var total = InlineArray<4, PanelPair>(repeating: PanelPair(repeating: 0))
      for gate in 0..<4 { total[gate] = even[4 &* tile &+ gate] + odd[4 &* tile &+ gate] }
      return total
    }

    /// The four gates' sums of the last panel, two in a vector.
    @inline(always)
    var single: InlineArray<2, PanelPair> {
      [
        even[vectors &- 2] + odd[vectors &- 2], even[vectors &- 1] + odd[vectors &- 1],
      ]
    }
  }

  extension PackedGates {
    /// The sums of `pairs` pairs from `tile` on and of the panel behind them, from `column` on.
    @inline(always)
    func jointSums<let pairs: Int, let vectors: Int>(
      _ tile: Int, biases: UnsafePointer<Float>?, column: Int, _ x: UnsafePointer<Float>, count: Int
    ) -> JointSums<pairs, vectors> {
      var sums = JointSums<pairs, vectors>()
      if let biases = unsafe biases { unsafe sums.start(at: biases, tilePitch: biasPitch) }
      let first = unsafe weights + tile &* tilePitch
      unsafe sums.add(
        first + column &* 64, tilePitch: tilePitch, first + pairs &* tilePitch + column &* 32, x,
        count: count)
      return sums
    }
  }
#endif
