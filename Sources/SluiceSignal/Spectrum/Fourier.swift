/// A complex number: its real and its imaginary part.
typealias Complex = SIMD2<Double>

extension Complex {
  /// The product of two complex numbers.
  static func product(_ a: Complex, _ b: Complex) -> Complex {
    Complex(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x)
  }

  /// Times -i.
  var turned: Complex { Complex(y, -x) }
  var conjugate: Complex { Complex(x, -y) }
}

/// The discrete Fourier transform of a fixed size, of any factors: quick where they are small (Stockham's
/// order, which needs no sorting). In float64, so that what it gives as float32 is rounded once.
struct Fourier: Sendable {
  let size: Int
  /// What is transformed, `[size]`: written before ``transform()``, read after it.
  var values: [Complex]
  private var other: [Complex]
  private let factors: [Int]
  /// exp(-2 pi i k / size), `[size]`.
  private let roots: [Complex]

  init(size: Int) {
    self.size = size
    values = [Complex](repeating: .zero, count: size)
    other = values
    roots = (0..<size).map { index in
      let turn = 2 * Double.pi * Double(index) / Double(size)
      return Complex(Elementary.cosine(turn), -Elementary.sine(turn))
    }
    var (rest, factors) = (size, [Int]())
    for factor in [4, 2] {
      while rest % factor == 0 { (rest, factors) = (rest / factor, factors + [factor]) }
    }
    var factor = 3
    while rest > 1 {
      // What has no divisor up to its root is prime.
      if factor * factor > rest { factor = rest }
      while rest % factor == 0 { (rest, factors) = (rest / factor, factors + [factor]) }
      factor += 2
    }
    self.factors = factors
  }

  /// Replaces ``values`` by its transform, the sum over t of x(t) exp(-2 pi i k t / size).
  mutating func transform() {
    // Sequences of `length`, interleaved `apart`; each stage takes a factor out of the length.
    var (length, apart) = (size, 1)
    for factor in factors {
      let part = length / factor
      for block in 0..<part {
        for offset in 0..<apart {
          let (from, to) = (offset + apart * block, offset + apart * factor * block)
          switch factor {
          case 2: pair(from, to, part, apart, block)
          case 4: four(from, to, part, apart, block)
          default: several(factor, from, to, part, apart, block)
          }
        }
      }
      swap(&values, &other)
      (length, apart) = (part, apart * factor)
    }
  }

  private mutating func pair(_ from: Int, _ to: Int, _ part: Int, _ apart: Int, _ block: Int) {
    let (a, b) = (values[from], values[from + apart * part])
    other[to] = a + b
    other[to + apart] = .product(a - b, roots[apart * block])
  }

  private mutating func four(_ from: Int, _ to: Int, _ part: Int, _ apart: Int, _ block: Int) {
    let step = apart * part
    let (a, b) = (values[from], values[from + step])
    let (c, d) = (values[from + 2 * step], values[from + 3 * step])
    let (even, odd) = (a + c, b + d)
    let (evenRest, oddRest) = (a - c, (b - d).turned)
    let root = apart * block
    other[to] = even + odd
    other[to + apart] = .product(evenRest + oddRest, roots[root])
    other[to + 2 * apart] = .product(even - odd, roots[2 * root])
    other[to + 3 * apart] = .product(evenRest - oddRest, roots[3 * root])
  }

  private mutating func several(
    _ factor: Int, _ from: Int, _ to: Int, _ part: Int, _ apart: Int, _ block: Int
  ) {
    for row in 0..<factor {
      var sum = Complex.zero
      for column in 0..<factor {
        let root = roots[row * column % factor * (size / factor)]
        sum += .product(values[from + apart * part * column], root)
      }
      other[to + apart * row] = .product(sum, roots[apart * block * row])
    }
  }
}
