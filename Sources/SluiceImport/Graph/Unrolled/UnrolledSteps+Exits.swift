import SluiceNetwork

extension UnrolledSteps {
  /// What others read of the turns: every turn's, joined, or the last one's.
  mutating func findExits(_ scope: Scope) -> Bool {
    var written: Set<Name> = []
    for place in consumed { written.formUnion(scope.nodes[place].outputs) }
    var last: [Name: Name] = [:]
    var second: [Name: Name] = [:]
    for (name, own) in maps[maps.count - 1] where turns[name] == 1 { last[own] = maps[1][name] }
    for (name, own) in maps[1] where turns[name] == 1 { second[name] = own }
    var wanted = scope.outputs.intersection(written)
    for (place, node) in scope.nodes.enumerated() where !consumed.contains(place) {
      let own = node.reads.filter(written.contains)
      guard !own.isEmpty else { continue }
      if let value = join(node, second, scope) {
        joined.append(value)
        consumed.insert(place)
      } else {
        wanted.formUnion(own)
      }
    }
    for output in wanted.sorted() {
      guard let name = last[output] else { return false }
      finals.append(Final(name: name, output: output))
    }
    return !joined.isEmpty || !finals.isEmpty
  }

  /// What a `Concat` of a value of every turn joins, in the order of turns or against it.
  private func join(_ node: ONNXNode, _ second: [Name: Name], _ scope: Scope) -> Joined? {
    guard node.operation == "Concat", node.inputs.count == reads.count else { return nil }
    for isBackwards in [false, true] {
      let inputs = isBackwards ? node.inputs.reversed() : node.inputs
      guard let name = second[inputs[1]], turns[inputs[0]] == 0, inputs[0] != reads[0],
        maps.enumerated().allSatisfy({ $1[inputs[1]] == inputs[$0 + 1] })
      else { continue }
      return Joined(
        first: inputs[0], name: name, node: node, isTurned: isBackwards != scope.isReverse)
    }
    return nil
  }

  /// Finds the constants in the first turn that stand where the second reads the first.
  mutating func findStarts(
    _ writers: [Name: ONNXNode], _ constants: inout ConstantClasses
  ) {
    var found: [Name: Name] = [:]
    var rest = following.map { ($0, $1) }
    for value in joined {
      guard let own = maps[1].first(where: { $1 == value.name })?.key else { return }
      rest.append((value.first, own))
    }
    var seen: Set<[Name]> = []
    while let (first, second) = rest.popLast() {
      guard seen.insert([first, second]).inserted else { continue }
      if second == reads[1] {
        guard first == reads[0] else { return }
      } else if turns[second] == 0 {
        guard turns[first] == nil, let own = constants.place(of: first),
          found[second].map({ constants.place(of: $0) == own }) ?? true
        else { return }
        found[second] = first
      } else if turns[second] == nil {
        guard second.isEmpty == first.isEmpty else { return }
        if first.isEmpty { continue }
        guard let own = constants.place(of: first), own == constants.place(of: second) else {
          return
        }
      } else {
        guard let a = writers[first], let b = writers[second], let form = NodeForm(a),
          form == NodeForm(b), a.inputs.count == b.inputs.count,
          a.outputs.firstIndex(of: first) == b.outputs.firstIndex(of: second)
        else { return }
        rest += zip(a.inputs, b.inputs)
      }
    }
    guard following.keys.allSatisfy({ found[$0] != nil }) else { return }
    starts = found
  }
}
