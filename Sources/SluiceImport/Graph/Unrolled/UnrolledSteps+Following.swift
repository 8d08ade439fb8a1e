import SluiceNetwork

extension UnrolledSteps {
  /// Pairs what the second turn reads of the first with what the third reads of the second, by the order in
  /// which an exporter writes every copy.
  mutating func findStates(_ nodes: [ONNXNode]) -> Bool {
    let count = frames[1].count
    guard count > 0, frames[2].count >= count,
      frames[1..<frames.count - 1].allSatisfy({ $0.count == count })
    else { return false }
    for (own, other) in zip(frames[1], frames[2]) {
      let (a, b) = (nodes[own], nodes[other])
      guard a.operation == b.operation, a.inputs.count == b.inputs.count else { return false }
      for (name, next) in zip(a.inputs, b.inputs) where turns[name] == 0 {
        guard name != reads[0], next != reads[1], turns[next] == 1,
          following[name] ?? next == next
        else { return false }
        following[name] = next
      }
    }
    return true
  }

  /// Follows the second turn through those behind it.
  mutating func follow(_ nodes: [ONNXNode], _ constants: inout ConstantClasses) -> Bool {
    var map = [reads[1]: reads[1]]
    for place in frames[1] { for name in nodes[place].outputs { map[name] = name } }
    maps = [map]
    consumed = Set(frames[0] + frames[1])
    for turn in 2..<reads.count {
      var found: [NodeForm: [Int]] = [:]
      for place in frames[turn].reversed() {
        guard let form = form(of: nodes[place], &constants, { $0 }) else { continue }
        found[form, default: []].append(place)
      }
      var next = [reads[1]: reads[turn]]
      for (name, own) in following { next[name] = turn == 2 ? own : map[own] }
      for place in frames[1] {
        guard let form = form(of: nodes[place], &constants, { next[$0] }),
          let other = found[form]?.popLast(),
          nodes[other].outputs.count == nodes[place].outputs.count
        else {
          // Of the last turn nobody may want what the next would read.
          guard turn == reads.count - 1, turn > 2 else { return false }
          continue
        }
        consumed.insert(other)
        for (name, same) in zip(nodes[place].outputs, nodes[other].outputs) { next[name] = same }
        if turn == 2 { self.nodes.append(nodes[other]) }
      }
      guard turn == reads.count - 1 || found.values.allSatisfy(\.isEmpty) else { return false }
      map = next
      maps.append(map)
    }
    for (first, own) in following {
      guard let name = maps[1][first], let next = maps[1][own] else { return false }
      states.append(State(first: first, name: name, next: next))
    }
    states.sort { $0.first < $1.first }
    return true
  }

  /// The form of a node with its own turn's names given by `names`; nil where it reads what is neither.
  private func form(
    of node: ONNXNode, _ constants: inout ConstantClasses, _ names: (Name) -> Name?
  ) -> NodeForm? {
    var form = NodeForm(node)
    for input in node.inputs {
      if input.isEmpty {
        form?.inputs.append(.missing)
      } else if turns[input] == nil {
        guard let place = constants.place(of: input) else { return nil }
        form?.inputs.append(.constant(place))
      } else {
        guard let name = names(input) else { return nil }
        form?.inputs.append(.name(name))
      }
    }
    return form
  }
}
