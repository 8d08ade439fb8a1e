import _SluiceContract
import _SluiceLanes

#if SLUICE_AVX512
  extension Int8Joint {
    /// A vector as integers: words of 16 units, each quarter four times the same, and what a step of
    /// them stands for.
    struct Integers {
      var words = InlineArray<3, WordPair>(repeating: WordPair(repeating: 0))
      var step: Float
    }

    @inline(always)
    func inputIntegers(_ x: UnsafePointer<Float>) -> Integers {
      let features = unsafe load(x, first: inputs, as: PanelPair.self)
      let greatest = sluice_greatest16(features, inputs)
      var (step, factor) = (input.step, input.factor)
      if step == 0 {
        (step, factor) = input.of(greatest)
      } else if greatest.isNaN {
        step = .nan
      }
      var rounded = sluice_round16(features, PanelPair(repeating: factor), sluice_input_offset)
      if input.step > 0 {
        sluice_rarely()
        rounded = sluice_limit16(rounded, sluice_input_offset)
      }
      var integers = Integers(step: step)
      integers.words[0] = sluice_words16(rounded)
      return integers
    }

    /// The units of a tile, of a last single panel with zeros behind them.
    @inline(always)
    private func units(_ h: UnsafePointer<Float>, _ tile: Int) -> PanelPair {
      unsafe tile == pairs
        ? PanelPair(lowHalf: load(h + 16 &* tile, as: Panel.self), highHalf: Panel(repeating: 0))
        : load(h + 16 &* tile, as: PanelPair.self)
    }

    @inline(always)
    func hiddenIntegers(_ h: UnsafePointer<Float>) -> Integers {
      var integers = Integers(step: hidden.step)
      var factor = PanelPair(repeating: hidden.factor)
      if hidden.quiet > 0 {
        var most = WordPair(repeating: 0)
        for tile in 0..<(panels &+ 1) &>> 1 {
          most = unsafe sluice_greater_bits16(most, units(h, tile))
        }
        if sluice_is_below16(most, hidden.quiet) {
          sluice_rarely()
          let own = hidden.of(Float(bitPattern: UInt32(bitPattern: sluice_int_max16(most))))
          integers.step = own.step
          factor = PanelPair(repeating: own.factor)
        }
      }
      for tile in 0..<(panels &+ 1) &>> 1 {
        let units = unsafe units(h, tile)
        var rounded = sluice_round16(units, factor, sluice_input_offset)
        if sluice_exceeds16(rounded, sluice_input_offset) {
          sluice_rarely()
          rounded = sluice_limit16(rounded, sluice_input_offset)
          if sluice_holds_nan16(units) { integers.step = .nan }
        }
        integers.words[tile] = sluice_words16(rounded)
      }
      return integers
    }

    /// W x + b.
    @inline(always)
    func inputSums(_ x: Integers) -> Values {
      var sums = row(2)
      for word in 0..<4 {
        if word < inputWords {
          add(inputWeights, word, sluice_repeat_quarter16(x.words[0], word), to: &sums)
        }
      }
      var start = Values(repeating: PanelPair(repeating: 0))
      for vector in 0..<vectors {
        start[vector] = unsafe biases.at(vector, 0).loadUnaligned(as: PanelPair.self)
      }
      return scaled(sums, 0, x.step, start)
    }

    @inline(always)
    private var panels: Int { 2 &* pairs &+ (vectors > gates &* pairs ? 1 : 0) }

    /// U h.
    @inline(always)
    func hiddenSums(_ h: Integers) -> Values {
      var sums = row(3)
      var others = Words(repeating: WordPair(repeating: 0))
      // Spelled out: a loop over so many products is not unrolled, and its words would go through memory.
      add(0, h, to: &sums, &others)
      if panels > 1 { add(1, h, to: &sums, &others) }
      if panels > 2 { add(2, h, to: &sums, &others) }
      if panels > 3 { add(3, h, to: &sums, &others) }
      if panels > 4 { add(4, h, to: &sums, &others) }
      if chains == 2 {
        for vector in 0..<vectors {
          sums[vector] = sluice_int_add16(sums[vector], others[vector])
        }
      }
      return scaled(sums, 1, h.step, Values(repeating: PanelPair(repeating: 0)))
    }

    /// Adds the two words of a panel of h; the second of the last one may be missing.
    @inline(always)
    private func add(_ panel: Int, _ h: Integers, to sums: inout Words, _ others: inout Words) {
      let (words, quarter, word) = (h.words[panel &>> 1], 2 &* (panel & 1), 2 &* panel)
      add(hiddenWeights, word, sluice_repeat_quarter16(words, quarter), to: &sums)
      if panel < panels &- 1 || word &+ 1 < hiddenWords {
        let x = sluice_repeat_quarter16(words, quarter &+ 1)
        if chains == 2 {
          add(hiddenWeights, word &+ 1, x, to: &others)
        } else {
          add(hiddenWeights, word &+ 1, x, to: &sums)
        }
      }
    }

    /// Integers of row `row` of the scales: what sums start at.
    @inline(always)
    private func row(_ row: Int) -> Words {
      var sums = Words(repeating: WordPair(repeating: 0))
      for vector in 0..<vectors {
        sums[vector] = unsafe loadWords(scales.at(vector, row), as: WordPair.self)
      }
      return sums
    }

    @inline(always)
    private func add(_ weights: Rows, _ word: Int, _ x: WordPair, to sums: inout Words) {
      for vector in 0..<vectors {
        sums[vector] = unsafe dot(
          sums[vector], loadWords(weights.at(vector, word), as: WordPair.self), x)
      }
    }

    /// (step * scale) * sum + start.
    @inline(always)
    private func scaled(
      _ sums: Words, _ row: Int, _ step: Float, _ start: Values
    ) -> Values {
      var values = start
      for vector in 0..<vectors {
        let scale = unsafe scales.at(vector, row).loadUnaligned(as: PanelPair.self)
        values[vector] = multiplyAdd(
          PanelPair(repeating: step) * scale, toFloat(sums[vector]), start[vector])
      }
      return values
    }
  }
#endif
