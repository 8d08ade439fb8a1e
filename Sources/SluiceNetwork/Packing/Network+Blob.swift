import SluiceBlob

extension Network {
  /// The network packed for a blob, its weights stored as `type`, its activations of `grade`.
  ///
  /// Layers of which only f32 can be had stay f32; those without fast activations stay exact.
  ///
  /// - Throws: ``ConversionError`` naming the layer that a blob cannot hold, or whose weights are
  ///   beyond the type's range.
  public func blobContents(
    type: StorageType = .f32, grade: ActivationGrade = .exact
  ) throws(ConversionError) -> BlobContents {
    guard !layers.isEmpty, layers.count <= BlobLimits.layerCount else {
      throw .unsupported(
        provenance.source, "", "\(layers.count) layers; a blob holds 1 to \(BlobLimits.layerCount)")
    }
    guard Set(layers.map { Name($0.name) }).count == layers.count else {
      throw .unsupported(provenance.source, "layers", "two layers have one name")
    }
    try checkGraph()
    var contents: [BlobContents.Layer] = []
    for (index, layer) in layers.enumerated() {
      try checkSizes(of: layer)
      guard var form = layer.blobForm else {
        throw .unsupported(
          provenance.source, "layer \(quotable(layer.name))", "no blob can hold it yet")
      }
      let inputs = inputs(of: index)
      guard inputs.count <= LayerInputs.capacity else {
        throw .unsupported(
          provenance.source, "layer \(quotable(layer.name))",
          "reads \(inputs.count) layers; a blob holds up to \(LayerInputs.capacity)")
      }
      if grade == .fast, form.record.hasFastGrade { form.record.grade = .fast }
      if inputs != [index - 1] { form.record.inputs = LayerInputs(inputs) }
      // Two finite biases may have an infinite sum.
      let place = "biases of layer \(quotable(layer.name))"
      try requireFinite(form.biases, file: provenance.source, place: place)
      guard !form.record.hasEveryType || form.matrices.fit(type) else {
        throw .unsupported(
          provenance.source, "layer \(quotable(layer.name))",
          "a weight is beyond the range of \(type)")
      }
      contents.append(
        BlobContents.Layer(
          rounding: form.matrices, to: form.record.takes(type) ? type : .f32, record: form.record,
          name: layer.name, biases: form.biases, initialState: form.initialState,
          hiddenRounding: .finer
        ).sparseWhereFaster)
    }
    var blob = BlobContents(
      layers: contents, output: output, vocabulary: vocabulary, labels: labels,
      provenance: provenance.json)
    blob.metadata = metadata
    return blob
  }

  private func checkSizes(of layer: Layer) throws(ConversionError) {
    let place = "layer \(quotable(layer.name))"
    let size = Int(BlobLimits.size)
    let limit = layer.readsIDs ? Int(BlobLimits.tokenCount) : size
    guard (1...limit).contains(layer.inputSize), (1...size).contains(layer.outputSize) else {
      throw .unsupported(
        provenance.source, place,
        "\(layer.inputSize) to \(layer.outputSize) features; a blob holds up to \(limit) and \(size)"
      )
    }
    if let reason = layer.operation.refusal {
      throw .unsupported(provenance.source, place, reason)
    }
    let name = layer.name.utf8
    guard (1...BlobLimits.nameLength).contains(name.count), !name.contains(0) else {
      throw .unsupported(
        provenance.source, place,
        "expected a name of 1 to \(BlobLimits.nameLength) bytes, none of them 0")
    }
  }
}

extension Network.Operation {
  /// Why no blob holds what it computes; nil where one may.
  fileprivate var refusal: String? {
    switch self {
    case .convolution(let taps): taps.refusalOfGroups
    case .recurrent(let layer): layer.refusalOfColumns
    case .delay(let layer): layer.refusal
    case .gather(let layer): layer.refusal
    default: nil
    }
  }
}

extension Provenance {
  /// The provenance as a JSON object.
  package var json: String {
    let hash = String(hash, radix: 16)
    let digits = String(repeating: "0", count: 16 - hash.count) + hash
    let json = JSON.object([
      ("source", .string(source)), ("format", .string(format)), ("xxh64", .string(digits)),
      ("converter", .string("sluice \(converter)")),
    ])
    return json.text
  }
}
