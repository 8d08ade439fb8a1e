import SluiceBlob
import SluiceNetwork

extension Network.Function {
  /// A name, or an object with the name as `function` and its parameters `alpha` and `beta`.
  ///
  /// Parameters that are not given are the usual ones, of functions that have such.
  init(_ node: JSONNode) throws(ConversionError) {
    var nameNode = node
    var parameters: JSONNode?
    if case .object = node.value {
      _ = try node.object(keys: ["function", "alpha", "beta"])
      nameNode = try node.member("function")
      parameters = node
    }
    let name = try nameNode.string()
    guard let kind = name == "linear" ? .identity : Activation(named: name) else {
      throw nameNode.unsupported("the activation \"\(quotable(name))\"")
    }
    let traits = kind.traits
    func parameter(
      _ key: String, _ place: Int, _ usual: Float?
    ) throws(ConversionError) -> Float {
      guard place < traits.parameterCount else { return 0 }
      guard let node = try parameters?.optional(key) else {
        guard let usual else {
          throw nameNode.malformed("\(name) needs its \"\(key)\", in an object with \"function\"")
        }
        return usual
      }
      let value = Float(try node.double())
      guard value.isFinite else { throw node.malformed("beyond the range of float32") }
      return value
    }
    self.init(
      kind, alpha: try parameter("alpha", 0, traits.usualAlpha),
      beta: try parameter("beta", 1, traits.usualBeta))
    let keys = ["function", "alpha", "beta"].prefix(1 + traits.parameterCount)
    _ = try parameters?.object(keys: Set(keys))
  }

  /// The member `key` of `node`, or `other` where there is none.
  init(optional node: JSONNode, _ key: String, else other: Self = .identity) throws(ConversionError)
  {
    self = try node.optional(key).map { node throws(ConversionError) in try Self(node) } ?? other
  }
}
