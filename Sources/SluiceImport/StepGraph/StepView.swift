import SluiceNetwork

/// One number of a step: what writes it, and where among all that is written there.
struct StepElement: Hashable {
  /// A layer; below -1 an input of the graph; from ``cellBase`` on C of a layer.
  var source: Int32
  var index: Int32

  private static let cellBase: Int32 = 1 << 16

  /// What input `position` of the graph holds: numbers of the step's row, or of a state.
  static func source(ofInput position: Int) -> Int32 { -2 - Int32(position) }
  /// C of the LSTM at `layer`.
  static func source(ofCell layer: Int) -> Int32 { cellBase + Int32(layer) }
  /// Zeros that a `Pad` puts around, until what reads them takes them in.
  static let zeros = Int32.min

  /// The graph's input that it is of; nil where it is none.
  var input: Int? { source < -1 && source != Self.zeros ? Int(-2 - source) : nil }
  /// The LSTM whose C it is of; nil where it is none.
  var cellLayer: Int? { source >= Self.cellBase ? Int(source - Self.cellBase) : nil }
}

/// What a name of a graph that computes one step stands for: numbers in a shape, each followed to what
/// wrote it, so that whatever only moves numbers about costs nothing.
struct StepView: Hashable {
  var shape: [Int]
  /// Row-major.
  var elements: [StepElement]
  /// The axis of one element that counts steps, of a graph over sequences; nil of a graph of one step.
  var time: Int?

  init(shape: [Int], elements: [StepElement], time: Int? = nil) {
    self.shape = shape
    self.elements = elements
    self.time = time
  }

  /// All that `source` writes, in its order.
  init(_ source: Int32, shape: [Int]) {
    self.shape = shape
    elements = (0..<shape.reduce(1, *)).map { StepElement(source: source, index: Int32($0)) }
  }

  /// Views one after the other along an axis; their other axes are of the same sizes.
  init(joining views: [StepView], along axis: Int) {
    shape = views[0].shape
    elements = []
    let outer = shape[..<axis].reduce(1, *)
    for row in 0..<outer {
      for view in views {
        let size = view.count / outer
        elements += view.elements[row * size..<(row + 1) * size]
      }
    }
    shape[axis] = views.reduce(0) { $0 + $1.shape[axis] }
    let times = Set(views.compactMap(\.time))
    time = times.count == 1 && times.first != axis ? times.first : nil
  }

  init(layer: Int, shape: [Int]) { self.init(Int32(layer), shape: shape) }

  var count: Int { elements.count }
  var rank: Int { shape.count }

  /// The axes of more than one element.
  var significant: [Int] { shape.indices.filter { shape[$0] != 1 } }

  /// What all its numbers are written by; nil where several do.
  var soleSource: Int32? {
    guard let first = elements.first?.source, elements.allSatisfy({ $0.source == first }) else {
      return nil
    }
    return first
  }

  /// The elements at every sum of one offset for each axis of the result.
  private func picking(_ offsets: [[Int]], time: Int?) -> StepView {
    var indices = [0]
    // An axis of one element moves nothing, and an array for each base would cost more than its elements.
    for axis in offsets where axis != [0] {
      var next: [Int] = []
      next.reserveCapacity(indices.count * axis.count)
      for base in indices { for offset in axis { next.append(base + offset) } }
      indices = next
    }
    return StepView(
      shape: offsets.map(\.count), elements: indices.map { elements[$0] }, time: time)
  }

  /// The axes in another order.
  func transposed(_ order: [Int]) -> StepView {
    let strides = shape.rowMajorStrides
    return picking(
      order.map { axis in (0..<shape[axis]).map { $0 * strides[axis] } },
      time: time.flatMap { order.firstIndex(of: $0) })
  }

  /// Some positions of an axis.
  func taking(_ positions: [Int], of axis: Int) -> StepView {
    let strides = shape.rowMajorStrides
    return picking(
      shape.indices.map { index in
        (index == axis ? positions : Array(0..<shape[index])).map { $0 * strides[index] }
      }, time: axis == time && (positions != [0] || shape[axis] != 1) ? nil : time)
  }

  /// The same numbers in another shape of as many.
  ///
  /// - Parameter time: the axis that counts steps now.
  func reshaped(_ shape: [Int], time: Int? = nil) -> StepView {
    StepView(shape: shape, elements: elements, time: time)
  }

  /// The same numbers, of which another axis counts steps.
  func timed(_ axis: Int?) -> StepView { StepView(shape: shape, elements: elements, time: axis) }

  /// Repeated along axes of one element, as operands of arithmetic are; nil where shapes differ.
  func expanded(to target: [Int]) -> StepView? {
    guard rank <= target.count else { return nil }
    let more = target.count - rank
    let own = Array(repeating: 1, count: more) + shape
    guard zip(own, target).allSatisfy({ $0 == $1 || $0 == 1 }) else { return nil }
    let time = time.map { $0 + more }
    if let time, target[time] != shape[time - more] { return nil }
    if own == target { return reshaped(target, time: time) }
    let strides = own.rowMajorStrides
    return picking(
      target.indices.map { axis in
        (0..<target[axis]).map { own[axis] == 1 ? 0 : $0 * strides[axis] }
      }, time: time)
  }

  /// The shape that operands of two shapes have together; nil where there is none.
  static func common(_ a: [Int], _ b: [Int]) -> [Int]? {
    let rank = max(a.count, b.count)
    let left = Array(repeating: 1, count: rank - a.count) + a
    let right = Array(repeating: 1, count: rank - b.count) + b
    guard zip(left, right).allSatisfy({ $0 == $1 || $0 == 1 || $1 == 1 }) else { return nil }
    return zip(left, right).map { max($0, $1) }
  }

  /// The axis along which numbers are neighbours where they were written, else the last.
  var channelAxis: Int {
    let strides = shape.rowMajorStrides
    for axis in shape.indices where shape[axis] != 1 {
      let next = elements[strides[axis]]
      if next.source == elements[0].source, next.index == elements[0].index + 1 { return axis }
    }
    return max(rank - 1, 0)
  }
}

/// The value of a name.
enum StepValue {
  case view(StepView)
  /// Token ids, which an embedding reads.
  case ids(StepView)
  /// Whether x is above a number.
  case isAbove(StepView, Float)
}

extension StepValue {
  var time: Int? {
    switch self {
    case .view(let view), .ids(let view), .isAbove(let view, _): view.time
    }
  }

  var shape: [Int] {
    switch self {
    case .view(let view), .ids(let view), .isAbove(let view, _): view.shape
    }
  }
}
