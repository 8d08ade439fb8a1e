import SluiceNetwork

/// An array known at conversion, or one value repeated over axes whose sizes need not be known.
struct ConstantValue {
  /// Its numbers. Integers are extents, so that shapes can be computed with.
  enum Elements {
    case floats([Float])
    case integers([Extent])
  }

  /// The size of each axis.
  var extents: [Extent]
  /// The stored size of each axis: the extent, or 1 where one element is repeated.
  var shape: [Int]
  /// The stored numbers, row-major.
  var elements: Elements

  init(extents: [Extent], shape: [Int], elements: Elements) {
    self.extents = extents
    self.shape = shape
    self.elements = elements
  }

  init(shape: [Int], _ elements: Elements) {
    self.init(extents: shape.map(Extent.known), shape: shape, elements: elements)
  }

  init(_ tensor: Tensor) {
    self.init(
      shape: tensor.shape,
      tensor.integers.map { .integers($0.map { .known(Int($0)) }) } ?? .floats(tensor.floats))
  }

  /// Whether every element is stored.
  var isStored: Bool { zip(extents, shape).allSatisfy { $0 == .known($1) } }

  var count: Int {
    switch elements {
    case .floats(let values): values.count
    case .integers(let values): values.count
    }
  }

  var floats: [Float]? {
    if case .floats(let values) = elements { values } else { nil }
  }

  /// The integers, where every one is stored and known.
  var integers: [Int]? {
    guard case .integers(let values) = elements, isStored else { return nil }
    let known = values.compactMap(\.known)
    return known.count == values.count ? known : nil
  }

  /// For each axis, how far apart neighbours lie.
  var strides: [Int] { shape.rowMajorStrides }

  /// The elements at every sum of one offset for each axis of the result.
  func picking(_ offsets: [[Int]], extents: [Extent]) -> ConstantValue {
    var indices = [0]
    for axis in offsets { indices = indices.flatMap { base in axis.map { base + $0 } } }
    let picked: Elements =
      switch elements {
      case .floats(let values): .floats(indices.map { values[$0] })
      case .integers(let values): .integers(indices.map { values[$0] })
      }
    return ConstantValue(extents: extents, shape: offsets.map(\.count), elements: picked)
  }

  /// The same with every element stored, where every extent is known.
  var spelledOut: ConstantValue {
    let offsets = zip(zip(extents, shape), strides).map { axis, stride in
      let (extent, stored) = axis
      return (0..<(extent.known ?? stored)).map { stored == 1 ? 0 : $0 * stride }
    }
    return picking(offsets, extents: extents)
  }

  /// The offsets of every position of every axis, and of `positions` of `axis`.
  func offsets(taking positions: [Int]? = nil, of axis: Int = -1) -> [[Int]] {
    zip(shape, strides).enumerated().map { index, pair in
      let positions = index == axis ? positions : nil
      return (positions ?? Array(0..<pair.0)).map { $0 * pair.1 }
    }
  }
}

extension [Int] {
  /// Of a shape: for each axis, how far apart neighbours lie where the last axis is the innermost.
  var rowMajorStrides: [Int] {
    var strides = self
    var stride = 1
    for axis in indices.reversed() {
      strides[axis] = stride
      stride *= self[axis]
    }
    return strides
  }
}
