import SluiceNetwork

/// Nodes that pick the steps of one sequence, one each.
struct StepReads {
  let source: Name
  /// The axis of steps.
  let axis: Int
  /// Whether the axis goes with the pick.
  let removes: Bool
}

extension GraphImporter {
  /// What a pick takes of an axis, the index for each output.
  private struct Pick {
    let axis: Int
    let indices: [Int]
    let removes: Bool
  }

  /// Interprets a graph in which recurrences are written out, a copy for each step: every one that is found
  /// becomes the layers that one copy computes, over the sequence.
  mutating func runUnrolled(_ nodes: [ONNXNode]) throws(ConversionError) {
    var writers: [Name: ONNXNode] = [:]
    for node in nodes { for name in node.outputs { writers[name] = node } }
    var pending = nodes
    for _ in 0..<Self.maximumRecurrences {
      var (waiting, groups) = try runToSteps(pending)
      guard let first = waiting.first else { return }
      let count = layers.count
      for group in groups {
        if let rest = roll(group, waiting, writers) { waiting = rest }
      }
      guard layers.count > count else {
        throw first.unsupported("no recurrence whose copies are the same in every step")
      }
      pending = waiting
    }
    throw pending[0].unsupported(
      "more than \(Self.maximumRecurrences) recurrences one after another")
  }

  private static let maximumRecurrences = 64

  /// Interprets the nodes that depend on no single step; returns the others, and which steps they read.
  private mutating func runToSteps(
    _ nodes: [ONNXNode]
  ) throws(ConversionError) -> (waiting: [ONNXNode], groups: [StepReads]) {
    var picks: [Name: Int] = [:]
    for node in nodes {
      guard let source = node.pickedFrom else { continue }
      picks[source, default: 0] += node.operation == "Split" ? node.outputs.count : 1
    }
    var groups: [StepReads] = []
    var unknown: Set<Name> = []
    var waiting: [ONNXNode] = []
    for node in nodes {
      var waits = node.reads.contains(where: unknown.contains)
      if !waits, let source = node.pickedFrom, picks[source, default: 0] >= UnrolledSteps.fewest,
        case .features(let value)? = values[source], let pick = pick(node, value),
        steps(of: value, pick.axis) != nil
      {
        waits = true
        if !groups.contains(where: { $0.source == source && $0.axis == pick.axis }) {
          groups.append(StepReads(source: source, axis: pick.axis, removes: pick.removes))
        }
      }
      guard !waits else {
        unknown.formUnion(node.outputs)
        waiting.append(node)
        continue
      }
      do throws(ConversionError) { try run(all: [node]) } catch {
        // What the first copy computes of constants alone is known from the others.
        guard node.reads.allSatisfy({ values[$0] == nil }) else { throw error }
      }
    }
    return (waiting, groups)
  }

  /// Which single elements of an axis a node takes; nil where it takes anything else.
  private mutating func pick(_ node: ONNXNode, _ value: FeatureValue) -> Pick? {
    var attributes = AttributeReader(node)
    let rank = value.axes.count
    do throws(ConversionError) {
      switch node.operation {
      case "Gather":
        let axis = try node.position(of: try attributes.integer("axis") ?? 0, rank: rank)
        let (list, isScalar) = try folder.indices(ofGather: node)
        return list.count == 1 ? Pick(axis: axis, indices: list, removes: isScalar) : nil
      case "Split":
        let (axis, ranges) = try folder.ranges(
          ofSplit: node, &attributes, value.axes.indices.map { value.extent($0) })
        guard ranges.allSatisfy({ $0.count == 1 }) else { return nil }
        return Pick(axis: axis, indices: ranges.map(\.lowerBound), removes: false)
      default:
        let bounds = try folder.bounds(node, &attributes, rank: rank)
        let parts = try bounds.parts(node, rank: rank)
        guard parts.count == 1, let end = parts[0].end.known, parts[0].start >= 0,
          end &- parts[0].start == 1
        else { return nil }
        return Pick(axis: parts[0].axis, indices: [parts[0].start], removes: false)
      }
    } catch {
      return nil
    }
  }

  /// Puts layers in the place of the recurrence that reads these steps; returns the nodes that are left, nil
  /// where there is no such recurrence.
  private mutating func roll(
    _ group: StepReads, _ nodes: [ONNXNode], _ writers: [Name: ONNXNode]
  ) -> [ONNXNode]? {
    guard case .features(let x)? = values[group.source], let count = x.extent(group.axis).known,
      UnrolledSteps.fewest...ONNXModel.maximumNodes ~= count
    else { return nil }
    var names = [Name?](repeating: nil, count: count)
    var reading: Set<Int> = []
    for (place, node) in nodes.enumerated() where node.pickedFrom == group.source {
      guard let pick = pick(node, x), pick.axis == group.axis, pick.removes == group.removes
      else { continue }
      for (index, output) in zip(pick.indices, node.outputs) {
        let step = index < 0 ? index + count : index
        guard names.indices.contains(step), names[step] == nil else { return nil }
        names[step] = output
      }
      reading.insert(place)
    }
    let reads = names.compactMap(\.self)
    guard reads.count == count, let node = reading.min().map({ nodes[$0] }) else { return nil }
    let outputs = Set(model.outputs.map(\.name))
    let computed = values
    var constants = ConstantClasses(folder, node) { computed[$0] != nil }
    for isReverse in [false, true] {
      let scope = UnrolledSteps.Scope(
        nodes: nodes, reading: reading, writers: writers, outputs: outputs, isReverse: isReverse)
      guard
        let steps = UnrolledSteps(
          isReverse ? reads.reversed() : reads, in: scope, constants: &constants),
        let element = isReverse ? names[count - 3] : names[2],
        let first = isReverse ? names[count - 1] : names[0]
      else { continue }
      var attempt = self
      do throws(ConversionError) {
        try attempt.take(
          RolledSteps(
            steps: steps, element: element, first: first, reads: group, isReverse: isReverse,
            node: node), of: x)
      } catch { continue }
      self = attempt
      let left = nodes.indices.filter { !steps.consumed.contains($0) }
      let read = Set(left.filter { !reading.contains($0) }.flatMap { nodes[$0].reads })
      return left.filter {
        !reading.contains($0) || nodes[$0].outputs.contains(where: read.contains)
      }.map { nodes[$0] }
    }
    return nil
  }
}

extension ONNXNode {
  /// What a node that may pick single steps picks from.
  fileprivate var pickedFrom: Name? {
    ["Gather", "Slice", "Split"].contains(operation) ? input(0) : nil
  }
}

extension ONNXModel {
  /// Whether single elements are picked from one value often enough to be the steps of a recurrence.
  var picksSteps: Bool {
    var counts: [Name: Int] = [:]
    for node in nodes {
      guard let source = node.pickedFrom else { continue }
      let count = counts[source, default: 0] + (node.operation == "Split" ? node.outputs.count : 1)
      if count >= UnrolledSteps.fewest { return true }
      counts[source] = count
    }
    return false
  }
}
