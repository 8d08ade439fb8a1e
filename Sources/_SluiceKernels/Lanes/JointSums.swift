import _SluiceLanes

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
      // Two vectors are bound by latency instead, which reading each input in all lanes has less of.
      while vectors > 2 && k < count &- 3 {
        let four = unsafe loadFour(x + k, as: PanelPair.self)
        unsafe addTwo(w, tilePitch: tilePitch, s, spread(four, 0), spread(four, 1))
        unsafe addTwo(w + 128, tilePitch: tilePitch, s + 64, spread(four, 2), spread(four, 3))
        unsafe w += 256
        unsafe s += 128
        k &+= 4
      }
      while k < count &- 1 {
        unsafe addTwo(
          w, tilePitch: tilePitch, s, PanelPair(repeating: x[k]), PanelPair(repeating: x[k &+ 1]))
        unsafe w += 128
        unsafe s += 64
        k &+= 2
      }
      if k < count { unsafe addOne(w, tilePitch: tilePitch, s, PanelPair(repeating: x[k])) }
    }

    /// As `add`, of inputs that the lanes of a register hold.
    @inline(always)
    mutating func add(
      _ first: UnsafePointer<Float>, tilePitch: Int, _ single: UnsafePointer<Float>,
      lanesOf x: PanelPair, count: Int
    ) {
      var (w, s) = unsafe (first, single)
      var (lane, next) = (WordPair(repeating: 0), WordPair(repeating: 1))
      let two = WordPair(repeating: 2)
      var k = 0
      while k < count &- 1 {
        unsafe addTwo(w, tilePitch: tilePitch, s, sluice_lane16(x, lane), sluice_lane16(x, next))
        unsafe w += 128
        unsafe s += 64
        lane &+= two
        next &+= two
        k &+= 2
      }
      if k < count { unsafe addOne(w, tilePitch: tilePitch, s, sluice_lane16(x, lane)) }
    }

    @inline(always)
    private mutating func addOne(
      _ first: UnsafePointer<Float>, tilePitch: Int, _ single: UnsafePointer<Float>, _ x: PanelPair
    ) {
      for vector in 0..<vectors {
        let v = unsafe at(vector, first, tilePitch: tilePitch, single)
        even[vector] = unsafe multiplyAdd(load(v, as: PanelPair.self), x, even[vector])
      }
    }

    /// Adds two neighbouring columns times what their inputs are in every lane.
    @inline(always)
    private mutating func addTwo(
      _ first: UnsafePointer<Float>, tilePitch: Int, _ single: UnsafePointer<Float>,
      _ x0: PanelPair, _ x1: PanelPair
    ) {
      for vector in 0..<vectors {
        let v = unsafe at(vector, first, tilePitch: tilePitch, single)
        let pitch = vector < 4 &* pairs ? 64 : 32
        even[vector] = unsafe multiplyAdd(load(v, as: PanelPair.self), x0, even[vector])
        odd[vector] = unsafe multiplyAdd(load(v + pitch, as: PanelPair.self), x1, odd[vector])
      }
    }

    /// Goes on from what both chains have come to.
    @inline(always)
    mutating func join() {
      for vector in 0..<vectors {
        even[vector] = even[vector] + odd[vector]
        odd[vector] = PanelPair(repeating: 0)
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
    /// Adds W x of the tiles from `tile` on.
    @inline(always)
    func addInputs<let pairs: Int, let vectors: Int>(
      _ x: UnsafePointer<Float>, to sums: inout JointSums<pairs, vectors>, _ tile: Int
    ) {
      let first = unsafe weights + tile &* tilePitch
      unsafe sums.add(
        first, tilePitch: tilePitch, first + pairs &* tilePitch, x, count: inputSize)
    }

    /// Adds U h of the tiles from `tile` on.
    @inline(always)
    func addHidden<let pairs: Int, let vectors: Int>(
      _ h: UnsafePointer<Float>, to sums: inout JointSums<pairs, vectors>, _ tile: Int
    ) {
      let first = unsafe weights + tile &* tilePitch
      unsafe sums.add(
        first + inputSize &* 64, tilePitch: tilePitch,
        first + pairs &* tilePitch + inputSize &* 32, h, count: hiddenSize)
    }

    /// As `addHidden`, of h in the lanes of a register, of all tiles.
    @inline(always)
    func addHidden<let pairs: Int, let vectors: Int>(
      lanesOf h: PanelPair, to sums: inout JointSums<pairs, vectors>
    ) {
      unsafe sums.add(
        weights + inputSize &* 64, tilePitch: tilePitch,
        weights + pairs &* tilePitch + inputSize &* 32, lanesOf: h, count: hiddenSize)
    }
  }
#endif
