import SluiceNetwork

/// What a name of a graph that computes one step stands for: numbers that a layer wrote, seen through
/// axes with strides, as what only moves axes about leaves them.
struct StepView: Hashable {
  /// Where the numbers are.
  enum Source: Hashable {
    /// What a layer writes at a step, -1 the model's input; its h, of a recurrent layer.
    case layer(Int)
    /// C of an LSTM.
    case cell(Int)
    /// A state input of the graph.
    case state(Name)
  }

  /// An axis: how many, and how far apart.
  struct Axis: Hashable {
    var size: Int
    var stride: Int
  }

  var source: Source
  var offset = 0
  var axes: [Axis]

  /// All of `source` in row-major order.
  init(_ source: Source, shape: [Int]) {
    self.source = source
    axes = Self.rowMajor(shape)
  }

  init(_ source: Source, axes: [Axis]) {
    self.source = source
    self.axes = axes
  }

  static func rowMajor(_ shape: [Int]) -> [Axis] {
    var stride = 1
    var axes: [Axis] = []
    for size in shape.reversed() {
      axes.append(Axis(size: size, stride: stride))
      stride *= size
    }
    return axes.reversed()
  }

  var shape: [Int] { axes.map(\.size) }
  var count: Int { shape.reduce(1, *) }
  /// The axes of more than one element.
  var significant: [Axis] { axes.filter { $0.size != 1 } }

  /// Whether the elements in row-major order are neighbours.
  var isContiguous: Bool {
    significant == Self.rowMajor(significant.map(\.size))
  }

  /// The view in another shape of as many elements; nil where no strides can say that.
  func reshaped(_ shape: [Int]) -> StepView? {
    guard shape.reduce(1, *) == count else { return nil }
    var result = self
    if isContiguous {
      result.axes = Self.rowMajor(shape)
      return result
    }
    var rest = significant[...]
    result.axes = []
    for size in shape {
      if size == 1 {
        result.axes.append(Axis(size: 1, stride: 0))
      } else {
        guard let next = rest.popFirst(), next.size == size else { return nil }
        result.axes.append(next)
      }
    }
    return result
  }
}

/// The value of a name: numbers of a step, or the beginning of a magnitude.
enum StepValue {
  case view(StepView)
  /// x^2
  case square(StepView)
  /// x^2 + y^2
  case squares(StepView, StepView)
  /// Several states one after the other along the first axis.
  case states([StepView], shape: [Int])
}
