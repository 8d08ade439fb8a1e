import SluiceNetwork

/// What stands in the way of converting a graph: every node that cannot be read, said at once.
struct Obstacles {
  private let file: String
  private var errors: [ConversionError] = []
  /// The names that have no value, since a node before could not be read.
  private var unknown: Set<Name> = []

  init(_ file: String) { self.file = file }

  /// Whether `node` can be tried: it reads nothing that an obstacle should have written.
  mutating func allows(_ node: ONNXNode) -> Bool {
    guard node.inputs.contains(where: unknown.contains) else { return true }
    unknown.formUnion(node.outputs)
    return false
  }

  /// Notes why `node` cannot be read, and the shapes of what it reads.
  mutating func note(_ error: ConversionError, of node: ONNXNode, reading shapes: [String] = []) {
    unknown.formUnion(node.outputs)
    guard !shapes.isEmpty, error.place == node.place else { return errors.append(error) }
    errors.append(
      ConversionError(
        error.kind, file: error.file, place: error.place,
        reason: "\(error.reason) (it reads \(shapes.joined(separator: ", ")))"))
  }

  /// Throws what was found.
  func finish() throws(ConversionError) {
    guard errors.count > 1 else {
      if let error = errors.first { throw error }
      return
    }
    let first = errors.prefix(8).map { error in
      let text = "\(error.place): \(error.reason)"
      return "\n  " + (text.utf8.count <= 440 ? text : String(text.prefix(200)) + "...")
    }
    throw ConversionError(
      errors[0].kind, file: file, place: errors[0].place,
      reason: errors[0].reason + "; \(errors.count) obstacles in all:" + first.joined()
        + (errors.count > 8 ? "\n  and \(errors.count - 8) more" : ""))
  }
}

extension Extent {
  /// The size, or what it counts.
  func text(time: Int?) -> String {
    switch self {
    case .known(let size): "\(size)"
    case .axis(let axis): time == nil ? "n" : axis == time ? "T" : "B"
    case .unknown: "?"
    }
  }
}
