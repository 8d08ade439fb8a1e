import SluiceBlob
import SluiceImport
import SluiceNetwork

/// How often a scale that is stored, and so fixed, cuts off what a layer reads.
struct SaturationCount {
  private let limits: (input: Float?, hidden: Float?)
  private var total = 0
  private var count = 0

  init(_ record: LayerRecord) {
    limits = record.saturationLimits
  }

  /// h before a step, where its scale is fixed.
  func hidden(ofLayer layer: Int, of blob: OpenBlob) -> [Float] {
    guard limits.hidden != nil else { return [] }
    var h: [Float] = []
    blob.stream.copyHidden(ofLayer: layer, into: &h)
    return h
  }

  /// Takes what a layer read at a step into account.
  mutating func note(_ input: some Sequence<Float>, _ hidden: [Float]) {
    if let limit = limits.input { note(input, limit) }
    if let limit = limits.hidden { note(hidden, limit) }
  }

  private mutating func note(_ values: some Sequence<Float>, _ limit: Float) {
    for value in values {
      total += 1
      if value.magnitude > limit { count += 1 }
    }
  }

  /// Nil where nothing is cut off ever.
  var share: Double? {
    limits.input == nil && limits.hidden == nil ? nil : Double(count) / Double(max(total, 1))
  }
}

extension LayerRecord {
  /// The greatest magnitudes that fixed scales let through; nil for none.
  ///
  /// 1/127 is no such scale: it is there because |h| <= 1.
  var saturationLimits: (input: Float?, hidden: Float?) {
    guard readsQuantised else { return (nil, nil) }
    return (
      inputScale > 0 ? 127.5 * inputScale : nil,
      hiddenScale > 0 && hiddenScale != 1 / 127 ? 127.5 * hiddenScale : nil
    )
  }
}
