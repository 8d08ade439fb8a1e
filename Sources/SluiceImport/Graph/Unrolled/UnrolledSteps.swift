import SluiceNetwork

/// A recurrence of which an exporter wrote a copy for each step: what is the same in every copy, and what goes
/// from one to the next.
///
/// Turns count from the end at which the recurrence starts. The copies behind the second are compared with it
/// node by node: the same operators, attributes and constants, reading the same values of their own turn and
/// the one before. The first copy reads other things than a turn before, and is compared by itself.
struct UnrolledSteps {
  /// A value that a turn reads of the one before.
  struct State {
    /// What the first turn writes.
    let first: Name
    /// What the third turn reads, and what it writes in its place.
    let name: Name
    let next: Name
  }

  /// A value of every turn, which `node` joins along the steps.
  struct Joined {
    let first: Name
    /// In the third turn.
    let name: Name
    let node: ONNXNode
    /// Whether it joins them against the order of the steps that are read.
    let isTurned: Bool
  }

  /// A value of the last turn that others read.
  struct Final {
    /// In the third turn.
    let name: Name
    let output: Name
  }

  /// The nodes of the first turn, and of the third, which stands for all others.
  var firstNodes: [ONNXNode] = []
  var nodes: [ONNXNode] = []
  var states: [State] = []
  var joined: [Joined] = []
  var finals: [Final] = []
  /// The constants that the states start from, by what the first turn writes; nil where the first turn is of
  /// other nodes than those behind it.
  var starts: [Name: Name]?
  /// The places, among the nodes given, of those that the recurrence stands for.
  var consumed: Set<Int> = []

  /// The fewest turns of which copies can be told from what stands around them.
  static let fewest = 3

  /// What copies are looked for in.
  struct Scope {
    /// Nodes that depend on a step, in order.
    let nodes: [ONNXNode]
    /// The places among them of those that read the steps.
    let reading: Set<Int>
    /// The node that writes each name.
    let writers: [Name: ONNXNode]
    /// The names that the graph gives out.
    let outputs: Set<Name>
    /// Whether steps are read from the last to the first.
    let isReverse: Bool
  }

  let reads: [Name]
  private let readNames: Set<Name>
  var frames: [[Int]]
  /// The turn on which a name depends.
  var turns: [Name: Int] = [:]
  /// What the second turn writes in the place of what the first does.
  var following: [Name: Name] = [:]
  /// Of each turn from the second on, the names that stand for those of the second.
  var maps: [[Name: Name]] = []

  /// The recurrence that reads these names, a step each in the order of turns; nil where there is none.
  init?(_ reads: [Name], in scope: Scope, constants: inout ConstantClasses) {
    guard reads.count >= Self.fewest else { return nil }
    self.reads = reads
    readNames = Set(reads)
    frames = Array(repeating: [], count: reads.count)
    guard assignTurns(scope) else { return nil }
    guard findStates(scope.nodes), follow(scope.nodes, &constants), findExits(scope) else {
      return nil
    }
    firstNodes = frames[0].map { scope.nodes[$0] }
    findStarts(scope.writers, &constants)
  }

  /// Gives each node the last turn whose step it depends on.
  ///
  /// What the next turn makes of a state before it reads its own step, such as the product with the recurrent
  /// weights, is that turn's: of the last one nobody computes it.
  private mutating func assignTurns(_ scope: Scope) -> Bool {
    for (turn, name) in reads.enumerated() { turns[name] = turn }
    var own = [Int?](repeating: nil, count: scope.nodes.count)
    var readers: [Name: [Int]] = [:]
    // Names of sizes alone, which are known where the numbers are not.
    var sizes: Set<Name> = []
    for (place, node) in scope.nodes.enumerated() where !scope.reading.contains(place) {
      guard let turn = node.reads.compactMap({ turns[$0] }).max() else { continue }
      guard node.captured.isEmpty else { return false }
      own[place] = turn
      if node.operation == "Shape"
        || node.inputs.allSatisfy({ turns[$0] == nil || sizes.contains($0) })
      {
        sizes.formUnion(node.outputs)
      }
      for name in node.outputs { turns[name] = turn }
      for name in Set(node.inputs) { readers[name, default: []].append(place) }
    }
    for (place, node) in scope.nodes.enumerated().reversed() {
      guard let turn = own[place], turn < reads.count - 1,
        scope.outputs.isDisjoint(with: node.outputs),
        node.inputs.count(where: { turns[$0] != nil && !sizes.contains($0) }) <= 1,
        node.reads.allSatisfy({ !readNames.contains($0) }),
        Self.linear.contains(node.operation)
      else { continue }
      let behind = node.outputs.flatMap { readers[$0] ?? [] }
      let isNext = behind.allSatisfy { reader in
        let node = scope.nodes[reader]
        return own[reader] == turn + 1
          && !(node.operation == "Concat" && node.inputs.count == reads.count)
      }
      guard isNext, !behind.isEmpty else { continue }
      own[place] = turn + 1
      for name in node.outputs { turns[name] = turn + 1 }
    }
    for (place, turn) in own.enumerated() { if let turn { frames[turn].append(place) } }
    return true
  }

  /// What only moves numbers about, or is linear where all but one of its inputs are constants.
  private static let linear: Set<String> = [
    "Add", "Cast", "Div", "Expand", "Flatten", "Gather", "Gemm", "Identity", "MatMul", "Mul", "Neg",
    "Reshape",
    "Shape", "Slice", "Split", "Squeeze", "Sub", "Transpose", "Unsqueeze",
  ]
}
