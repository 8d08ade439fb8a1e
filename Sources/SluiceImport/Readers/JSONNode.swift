import SluiceNetwork

/// A JSON value and where it stands, with accessors that say so when it is not what was expected.
package struct JSONNode {
  /// The way to a value from the root. It is spelled out only where something is wrong.
  indirect enum Path {
    case root
    case member(of: Path, String)
    case element(of: Path, Int)
  }

  let source: SourceBytes
  package let value: JSONValue
  private let place: Path

  init(source: SourceBytes, place: Path = .root, value: JSONValue) {
    self.source = source
    self.place = place
    self.value = value
  }

  var file: String { source.file }

  /// The path from the root, as in `$.layers[0].type`.
  var path: String {
    var steps: [String] = []
    var rest = place
    while true {
      switch rest {
      case .root: return "$" + steps.reversed().joined()
      case .member(let owner, let key):
        steps.append(".\(quotable(key))")
        rest = owner
      case .element(let owner, let index):
        steps.append("[\(index)]")
        rest = owner
      }
    }
  }

  package func malformed(_ reason: String) -> ConversionError { .malformed(file, path, reason) }
  package func unsupported(_ reason: String) -> ConversionError { .unsupported(file, path, reason) }

  func wrong(_ expected: String) -> ConversionError {
    malformed("expected \(expected), found \(value.kind)")
  }

  /// The object, all of whose keys are among `keys`.
  package func object(keys: Set<String>) throws(ConversionError) -> JSONObject {
    let object = try object()
    for key in object.keys where !keys.hasBytes(of: key) {
      let known = keys.sorted().joined(separator: ", ")
      throw malformed("the key \"\(quotable(key))\" is unknown; known keys are \(known)")
    }
    return object
  }

  /// The object.
  package func object() throws(ConversionError) -> JSONObject {
    guard case .object(let object) = value else { throw wrong("an object") }
    return object
  }

  /// The member named `key`; nil where there is none.
  package func optional(_ key: String) throws(ConversionError) -> JSONNode? {
    guard let member = try object()[key] else { return nil }
    return child(key, member)
  }

  /// Every member of the object, in the order of the text.
  func members() throws(ConversionError) -> [(key: String, node: JSONNode)] {
    let object = try object()
    return zip(object.keys, object.values).map { ($0, child($0, $1)) }
  }

  /// The member named `key`.
  package func member(_ key: String) throws(ConversionError) -> JSONNode {
    guard let member = try optional(key) else { throw malformed("the key \"\(key)\" is missing") }
    return member
  }

  private func child(_ key: String, _ value: JSONValue) -> JSONNode {
    JSONNode(source: source, place: .member(of: place, key), value: value)
  }

  /// The element at `index` of this array.
  func child(_ index: Int, _ value: JSONValue) -> JSONNode {
    JSONNode(source: source, place: .element(of: place, index), value: value)
  }

  package func string() throws(ConversionError) -> String {
    guard case .string(let string) = value else { throw wrong("a string") }
    return string
  }

  func bool() throws(ConversionError) -> Bool {
    guard case .bool(let bool) = value else { throw wrong("a boolean") }
    return bool
  }

  /// A boolean, or one of the numbers 0 and 1 in its place.
  func flag() throws(ConversionError) -> Bool {
    if case .bool(let bool) = value { return bool }
    return try integer(in: 0...1) == 1
  }

  package func integer(in range: ClosedRange<Int>) throws(ConversionError) -> Int {
    guard case .integer(let integer) = value else { throw wrong("an integer") }
    guard range.contains(integer) else {
      throw malformed("expected an integer from \(range.lowerBound) to \(range.upperBound)")
    }
    return integer
  }

  package func double() throws(ConversionError) -> Double {
    switch value {
    case .integer(let integer): return Double(integer)
    case .number(let number): return number
    default: throw wrong("a number")
    }
  }
}
