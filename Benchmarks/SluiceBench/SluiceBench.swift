import Glibc
import Sluice
import SluiceBlob

@main struct SluiceBench {
  static func main() throws {
    let ghz = clock()
    print("clock", ghz)
    let arguments = CommandLine.arguments.dropFirst()
    let kinds = arguments.first.map { [$0] } ?? ["lstm", "gru"]
    let shapes = [(1, 8), (1, 16), (1, 20), (1, 40), (8, 32), (32, 64), (64, 64), (128, 128), (256, 256), (512, 512), (1024, 1024)]
    for kind in kinds {
      for (i, h) in shapes {
        let r = try measure(kind, i, h)
        let b = try measure(kind, i, h, block: 1000)
        func f(_ x: Double) -> String { let s = String(Int(x * 10 + 0.5)); return s.dropLast() + "." + s.suffix(1) }
        print(kind, "\(i)x\(h)", "step ns", f(r), "cycles", f(r * ghz), "at 4.2:", f(r * ghz / 4.2), "| block", f(b), "cycles", f(b * ghz), "at 4.2:", f(b*ghz/4.2))
      }
    }
  }

  static func now() -> Double {
    var t = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &t)
    return Double(t.tv_sec) * 1e9 + Double(t.tv_nsec)
  }

  @inline(never) static func chain(_ n: Int, _ x: Int) -> Int {
    var x = x
    for i in 0..<n { x = x &* (x | 3) &+ i }
    return x
  }

  static func clock() -> Double {
    var best = 0.0
    var x = CommandLine.argc == 99 ? 5 : 7
    for _ in 0..<200 {
      let t = now()
      x = chain(10_000, x)
      best = max(best, 10_000 * 6 / (now() - t))
    }
    return x == 12345 ? 0 : best
  }

  static func measure(_ kind: String, _ i: Int, _ h: Int, block: Int = 1) throws -> Double {
    var seed: UInt64 = 1
    func r(_ n: Int) -> [Float] {
      (0..<n).map { _ in
        seed = seed &* 6364136223846793005 &+ 1442695040888963407
        return (Float(seed >> 40) / 8388608 - 1) / Float(h).squareRoot()
      }
    }
    let g = kind == "lstm" ? 4 : 3
    let record: LayerRecord = kind == "lstm" ? .lstm(inputSize: i, hiddenSize: h) : .gru(inputSize: i, hiddenSize: h, variant: kind == "gru" ? .resetAfter : .resetBefore)
    let contents = BlobContents(layers: [
      .init(record: record, name: "x",
        weights: Packing.packRecurrent(input: r(g * h * i), hidden: r(g * h * h), gates: g, inputSize: i, hiddenSize: h, variant: record.variant),
        biases: Packing.packRows(r(record.biasRowCount * h), rowCount: record.biasRowCount, outputSize: h))
    ])
    let bytes = try contents.bytes()
    let p = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
    unsafe p.copyBytes(from: bytes)
    defer { unsafe p.deallocate() }
    let model = unsafe try Model(bytes: UnsafeRawBufferPointer(p))
    var stream = try Stream(model)
    let x = r(i * block)
    var y = [Float](repeating: 0, count: h * block)
    var ys = y.mutableSpan
    let work = Double(4 * g * (i + h) * h) / 100 + 40
    let n = max(1, Int(20000 / (work * Double(block))))
    var times: [Double] = []
    let start = now()
    while now() - start < 3e8 {
      let t = now()
      for _ in 0..<n {
        if block == 1 { stream.step(x.span, into: &ys) } else { stream.process(x.span, into: &ys) }
      }
      times.append((now() - t) / Double(n * block))
    }
    times.sort()
    return times[times.count / 20]
  }
}
