import SluiceBlob
import SluiceNetwork

/// How the nodes of a graph read its tensors: what of it an architecture that names them takes for granted.
struct WeightUses {
  private let readers: [Name: [(node: ONNXNode, index: Int)]]

  init(of nodes: [ONNXNode]) {
    var readers: [Name: [(node: ONNXNode, index: Int)]] = [:]
    for node in nodes {
      for (index, name) in node.inputs.enumerated() where !name.text.isEmpty {
        readers[name, default: []].append((node, index))
      }
    }
    self.readers = readers
  }

  /// Whether a matrix lies as `[in, out]`, and why an architecture cannot tell what is made of a tensor.
  ///
  /// A matrix counts where products read it as it stands, or turned once. Behind any other node its
  /// numbers, or their order, may be others than those that the name stands for.
  func use(of name: Name, shape: [Int]) -> (isTransposed: Bool, refusal: String?) {
    var turned: Set<Bool> = []
    for (node, index) in readers[name] ?? [] {
      if let scaling = node.scaling(of: index) {
        return (false, Self.refusal(node, "has \(scaling)"))
      }
      guard shape.count == 2 else {
        if shape.count > 2, !node.readsWeights(at: index) { return (false, Self.refusal(node)) }
        continue
      }
      if let isTurned = node.readsMatrix(at: index) {
        turned.insert(isTurned)
      } else if node.operation == "Transpose", index == 0, let output = node.output(0) {
        for (reader, place) in readers[output] ?? [] {
          if let scaling = reader.scaling(of: place) {
            return (false, Self.refusal(reader, "has \(scaling)"))
          }
          guard let isTurned = reader.readsMatrix(at: place) else {
            return (false, Self.refusal(reader))
          }
          turned.insert(!isTurned)
        }
      } else if !node.readsWeights(at: index) {
        // A row that is added is a bias.
        guard shape.contains(1), ["Add", "Sub"].contains(node.operation) else {
          return (false, Self.refusal(node))
        }
      }
    }
    if turned.count == 2 {
      return (false, "is read as it stands and turned: which of both its name means is not certain")
    }
    return (turned.first ?? false, nil)
  }

  /// Why W, R and B of a recurrent node are not all that an architecture needs to know; nil where they are.
  static func refusal(ofRecurrent node: ONNXNode) -> String? {
    for attribute in node.attributes {
      switch (attribute.name, attribute.value) {
      case ("clip", _): return refusal(node, "has a clip")
      case ("input_forget", .integer(let flag)) where flag != 0:
        return refusal(node, "couples its gates")
      case ("direction", .string(let text)) where text == "reverse":
        return refusal(node, "reads backwards")
      case ("activations", .strings(let functions)):
        let usual = RecurrentForm.usualFunctions(of: node)
        let isUsual = functions.enumerated().allSatisfy {
          Activation(named: $1.lowercased()) == usual[$0 % usual.count].kind
        }
        if !isUsual { return refusal(node, "has the activations \(functions)") }
      default: continue
      }
    }
    return nil
  }

  private static func refusal(_ node: ONNXNode, _ what: String = "reads it") -> String {
    "\(node.title) \(what), of which an architecture says nothing: convert the graph itself, or save what "
      + "it computes with as .npz or safetensors"
  }
}

extension ONNXNode {
  /// Whether a product reads input `index` as a matrix, and as `[in, out]`; nil for other readers.
  fileprivate func readsMatrix(at index: Int) -> Bool? {
    switch (operation, index) {
    case ("MatMul", 1): true
    case ("MatMul", 0): false
    case ("Gemm", 1): !isSet("transB")
    case ("Gemm", 0): isSet("transA")
    default: nil
    }
  }

  /// Whether input `index` is read as the weights that its operator has there.
  fileprivate func readsWeights(at index: Int) -> Bool {
    switch operation {
    case "Gather": index == 0
    case "Conv", "ConvTranspose": index == 1
    case "PRelu": index == 1
    case "LayerNormalization", "BatchNormalization", "InstanceNormalization": index > 0
    default: isRecurrent && index > 0
    }
  }

  /// A factor other than 1 that a `Gemm` has for input `index`.
  fileprivate func scaling(of index: Int) -> String? {
    guard operation == "Gemm" else { return nil }
    let name = index == 2 ? "beta" : "alpha"
    for attribute in attributes where attribute.name == Name(name) {
      if case .float(let factor) = attribute.value, factor != 1 { return "\(name) \(factor)" }
    }
    return nil
  }

  private func isSet(_ name: String) -> Bool {
    attributes.contains {
      if $0.name == Name(name), case .integer(let flag) = $0.value { flag != 0 } else { false }
    }
  }
}
