import Foundation
import SluiceBlob
import Testing

/// The specification's numbers are those of the code.
@Suite struct SpecificationTests {
  let lines: [Substring]

  init() throws {
    let path = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/SluiceBlob/SluiceBlob.docc/Format.md")
    lines = try String(contentsOf: path, encoding: .utf8).split(
      separator: "\n", omittingEmptySubsequences: false)
  }

  /// The lines from a heading to the next.
  func section(_ heading: String) throws -> ArraySlice<Substring> {
    let start = try #require(lines.firstIndex(of: "## \(heading)"), "no heading \(heading)")
    let rest = lines[(start + 1)...]
    return rest.prefix { !$0.hasPrefix("## ") }
  }

  /// The fields' offsets in a section's table, whose rows are: offset, type, name, value.
  func offsets(_ heading: String) throws -> [String: Int] {
    var offsets: [String: Int] = [:]
    for line in try section(heading) {
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      guard cells.count == 4, let offset = Int(cells[0]), cells[2].hasPrefix("`") else { continue }
      offsets[cells[2].trimmingCharacters(in: ["`"])] = offset
    }
    return offsets
  }

  @Test("offsets of the header")
  func header() throws {
    typealias Field = BlobLayout.Header
    let expected = [
      "magic": Field.magic, "version": Field.version, "byteOrderMark": Field.byteOrderMark,
      "totalSize": Field.totalSize, "hash": Field.hash, "headerSize": Field.headerSize,
      "flags": Field.flags, "sectionCount": Field.sectionCount,
      "sectionEntrySize": Field.sectionEntrySize, "outputMode": Field.outputMode,
      "recordSize": Field.recordSize, "reserved": Field.reserved,
    ]
    #expect(try offsets("Header") == expected)
  }

  @Test("offsets of a section entry")
  func sectionEntry() throws {
    typealias Field = BlobLayout.Section
    let expected = [
      "id": Field.id, "flags": Field.flags, "offset": Field.offset, "length": Field.length,
      "reserved": Field.reserved,
    ]
    #expect(try offsets("Sections") == expected)
  }

  @Test("offsets of a layer record")
  func record() throws {
    typealias Field = BlobLayout.Record
    let expected = [
      "kind": Field.kind, "variant": Field.variant, "direction": Field.direction,
      "gateOrder": Field.gateOrder, "storage": Field.storage,
      "gateActivation": Field.gateActivation, "candidateActivation": Field.candidateActivation,
      "outputActivation": Field.outputActivation, "grade": Field.grade,
      "tileWidth": Field.tileWidth, "inputSize": Field.inputSize, "hiddenSize": Field.hiddenSize,
      "outputSize": Field.outputSize, "weights": Field.weights, "biases": Field.biases,
      "initialState": Field.initialState, "name": Field.name, "stateBytes": Field.stateBytes,
      "scratchBytes": Field.scratchBytes, "scales": Field.scales, "inputScale": Field.inputScale,
      "hiddenScale": Field.hiddenScale,
      "kernelSize": Field.kernelSize, "stride": Field.columnStride, "dilation": Field.dilation,
      "groups": Field.groups, "before": Field.before, "after": Field.after,
      "inputCount": Field.inputCount, "inputs": Field.inputs, "columns": Field.columns,
      "padding": Field.columnPadding, "epsilon": Field.epsilon, "start": Field.sliceStart,
      "cellFlags": Field.cellFlags, "clip": Field.clip, "gateAlpha": Field.gateAlpha,
      "gateBeta": Field.gateBeta, "candidateAlpha": Field.candidateAlpha,
      "candidateBeta": Field.candidateBeta, "outputAlpha": Field.outputAlpha,
      "outputBeta": Field.outputBeta, "cellClip": Field.cellClip,
      "projectionClip": Field.projectionClip, "hiddenRounding": Field.hiddenRounding,
      "keptBlocks": Field.keptBlocks,
      "maskCount": Field.maskCount, "maskValue": Field.maskValue,
      "recurrence": Field.recurrence, "delay": Field.delay,
    ]
    #expect(try offsets("Layer records") == expected)
  }

  @Test("the section ids")
  func sectionIDs() throws {
    var found: [String] = []
    for line in try section("Sections") {
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      guard cells.count == 3, let raw = UInt32(cells[0]) else { continue }
      let id = try #require(SectionID(rawValue: raw))
      #expect(cells[1].hasPrefix("\(id)"))
      found.append(cells[0])
    }
    #expect(found.count == 10)
  }

  @Test("every error is a row among the refused, and no other is")
  func bans() throws {
    var documented: Set<String> = []
    for line in try section("What is refused") where line.hasPrefix("| `") {
      let name = line.split(separator: "`")[1]
      #expect(documented.insert(String(name)).inserted)
    }
    var kinds: Set<String> = []
    while let kind = BlobError.Kind(rawValue: UInt8(kinds.count)) { kinds.insert("\(kind)") }
    #expect(documented == kinds)
  }

  @Test("the worked example is what the writer writes")
  func example() throws {
    let layer = BlobContents.Layer(
      record: .dense(inputSize: 2, outputSize: 1), name: "out",
      weights: Packing.packDense([1, 2], inputSize: 2, outputSize: 1),
      biases: Packing.packRows([0.5], rowCount: 1, outputSize: 1))
    let bytes = try BlobContents(layers: [layer]).bytes()
    var example = [UInt8](repeating: 0, count: bytes.count)
    for line in try section("A worked example") where line.hasPrefix("    ") {
      let words = line.split(separator: " ")
      let start = try #require(Int(words[0], radix: 16))
      for (index, word) in words.dropFirst().enumerated() {
        example[start + index] = try #require(UInt8(word, radix: 16))
      }
    }
    #expect(example == bytes)
  }
}
