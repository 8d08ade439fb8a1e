import SluiceNetwork

/// Some neighbouring numbers that a layer writes, or that an input holds: what a cell is put together of.
struct LayerPart: Hashable {
  let layer: Int
  let start: Int
  let count: Int
}

/// A sum of products of parts, all of as many numbers: what sums, products, factors and slices of layers
/// amount to, whatever their order.
struct Combination: Equatable {
  /// The factor of each product, its parts in ascending order; of the empty product the constant.
  private(set) var terms: [[LayerPart]: Double] = [:]

  init() {}
  init(_ part: LayerPart) { terms[[part]] = 1 }
  init(constant: Double) { if constant != 0 { terms[[]] = constant } }

  mutating func add(_ factor: Double, _ product: [LayerPart]) {
    let sum = terms[product, default: 0] + factor
    terms[product] = sum == 0 ? nil : sum
  }

  static func + (a: Combination, b: Combination) -> Combination {
    var result = a
    for (product, factor) in b.terms { result.add(factor, product) }
    return result
  }

  static func * (a: Combination, b: Combination) -> Combination {
    var result = Combination()
    for (left, x) in a.terms {
      for (right, y) in b.terms { result.add(x * y, (left + right).sorted()) }
    }
    return result
  }

  /// The parts of which it is a sum, each once and alone, and a constant; nil where it is more.
  var sum: [LayerPart: Double]? {
    var parts: [LayerPart: Double] = [:]
    for (product, factor) in terms {
      guard product.count == 1 else { return nil }
      parts[product[0]] = factor
    }
    return parts
  }

  /// What stands beside `part` in the products that have it once, and the products without it.
  func parted(by part: LayerPart) -> (with: Combination, without: Combination) {
    var (with, without) = (Combination(), Combination())
    for (product, factor) in terms {
      if let place = product.firstIndex(of: part) {
        var rest = product
        rest.remove(at: place)
        with.add(factor, rest)
      } else {
        without.add(factor, product)
      }
    }
    return (with, without)
  }

  /// The product of exactly these.
  static func product(_ parts: [LayerPart]) -> Combination {
    var result = Combination()
    result.add(1, parts.sorted())
    return result
  }
}

extension LayerPart: Comparable {
  static func < (a: LayerPart, b: LayerPart) -> Bool {
    (a.layer, a.start, a.count) < (b.layer, b.start, b.count)
  }
}

/// The layers of a step in the making, as what cells are recognised in.
struct StepLayers {
  let layers: LayerList
  /// The numbers of inputs that a layer holds, of layers that only pick.
  private let picked: [[StepElement]?]
  /// What may still be looked at: a few layers can be read again and again.
  let work = Work()
  /// Products and sums that may be multiplied out.
  private let limit = 64

  /// A bound on the time that recognition takes, in products.
  final class Work {
    private var left = 1 << 31

    /// Whether `count` more may be done.
    func allows(_ count: Int) -> Bool {
      left -= min(count, left)
      return left > 0
    }
  }

  init(_ importer: StepImporter) {
    layers = importer.layers
    var picked: [[StepElement]?] = []
    for index in 0..<importer.layers.count {
      let size = importer.layers[index].outputSize
      var elements: [StepElement] = []
      for unit in 0..<size {
        guard
          let source = importer.pick(StepElement(source: Int32(index), index: Int32(unit)))
        else { break }
        if source.input != nil {
          elements.append(source)
        } else if source.source >= 0, let before = picked[Int(source.source)] {
          elements.append(before[Int(source.index)])
        } else {
          break
        }
      }
      picked.append(size > 0 && elements.count == size ? elements : nil)
    }
    self.picked = picked
  }

  /// What a part amounts to; nil where it is too much.
  func combination(_ part: LayerPart, depth: Int = 0) -> Combination? {
    guard part.layer >= 0, depth < 64 else { return Combination(canonical(part)) }
    guard work.allows(1 << 10) else { return nil }
    let reads = layers.inputs(of: part.layer)
    func expanded(_ input: Int, from start: Int) -> Combination? {
      combination(LayerPart(layer: input, start: start, count: part.count), depth: depth + 1)
    }
    func joined(
      _ join: (Combination, Combination) -> Combination
    ) -> Combination? {
      var result: Combination?
      for input in reads {
        guard let next = expanded(input, from: part.start) else { return nil }
        result = result.map { join($0, next) } ?? next
        guard result.map({ $0.terms.count <= limit }) ?? true else { return nil }
      }
      return result
    }
    switch layers[part.layer].operation {
    case .add: return joined(+)
    case .multiply: return joined(*)
    case .activation(let function, _) where function == .identity:
      return expanded(reads[0], from: part.start)
    case .scale(let scale):
      let places = (part.start..<part.start + part.count).map { $0 % scale.scale.count }
      let (factor, summand) = (scale.scale[places[0]], scale.shift[places[0]])
      guard places.allSatisfy({ scale.scale[$0] == factor && scale.shift[$0] == summand }) else {
        return Combination(part)
      }
      guard let source = expanded(reads[0], from: part.start) else { return nil }
      return source * Combination(constant: Double(factor))
        + Combination(constant: Double(summand))
    case .slice(let slice) where slice.length == 1:
      return expanded(reads[0], from: part.start + slice.start)
    case .concatenate(1, let channels):
      var first = 0
      for (input, size) in zip(reads, channels) {
        if part.start >= first, part.start + part.count <= first + size {
          return expanded(input, from: part.start - first)
        }
        first += size
      }
      return Combination(part)
    default: return Combination(canonical(part))
    }
  }

  /// One name for all layers that pick the same numbers of a state.
  private func canonical(_ part: LayerPart) -> LayerPart {
    guard let elements = state(part), let first = names.first(where: { $0.elements == elements })
    else { return part }
    return first.part
  }

  /// The states' parts that have a name of their own.
  var names: [(part: LayerPart, elements: [StepElement])] = []

  /// The numbers of an input that a part is; nil where it is computed.
  func state(_ part: LayerPart) -> [StepElement]? {
    let range = part.start..<part.start + part.count
    guard part.layer < 0 else { return picked[part.layer].map { Array($0[range]) } }
    return range.map { StepElement(source: Int32(part.layer), index: Int32($0)) }
  }

  /// The function of a part that an activation layer writes, and its argument.
  func activation(_ part: LayerPart) -> (function: Network.Function, argument: LayerPart)? {
    guard part.layer >= 0, case .activation(let function, _) = layers[part.layer].operation else {
      return nil
    }
    let input = layers.inputs(of: part.layer)[0]
    return (function, LayerPart(layer: input, start: part.start, count: part.count))
  }
}
