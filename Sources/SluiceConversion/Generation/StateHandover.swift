import Sluice
import SluiceBlob
import SluiceNetwork

/// Sets the state of a decoder's recurrent layers from those of its encoder, layer by layer in their order.
///
/// Both were trained as one network, of which the state is all that passes from the reader to the writer: a
/// layer's kind, h and C must have the same shape on either side. What else a stream keeps, as the columns of a
/// convolution, is not handed over.
package struct StateHandover: Sendable {
  /// A layer that has h.
  private struct Layer {
    let index: Int
    let kind: LayerKind
    let hidden: Int
    let cell: Int

    var shape: String {
      "\(kind) of \(hidden)" + (cell == 0 || cell == hidden ? "" : " with a cell of \(cell)")
    }
  }

  /// The layers' indexes among the records of either blob.
  private let layers: [(encoder: Int, decoder: Int)]

  /// - Parameters:
  ///   - encoder: a stream of it, wherever it is.
  ///   - decoder: a stream of it, likewise.
  ///   - files: what errors call them.
  /// - Throws: `ConversionError` where no such state passes from one to the other, with the shapes of both.
  package init(
    from encoder: borrowing ModelStream, of source: borrowing Model,
    to decoder: borrowing ModelStream, of target: borrowing Model,
    files: (encoder: String, decoder: String)
  ) throws(ConversionError) {
    let from = Self.layers(of: encoder, source)
    let to = Self.layers(of: decoder, target)
    for (file, layers) in [(files.encoder, from), (files.decoder, to)] where layers.isEmpty {
      throw .unsupported(
        file, "", "has no recurrent layer, whose state an encoder hands to its decoder")
    }
    guard from.map(\.shape) == to.map(\.shape) else {
      throw .unsupported(
        files.decoder, "",
        "has the recurrent layers [\(to.map(\.shape).joined(separator: ", "))], the encoder "
          + "\(files.encoder) [\(from.map(\.shape).joined(separator: ", "))]; expected layers of the same kinds "
          + "and sizes, trained together, the encoder named first")
    }
    layers = zip(from, to).map { ($0.index, $1.index) }
  }

  /// Puts h and C of the encoder, as they are now, into the decoder.
  ///
  /// - Precondition: streams of the models that the handover was made for.
  package func hand(_ encoder: borrowing ModelStream, to decoder: inout ModelStream) {
    var vector: [Float] = []
    for (from, to) in layers {
      encoder.copyHidden(ofLayer: from, into: &vector)
      let isSet = decoder.setHidden(ofLayer: to, to: vector.span)
      precondition(isSet, "The streams are of other models")
      if encoder.copyCell(ofLayer: from, into: &vector) {
        decoder.setCell(ofLayer: to, to: vector.span)
      }
    }
  }

  private static func layers(
    of stream: borrowing ModelStream, _ model: borrowing Model
  ) -> [Layer] {
    var layers: [Layer] = []
    for index in 0..<model.blob.layerCount {
      var (hidden, cell): ([Float], [Float]) = ([], [])
      guard stream.copyHidden(ofLayer: index, into: &hidden) else { continue }
      stream.copyCell(ofLayer: index, into: &cell)
      layers.append(
        Layer(
          index: index, kind: model.blob.record(at: index).kind, hidden: hidden.count,
          cell: cell.count))
    }
    return layers
  }
}
