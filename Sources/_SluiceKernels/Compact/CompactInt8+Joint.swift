import _SluiceContract

#if SLUICE_AVX512
  /// Whether `int8Jointly` runs a layer's steps: of an LSTM of up to five panels, or of a GRU that
  /// resets after of two or four, with few inputs and a step of h that is known.
  @inline(always)
  func isInt8Joint(_ layer: UnsafePointer<sluice_layer>) -> Bool {
    let cell = unsafe layer.pointee.compact.cell.rawValue
    let panels = unsafe (layer.pointee.output_size &+ 7) &>> 3
    let isGRU = cell == sluice_kernel_gru_reset_after.rawValue && panels & 1 == 0
    return unsafe (isGRU || cell == sluice_kernel_lstm.rawValue) && panels <= Thresholds.jointPanels
      && layer.pointee.input_size <= Thresholds.jointInt8Inputs
      && layer.pointee.compact.hidden.step > 0
  }

  /// Steps of a small int8 layer, with the sums of all its tiles in registers.
  @inline(always)
  func int8Jointly(_ layer: sluice_layer, _ block: sluice_block) {
    let panels = unsafe (layer.output_size &+ 7) &>> 3
    if unsafe layer.compact.cell.rawValue == sluice_kernel_lstm.rawValue {
      switch panels {
      case 1: unsafe Int8Joint<4, 0, 2, 1>(layer).lstm(block)
      case 2: unsafe Int8Joint<4, 1, 4, 2>(layer).lstm(block)
      case 3: unsafe Int8Joint<4, 1, 6, 2>(layer).lstm(block)
      case 4: unsafe Int8Joint<4, 2, 8, 1>(layer).lstm(block)
      default: unsafe Int8Joint<4, 2, 10, 1>(layer).lstm(block)
      }
    } else if panels == 2 {
      unsafe Int8Joint<3, 1, 3, 2>(layer).gru(block)
    } else {
      unsafe Int8Joint<3, 2, 6, 2>(layer).gru(block)
    }
  }

  /// `pairs` pairs of panels and an odd last one: `vectors` is `gates` for each pair, and 2 for a last
  /// panel, whose four gates fill two registers. Each word of x and h is there once for all of them.
  ///
  /// No integer goes through memory: a vector's words are moved to all lanes in registers. Few
  /// vectors' sums run in two `chains`, because each product waits for the one before.
  @safe
  struct Int8Joint<
    let gates: Int, let pairs: Int, let vectors: Int, let chains: Int
  > {
    typealias Words = InlineArray<vectors, WordPair>
    typealias Values = InlineArray<vectors, PanelPair>

    let inputWeights: Rows, hiddenWeights: Rows
    /// Scales of W and of U, then their corrections.
    let scales: Rows
    let biases: Rows
    let inputs: Int
    let inputWords: Int, hiddenWords: Int
    let input: sluice_quantisation, hidden: sluice_quantisation

    @inline(always)
    init(_ layer: sluice_layer) {
      let pass = unsafe layer.compact.first
      unsafe (input, hidden) = (layer.compact.input, layer.compact.hidden)
      inputs = unsafe layer.input_size
      inputWords = unsafe (layer.input_size &+ 3) &>> 2
      hiddenWords = unsafe (layer.output_size &+ 3) &>> 2
      inputWeights = unsafe Rows(pass.weights, tilePitch: pass.tile_pitch)
      hiddenWeights = inputWeights.from(inputWords)
      scales = unsafe Rows(pass.scales, tilePitch: pass.scale_pitch)
      biases = unsafe Rows(UnsafeRawPointer(pass.biases), tilePitch: 4 &* pass.bias_pitch)
    }

    /// Rows of all tiles' lanes, each row that of all gates.
    @safe struct Rows {
      let first: UnsafeRawPointer
      /// From the last panel's first row on.
      let single: UnsafeRawPointer
      let tilePitch: Int

      @inline(always)
      init(_ first: UnsafeRawPointer, tilePitch: Int) {
        unsafe self.init(first, single: first + pairs &* tilePitch, tilePitch: tilePitch)
      }

      @inline(always)
      private init(_ first: UnsafeRawPointer, single: UnsafeRawPointer, tilePitch: Int) {
        unsafe self.first = first
        unsafe self.single = single
        self.tilePitch = tilePitch
      }

      @inline(always)
      func from(_ row: Int) -> Rows {
        unsafe Rows(
          first + row &* gates &* 64, single: single + row &* gates &* 32, tilePitch: tilePitch)
      }

      /// Where a vector lies in row `row`.
      @inline(always)
      func at(_ vector: Int, _ row: Int) -> UnsafeRawPointer {
        unsafe vector < gates &* pairs
          ? first + vector / gates &* tilePitch + (row &* gates &+ vector % gates) &* 64
          : single + (2 &* row &+ vector &- gates &* pairs) &* 64
      }
    }

    @inline(always)
    func lstm(_ block: sluice_block) {
      unsafe forEachStep(block) { input, hidden, _, next in
        if pairs > 0 {
          forEach(pairs) { pair in
            unsafe lstmUnits(
              sums(input, of: pair), sums(hidden, of: pair), block.cell, next, at: pair &* 16,
              fast: false)
          }
        }
        if vectors > 4 &* pairs {
          let (a, b) = (vectors &- 2, vectors &- 1)
          unsafe lstmUnits(
            [input[a] + hidden[a], input[b] + hidden[b]], block.cell, next, at: pairs &* 16,
            fast: false)
        }
      }
    }

    @inline(always)
    func gru(_ block: sluice_block) {
      unsafe forEachStep(block) { input, hidden, h, next in
        forEach(pairs) { pair in
          let biases = unsafe biases.at(pair &* 3, 1).assumingMemoryBound(to: Float.self)
          unsafe gruUnits(
            sums(input, of: pair), sums(hidden, of: pair), biases, h, next, at: pair &* 16,
            fast: false)
        }
      }
    }

    /// The sums of a pair's gates.
    @inline(always)
    private func sums<let count: Int>(
      _ sums: Values, of pair: Int
    ) -> InlineArray<count, PanelPair> {
      var some = InlineArray<count, PanelPair>(repeating: PanelPair(repeating: 0))
      for gate in 0..<count { some[gate] = sums[pair &* count &+ gate] }
      return some
    }

    /// Runs `units` with W x + b and U h of every step, h(t-1) and the place of h(t).
    @inline(always)
    private func forEachStep(
      _ block: sluice_block,
      units: (
        _ input: Values, _ hidden: Values, _ h: UnsafePointer<Float>,
        _ next: UnsafeMutablePointer<Float>
      ) -> Void
    ) {
      var x = unsafe block.input
      var h = unsafe block.hidden
      var next = unsafe block.output
      var integers = unsafe hiddenIntegers(h)
      var left = unsafe block.steps
      while true {
        // Products with h are many, and wait for nothing: they stand before those with x.
        let inputs = unsafe inputIntegers(x)
        let hidden = hiddenSums(integers)
        unsafe units(inputSums(inputs), hidden, h, next)
        left &-= 1
        if left == 0 { return }
        unsafe x += block.input_stride
        unsafe h = UnsafePointer(next)
        unsafe next += block.output_stride
        integers = unsafe hiddenIntegers(h)
      }
    }
  }
#endif
