import SluiceBlob
import SluiceNetwork

/// The constants of a graph: its initializers, the inputs whose values the caller gave, and what nodes
/// compute of these and of sizes.
///
/// Both readings of a graph, over sequences and of one step, fold by it, so that a constant is the
/// same to both.
struct ConstantFolder {
  let model: ONNXModel
  /// The values that the caller gave to inputs.
  let given: [Name: Tensor]
  /// The names that live nodes read, and the outputs.
  let liveNames: Set<Name>

  private(set) var values: [Name: ConstantValue] = [:]
  /// The initializers of branches that are taken.
  var scoped: [Name: ONNXTensor] = [:]
  /// Elements that folding may still produce: a few nodes can ask for any number.
  private var budget: Int

  init(_ model: ONNXModel, given: [Name: Tensor], liveNames: Set<Name>) {
    self.model = model
    self.given = given
    self.liveNames = liveNames
    // Eight passes over the floats of a file that holds nothing else.
    budget = 2 * model.byteCount + 1 << 16
  }

  /// Counts a constant of this shape that `node` makes, before it is made.
  ///
  /// An axis counts beside one of size 0 as well: its offsets are walked though nothing lies there.
  mutating func spend(_ shape: [Int], _ node: ONNXNode) throws(ConversionError) {
    let count = elementCount(of: shape.map { max($0, 1) })
    guard let count, count <= budget else {
      throw node.unsupported(
        "a constant of the shape \(shape): constants of far more elements than the file holds")
    }
    budget -= count
  }

  /// Gives an input of the graph its value.
  mutating func bind(_ input: Name, to value: ConstantValue) { values[input] = value }

  /// Forgets what a name stood for.
  mutating func forget(_ name: Name) { values[name] = nil }

  /// Gives the name of output `index` its value.
  mutating func define(
    _ node: ONNXNode, _ value: ConstantValue, output index: Int = 0
  ) throws(ConversionError) {
    guard value.shape.count <= 8 else { throw node.unsupported("more than 8 axes") }
    if let name = node.output(index) { values[name] = value }
  }

  /// The value of input `index`, which is `what` to the node.
  mutating func constant(
    _ node: ONNXNode, _ index: Int, _ what: String
  ) throws(ConversionError) -> ConstantValue {
    guard let name = node.input(index) else { throw node.malformed("input \(index) is missing") }
    if let value = values[name] { return value }
    guard let initializer = scoped[name] ?? model.initializers[name] else {
      throw node.unsupported("the input \(what) depends on the sequence; expected a constant")
    }
    let value = ConstantValue(try initializer.tensor())
    values[name] = value
    return value
  }

  /// The fully known integers of input `index`.
  mutating func integers(
    _ node: ONNXNode, _ index: Int, _ what: String
  ) throws(ConversionError) -> [Int] {
    guard let values = try constant(node, index, what).integers else {
      throw node.unsupported("the input \(what) is not made of known integers")
    }
    return values
  }

  /// The finite, fully stored floats of input `index`.
  mutating func floats(
    _ node: ONNXNode, _ index: Int, _ what: String, rank: Int
  ) throws(ConversionError) -> (shape: [Int], values: [Float]) {
    let constant = try constant(node, index, what)
    guard constant.shape.count == rank else {
      throw node.malformed("\(what) has \(constant.shape.count) axes, expected \(rank)")
    }
    guard let values = constant.floats, constant.isStored else {
      throw node.unsupported("\(what) is not made of known floats")
    }
    let name = node.input(index)?.text ?? what
    try requireFinite(values, file: model.source.file, place: "tensor \(quotable(name))")
    return (constant.shape, values)
  }

  /// The same with every element stored, where every extent is known.
  mutating func stored(
    _ constant: ConstantValue, _ node: ONNXNode
  ) throws(ConversionError) -> ConstantValue {
    let sizes = constant.extents.compactMap(\.known)
    guard !constant.isStored, sizes.count == constant.extents.count else { return constant }
    // One element that stands for several whose number is known.
    try spend(sizes, node)
    return constant.spelledOut
  }
}
