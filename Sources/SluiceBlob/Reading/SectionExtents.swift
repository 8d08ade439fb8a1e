/// A range of bytes of the file, known to lie within it.
struct Extent {
  var start = 0
  var count = 0
  var end: Int { start + count }
}

/// Where each section lies: an absent one has no bytes.
struct SectionExtents {
  var layers = Extent()
  var weights = Extent()
  var biases = Extent()
  var states = Extent()
  var scales = Extent()
  var names = Extent()
  var vocabulary = Extent()
  var labels = Extent()
  var provenance = Extent()
  var metadata = Extent()

  subscript(id: SectionID) -> Extent {
    get {
      switch id {
      case .layers: layers
      case .weights: weights
      case .biases: biases
      case .states: states
      case .scales: scales
      case .names: names
      case .vocabulary: vocabulary
      case .labels: labels
      case .provenance: provenance
      case .metadata: metadata
      }
    }
    set {
      switch id {
      case .layers: layers = newValue
      case .weights: weights = newValue
      case .biases: biases = newValue
      case .states: states = newValue
      case .scales: scales = newValue
      case .names: names = newValue
      case .vocabulary: vocabulary = newValue
      case .labels: labels = newValue
      case .provenance: provenance = newValue
      case .metadata: metadata = newValue
      }
    }
  }
}
