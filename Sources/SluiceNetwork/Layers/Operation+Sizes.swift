import SluiceBlob

extension Network.Operation {
  /// Why no blob holds a layer of these sizes; nil where one may.
  ///
  /// Asked before a layer is appended, so that sizes which each layer doubles are refused long before
  /// their sum overflows or an array of that size is made.
  package var refusalOfSizes: String? {
    var size = 0
    if case .concatenate(let length, let channels) = self {
      for count in channels {
        let (sum, overflow) = size.addingReportingOverflow(count)
        guard !overflow else { return Self.refusal("more than \(Int.max)") }
        size = sum
      }
      let (product, overflow) = size.multipliedReportingOverflow(by: length)
      guard !overflow else { return Self.refusal("more than \(Int.max)") }
      size = product
    } else {
      size = Network.Layer(name: "", operation: self).outputSize
    }
    return size > Int(BlobLimits.size) ? Self.refusal("\(size)") : nil
  }

  private static func refusal(_ size: String) -> String {
    "writes \(size) features; a blob holds up to \(BlobLimits.size)"
  }
}
