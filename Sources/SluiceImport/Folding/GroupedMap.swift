/// What an `Einsum` of a value and a constant computes, where it is a linear map of features: of each
/// group [batch, groups, inputs] times [groups, inputs, outputs].
struct GroupedMap {
  let batch: Int
  let groups: Int
  let inputs: Int
  let outputs: Int
  /// How many axes the batch has, the first of both orders.
  let rowAxes: Int
  /// The value's axes: those of the batch, of groups, of inputs.
  let inputOrder: [Int]
  /// The axes of what is computed, in the order batch, groups, outputs, and their sizes.
  let resultShape: [Int]
  /// Where each axis of the result stands among these.
  let resultOrder: [Int]
  /// An axis of the constant, and how far apart its neighbours lie.
  private typealias Axis = (size: Int, stride: Int)
  private let groupAxes: [Axis]
  private let inputAxes: [Axis]
  private let outputAxes: [Axis]

  /// Nil where the equation is none of a linear map, or its labels do not fit the shapes.
  init?(_ equation: String, inputs shape: [Int], weights: [Int]) {
    let text = equation.filter { $0 != " " }
    let sides = text.split(separator: "-", omittingEmptySubsequences: false)
    guard sides.count == 2, sides[1].first == ">" else { return nil }
    let terms = sides[0].split(separator: ",", omittingEmptySubsequences: false).map(Array.init)
    let result = Array(sides[1].dropFirst())
    guard terms.count == 2, (terms.joined() + result).allSatisfy({ $0.isLetter && $0.isASCII }),
      terms[0].count == shape.count, terms[1].count == weights.count,
      Set(terms[0]).count == terms[0].count, Set(terms[1]).count == terms[1].count,
      Set(result).count == result.count
    else { return nil }
    let (x, w) = (terms[0], terms[1])
    var sizes: [Character: Int] = [:]
    for (label, size) in Array(zip(x, shape)) + Array(zip(w, weights)) {
      guard sizes[label] ?? size == size, size > 0 else { return nil }
      sizes[label] = size
    }
    let shared = x.filter { w.contains($0) }
    let groupLabels = shared.filter { result.contains($0) }
    let inputLabels = shared.filter { !result.contains($0) }
    let batchLabels = x.filter { !w.contains($0) }
    let outputLabels = w.filter { !x.contains($0) }
    guard batchLabels.allSatisfy({ result.contains($0) }), !inputLabels.isEmpty,
      outputLabels.allSatisfy({ result.contains($0) }),
      result.count == batchLabels.count + groupLabels.count + outputLabels.count
    else { return nil }
    func product(_ labels: [Character]) -> Int { labels.reduce(1) { $0 * (sizes[$1] ?? 1) } }
    batch = product(batchLabels)
    rowAxes = batchLabels.count
    groups = product(groupLabels)
    inputs = product(inputLabels)
    outputs = product(outputLabels)
    let order = batchLabels + groupLabels + inputLabels
    inputOrder = order.compactMap { x.firstIndex(of: $0) }
    let computed = batchLabels + groupLabels + outputLabels
    resultShape = computed.map { sizes[$0] ?? 1 }
    resultOrder = result.compactMap { computed.firstIndex(of: $0) }
    var stride = 1
    var places: [Character: Int] = [:]
    for (label, size) in zip(w, weights).reversed() {
      places[label] = stride
      stride *= size
    }
    func axes(_ labels: [Character]) -> [Axis] {
      labels.map { (sizes[$0] ?? 1, places[$0] ?? 0) }
    }
    groupAxes = axes(groupLabels)
    inputAxes = axes(inputLabels)
    outputAxes = axes(outputLabels)
  }

  /// Where in the constant a weight lies.
  func place(_ group: Int, _ output: Int, _ input: Int) -> Int {
    func offset(_ index: Int, _ axes: [Axis]) -> Int {
      var (rest, sum) = (index, 0)
      for axis in axes.reversed() {
        sum += rest % axis.size * axis.stride
        rest /= axis.size
      }
      return sum
    }
    return offset(group, groupAxes) + offset(input, inputAxes) + offset(output, outputAxes)
  }
}
