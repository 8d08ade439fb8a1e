import SluiceBlob
import SluiceNetwork

/// Layers in the making, each under a name of its own, taken from the node that computes it.
struct LayerList {
  private(set) var layers: [Network.Layer] = []
  private var names: Set<Name> = []
  /// How many layers were named after the same source.
  private var copies: [Name: Int] = [:]
  /// Layers in the making, of which a blob holds those that are needed: not as many.
  private static let capacity = 4 * BlobLimits.layerCount

  subscript(index: Int) -> Network.Layer {
    get { layers[index] }
    set { layers[index] = newValue }
  }

  var count: Int { layers.count }
  var isEmpty: Bool { layers.isEmpty }

  /// Appends a layer that `node` computes; returns its index.
  mutating func append(
    _ operation: Network.Operation, reading inputs: [Int], _ node: ONNXNode
  ) throws(ConversionError) -> Int {
    if let reason = operation.refusalOfSizes { throw node.unsupported(reason) }
    let source = node.source
    let index = try append(operation, reading: inputs, named: source, in: node.file)
    layers[index].origins = [node.title]
    return index
  }

  /// Appends a layer under a name like `source`; returns its index.
  mutating func append(
    _ operation: Network.Operation, reading inputs: [Int], named source: String, in file: String
  ) throws(ConversionError) -> Int {
    guard layers.count < Self.capacity else {
      throw .unsupported(
        file, "layer \(quotable(source))", "more than \(Self.capacity) layers in the making")
    }
    let base = source.utf8.count <= 200 ? source : quotable(source)
    var name = base
    // Of a thousand nodes without a name none looks for its own from the first on.
    var count = copies[Name(base)] ?? 1
    while !names.insert(Name(name)).inserted {
      count += 1
      name = "\(base)#\(count)"
    }
    copies[Name(base)] = count
    // A chain needs no list.
    let listed = inputs == [layers.count - 1] ? [] : inputs
    layers.append(Network.Layer(name: name, operation: operation, inputs: listed))
    return layers.count - 1
  }

  /// The layers that layer `index` reads.
  func inputs(of index: Int) -> [Int] {
    layers[index].inputs.isEmpty ? [index - 1] : layers[index].inputs
  }
}
