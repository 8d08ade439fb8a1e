import _SluiceContract
import _SluiceSystem

/// Where the state of one sequence lies: among those of a batch, in a stream, or saved.
@safe
struct StatePlace {
  /// The floats of all `streams`, of any alignment.
  let floats: UnsafeMutableRawPointer
  /// How many sequences lie there, of each layer one behind the other.
  let streams: Int
  /// Which vector of each recurrent layer is h(t-1): of a batch the sequence, of a stream the phase.
  let hiddenRow: Int
  /// Which vector is C, or a convolution's columns.
  let secondRow: Int

  /// One of a batch's sequences.
  init(_ floats: UnsafeMutableRawPointer, of streams: Int, row: Int) {
    unsafe self.floats = floats
    self.streams = streams
    hiddenRow = row
    secondRow = row
  }

  /// A stream's.
  init(_ floats: UnsafeMutableRawPointer, phase: Int) {
    unsafe self.floats = floats
    streams = 1
    hiddenRow = phase
    secondRow = 0
  }

  /// h(t-1) of a layer.
  func hidden(_ layer: PlannedLayer) -> UnsafeMutableRawPointer {
    unsafe floats + 4 &* (streams &* layer.outputOffset &+ hiddenRow &* layer.stride)
  }

  /// C of a layer, or the columns that a convolution keeps.
  func second(_ layer: PlannedLayer) -> UnsafeMutableRawPointer {
    unsafe floats + 4 &* (streams &* layer.cellOffset &+ secondRow &* layer.cellStride)
  }
}

extension Plan {
  /// Copies what a sequence remembers. What pads the vectors becomes zero, as in a fresh stream: no bytes
  /// but those of the state reach a kernel.
  ///
  /// - Parameter source: a state of this plan, or of one that ``hasTopology(of:)``.
  func copyState(from source: StatePlace, _ other: Plan, to target: StatePlace) {
    var index = 0
    while index < layerCount {
      let (layer, from) = (self[index], other[index])
      if layer.isRecurrent {
        unsafe copy(source.hidden(from), layer.outputSize, to: target.hidden(layer), layer.stride)
      }
      unsafe copy(
        source.second(from), layer.secondVectorSize, to: target.second(layer), layer.cellStride)
      index &+= 1
    }
  }

  /// Copies `count` floats to a vector of `stride`.
  private func copy(
    _ source: UnsafeMutableRawPointer, _ count: Int, to target: UnsafeMutableRawPointer,
    _ stride: Int
  ) {
    guard stride > 0 else { return }
    unsafe memcpy(target, source, 4 &* count)
    unsafe memset(target + 4 &* count, 0, 4 &* (stride &- count))
  }

  /// Whether another model's states have the shapes of this one's, layer by layer. That the models compute
  /// alike is what their topology hashes say, which anyone can forge: so the sizes are looked at too.
  func hasTopology(of other: Plan) -> Bool {
    guard topologyHash == other.topologyHash, layerCount == other.layerCount else { return false }
    var index = 0
    while index < layerCount {
      let (layer, from) = (self[index], other[index])
      guard layer.isRecurrent == from.isRecurrent, layer.outputSize == from.outputSize,
        layer.secondVectorSize == from.secondVectorSize
      else { return false }
      index &+= 1
    }
    return true
  }

  /// Whether both are of the same model: opened once or several times, from bytes with the same hash.
  func isSameModel(as other: Plan) -> Bool {
    unsafe other.model == model || other.hash == hash && other.stateFloats == stateFloats
  }
}
