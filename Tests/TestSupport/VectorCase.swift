import Foundation

/// A case of `Tests/Fixtures/Vectors`: what PyTorch or ONNX Runtime made of a generated network.
///
/// `tools/python/fixtures/make_vectors.py` says how weights and inputs follow from the seed.
public struct VectorCase: Sendable, Decodable {
  /// Which steps' outputs were recorded: the first `first`, then every `stride`-th, and the last.
  public struct RecordedSteps: Sendable, Decodable {
    /// The number of steps at the beginning that were all recorded.
    public let first: Int
    /// The distance between the recorded steps after them.
    public let stride: Int
    /// The number of recorded steps.
    public let count: Int
  }

  /// The network's name; its cases, one a source, share it.
  public let name: String
  /// The cell of every layer.
  public let cell: Cell
  /// Who computed the expected floats: `pytorch` or `onnxruntime`.
  public let source: String
  /// Features of the first layer.
  public let inputSize: Int
  /// Units of each layer.
  public let hiddenSize: Int
  /// The number of layers.
  public let layers: Int
  /// The number of steps that were run.
  public let steps: Int
  /// What weights and inputs follow from.
  public let seed: UInt64
  /// Whether the state does not start at zero.
  public let hasInitialState: Bool
  /// The steps whose outputs were recorded.
  public let recordedSteps: RecordedSteps
  let file: String
  let outputOffset: Int
  let finalOffset: Int

  /// All cases of the manifest: a network once for each source.
  public static func all() throws -> [VectorCase] {
    let manifest = folder.appendingPathComponent("manifest.json")
    return try JSONDecoder().decode([VectorCase].self, from: Data(contentsOf: manifest))
  }

  /// `Tests/Fixtures/Vectors` of this package.
  public static var folder: URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/Vectors")
  }

  /// The recorded steps' indices, ascending.
  public var stepIndices: [Int] {
    let strided = stride(from: recordedSteps.first, to: steps, by: recordedSteps.stride)
    let indices = Array(0..<recordedSteps.first) + strided
    return indices.last == steps - 1 ? indices : indices + [steps - 1]
  }

  /// The network, generated from the seed.
  public func network() -> TestNetwork {
    TestNetwork(
      (0..<layers).map { layer in
        let input = layer == 0 ? inputSize : hiddenSize
        let rows = cell.gateCount * hiddenSize
        let bound = Float(1 / Double(hiddenSize).squareRoot())
        func tensor(_ index: Int, _ count: Int) -> [Float] {
          uniform(4 * layer + index, count, bound: bound)
        }
        var tensors = RecurrentTensors(
          cell: cell, inputSize: input, hiddenSize: hiddenSize,
          weightInput: tensor(0, rows * input), weightHidden: tensor(1, rows * hiddenSize),
          biasInput: tensor(2, rows), biasHidden: tensor(3, rows))
        if hasInitialState {
          tensors.initialHidden = uniform(900 + layer, hiddenSize, bound: 0.5)
          if cell == .lstm {
            tensors.initialCell = uniform(950 + layer, hiddenSize, bound: 0.5)
          }
        }
        return .recurrent(tensors)
      })
  }

  /// x, `[steps, inputSize]`.
  public func input() -> [Float] {
    uniform(999, steps * inputSize, bound: 1)
  }

  /// What the source computed: the top layer's h at the recorded steps, `[count, hiddenSize]`; the
  /// final h of each layer; the final C of each LSTM layer.
  public func expected() throws -> (outputs: [Float], hidden: [[Float]], cell: [[Float]]) {
    let data = try Data(contentsOf: VectorCase.folder.appendingPathComponent(file))
    func floats(_ offset: Int, _ count: Int) -> [Float] {
      (offset..<offset + count).map { index in
        let start = data.startIndex + 4 * index
        let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(data[start + $1]) << (8 * $1) }
        return Float(bitPattern: bits)
      }
    }
    func vectors(_ offset: Int) -> [[Float]] {
      (0..<layers).map { floats(offset + $0 * hiddenSize, hiddenSize) }
    }
    return (
      floats(outputOffset, recordedSteps.count * hiddenSize), vectors(finalOffset),
      cell == .lstm ? vectors(finalOffset + layers * hiddenSize) : []
    )
  }

  private func uniform(_ stream: Int, _ count: Int, bound: Float) -> [Float] {
    var random = SeededRandom(seed: seed * 1000 + UInt64(stream))
    return random.floats(count, bound: bound)
  }
}
