import SluiceNetwork

/// The tensors of an ONNX file by their names, its graph left aside.
struct ONNXWeights {
  /// A tensor as the architecture reads it, made of one of the file.
  struct Part {
    /// How it lies in the file.
    enum Form {
      case whole
      /// A matrix as `MatMul` reads it, `[in, out]`.
      case transposed
      /// Rows of one direction of a recurrent node, in blocks of which each is a gate.
      case gates(direction: Int, from: Int, order: [Int])
    }

    let tensor: ONNXTensor
    let shape: [Int]
    let form: Form
    /// Why an architecture cannot say what the graph makes of it; nil where it can.
    var refusal: String?
  }

  private(set) var parts: [Name: Part] = [:]

  init(_ model: ONNXModel) {
    var tensors = model.initializers
    // Two branches may call different tensors alike: neither is meant then.
    var repeated: Set<Name> = []
    func keep(_ tensor: ONNXTensor, _ name: Name) {
      if tensors.updateValue(tensor, forKey: name) != nil { repeated.insert(name) }
    }
    let graphs = model.subgraphs
    for graph in graphs {
      for (name, tensor) in graph.initializers { keep(tensor, name) }
    }
    let nodes = model.nodes + graphs.flatMap(\.nodes)
    for node in nodes where node.operation == "Constant" {
      guard let name = node.output(0), let attribute = node.attributes.first,
        case .tensor(let tensor) = attribute.value
      else { continue }
      keep(tensor, name)
    }
    for name in repeated { tensors[name] = nil }
    tensors = tensors.filter { $0.value.holdsWeights }
    let uses = WeightUses(of: nodes)
    for (name, tensor) in tensors {
      let use = uses.use(of: name, shape: tensor.shape)
      let isTransposed = tensor.shape.count == 2 && use.isTransposed
      parts[name] = Part(
        tensor: tensor, shape: isTransposed ? tensor.shape.reversed() : tensor.shape,
        form: isTransposed ? .transposed : .whole, refusal: use.refusal)
    }
    for node in nodes where node.isRecurrent { addGates(of: node, tensors) }
  }

  /// W, R and B of a recurrent node, under PyTorch's names for a layer that is called as the node.
  private mutating func addGates(of node: ONNXNode, _ tensors: [Name: ONNXTensor]) {
    let order =
      switch node.operation {
      case "LSTM": RecurrentForm.lstmOrder
      case "GRU": RecurrentForm.gruOrder
      default: [0]
      }
    func tensor(_ index: Int, rank: Int) -> (Name, ONNXTensor)? {
      guard let name = node.input(index), let tensor = tensors[name], tensor.shape.count == rank
      else { return nil }
      return (name, tensor)
    }
    guard let (wName, w) = tensor(1, rank: 3), let (rName, r) = tensor(2, rank: 3),
      (1...2).contains(w.shape[0]), w.shape[0] == r.shape[0], w.shape[1] == r.shape[1],
      r.shape[1] / order.count == r.shape[2], r.shape[1] % order.count == 0
    else { return }
    let rows = w.shape[1]
    var added: [Name: Part] = [:]
    func add(_ what: String, _ direction: Int, _ tensor: ONNXTensor, from start: Int) {
      let name = "\(node.source).\(what)_l0\(direction == 0 ? "" : "_reverse")"
      added[Name(name)] = Part(
        tensor: tensor, shape: tensor.shape.count == 3 ? [rows, tensor.shape[2]] : [rows],
        form: .gates(direction: direction, from: start, order: order), refusal: refusal)
    }
    let refusal = WeightUses.refusal(ofRecurrent: node)
    var used = [wName, rName]
    let bias = tensor(3, rank: 2)
    for direction in 0..<w.shape[0] {
      add("weight_ih", direction, w, from: 0)
      add("weight_hh", direction, r, from: 0)
      guard let (bName, b) = bias, b.shape == [w.shape[0], 2 * rows] else { continue }
      if direction == 0 { used.append(bName) }
      add("bias_ih", direction, b, from: 0)
      add("bias_hh", direction, b, from: rows)
    }
    guard added.keys.allSatisfy({ parts[$0] == nil }) else { return }
    parts.merge(added) { $1 }
    for name in used { parts[name] = nil }
  }
}

extension ONNXWeights.Part {
  /// Its numbers, in the order that an architecture reads.
  func floats(_ file: String, _ place: String) throws(ConversionError) -> [Float] {
    if let refusal { throw .unsupported(file, place, refusal) }
    let values = try tensor.tensor().floats
    try requireFinite(values, file: file, place: place)
    switch form {
    case .whole: return values
    case .transposed:
      let (rows, columns) = (shape[0], shape[1])
      return (0..<rows).flatMap { row in (0..<columns).map { values[$0 * rows + row] } }
    case .gates(let direction, let start, let order):
      let width = shape.count == 2 ? shape[1] : 1
      let block = shape[0] / order.count * width
      let first = direction * (values.count / tensor.shape[0]) + start * width
      return order.flatMap { values[first + $0 * block..<first + ($0 + 1) * block] }
    }
  }
}

extension ONNXTensor {
  /// Whether these may be weights: floats that are there, with an element at least.
  fileprivate var holdsWeights: Bool {
    guard refusal == nil, !shape.contains(0) else { return false }
    switch type {
    case .float, .double, .float16, .bfloat16: return true
    case .int32, .int64, .bool: return false
    }
  }
}

extension TensorTable {
  /// The tensors of an ONNX file, read on demand.
  ///
  /// Single numbers, such as a norm's epsilon, need no layer that uses them.
  init(_ model: ONNXModel) {
    let (file, weights) = (model.source.file, ONNXWeights(model))
    self.init(file: file, shapes: weights.parts.mapValues(\.shape)) {
      "tensor \(quotable($0))"
    } read: { name throws(ConversionError) in
      guard let part = weights.parts[Name(name)] else { return [] }
      return try part.floats(file, "tensor \(quotable(name))")
    }
    for (name, part) in weights.parts where elementCount(of: part.shape) == 1 {
      makeOptional(name)
    }
  }
}
