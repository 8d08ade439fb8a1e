import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// Networks that no blob can hold, each refused with what it may hold.
@Suite("The limits of a blob's networks") struct NetworkLimitTests {
  private static func network(_ layers: [Network.Layer]) -> Network {
    Network(layers: layers, provenance: Provenance(source: "test", format: "none", hash: 0))
  }

  private static func tanh(
    _ name: String, size: Int = 2, inputs: [Int] = []
  ) -> Network.Layer {
    .init(name: name, operation: .activation(.tanh, size: size), inputs: inputs)
  }

  private static func table(_ name: String) -> Network.Layer {
    .init(
      name: name, operation: .embedding(.init(count: 3, size: 2, weights: [1, 2, 3, 4, 5, 6])))
  }

  private static func isRefused(
    _ layers: [Network.Layer], as kind: ConversionError.Kind = .unsupported, _ text: String
  ) -> Bool {
    refuses(kind, text) { _ = try network(layers).blobContents() }
  }

  @Test("One layer less is held")
  func held() throws {
    let most = (0..<BlobLimits.layerCount).map { Self.tanh("t\($0)") }
    #expect(try Self.network(most).blobContents().layers.count == BlobLimits.layerCount)
    let longest = String(repeating: "n", count: BlobLimits.nameLength)
    _ = try Self.network([Self.tanh(longest, size: Int(BlobLimits.size))]).blobContents()
  }

  @Test("Too many layers, or none")
  func layers() {
    #expect(Self.isRefused([], "0 layers; a blob holds 1 to"))
    let count = BlobLimits.layerCount + 1
    #expect(Self.isRefused((0..<count).map { Self.tanh("t\($0)") }, "\(count) layers"))
  }

  @Test("Names: twice, none, too long, with a NUL")
  func names() {
    #expect(Self.isRefused([Self.tanh("a"), Self.tanh("a")], "two layers have one name"))
    for name in ["", String(repeating: "n", count: BlobLimits.nameLength + 1), "a\0b"] {
      #expect(Self.isRefused([Self.tanh(name)], "expected a name of 1 to"))
    }
  }

  @Test("Sizes: none, too large")
  func sizes() {
    #expect(Self.isRefused([Self.tanh("a", size: 0)], "0 to 0 features"))
    let size = Int(BlobLimits.size) + 1
    #expect(Self.isRefused([Self.tanh("a", size: size)], "\(size) to \(size) features"))
  }

  @Test("Inputs: too many, of layers behind, of other sizes, unread, of ids")
  func inputs() {
    let count = LayerInputs.capacity + 1
    let all = (0..<count).map { Self.tanh("t\($0)", inputs: [-1]) }
    let sum = Network.Layer(
      name: "sum", operation: .add(size: 2, count: count), inputs: Array(0..<count))
    #expect(Self.isRefused(all + [sum], "reads \(count) layers"))
    #expect(
      Self.isRefused([Self.tanh("a", inputs: [0])], as: .malformed, "does not come before it"))
    #expect(
      Self.isRefused(
        [Self.tanh("a"), Self.tanh("b", size: 3)], as: .malformed, "reads [2] features"))
    #expect(
      Self.isRefused(
        [Self.tanh("a"), Self.tanh("b", inputs: [-1]), Self.tanh("c")], "no layer reads it"))
    #expect(Self.isRefused([Self.tanh("a"), Self.table("e")], "not the first layer"))
    #expect(
      Self.isRefused([Self.table("e"), Self.tanh("a", inputs: [-1])], "reads token ids"))
  }

  @Test("Fast activations are those of the layers that have them")
  func grade() throws {
    let network = Self.network([
      Self.tanh("a"), .init(name: "b", operation: .activation(.softmax, size: 2)),
    ])
    for grade in [ActivationGrade.exact, .fast] {
      let layers = try network.blobContents(grade: grade).layers
      #expect(layers.map(\.record.grade) == [grade, .exact])
    }
  }

  @Test("Control characters of a source's name are escaped in its provenance")
  func provenance() {
    let json = Provenance(source: "a\n\u{1}\"\\é", format: "none", hash: 1).json
    #expect(json.contains(#""source":"a\u000a\u0001\"\\é""#))
    #expect(json.contains(#""xxh64":"0000000000000001""#))
  }
}
