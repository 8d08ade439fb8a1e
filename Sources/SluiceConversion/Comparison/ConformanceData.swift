import Sluice
import SluiceBlob
import SluiceImport
import SluiceNetwork

/// One data set of a case: arrays of inputs and expected outputs, in the source's order.
struct ConformanceData {
  let folder: String

  /// How near the outputs came; a message where one is too far off.
  struct Outcome {
    var worst = 0.0
    var message: String?
    /// The graph's inputs whose values were given to it beside the sequence, as `run` cannot.
    var given: [Name] = []
    /// The graph's outputs that come from the stream's state, not from what `run` writes.
    var kept: [Name] = []
  }

  /// The array `stem`.npy or `stem`.pb; nil where it is absent or empty.
  private func array(_ stem: String) throws(ConversionError) -> (file: String, tensor: Tensor)? {
    let (npy, proto) = ("\(folder)/\(stem).npy", "\(folder)/\(stem).pb")
    if FileName.isThere(npy) {
      guard try SourceBytes(path: npy).count > 0 else { return nil }
      return (npy, try NPY.read(npy))
    }
    guard FileName.isThere(proto) else { return nil }
    guard let tensor = try TensorProtoFile.read(proto) else { return nil }
    return (proto, tensor.1)
  }

  private func exists(_ stem: String) -> Bool {
    ["npy", "pb"].contains { FileName.isThere("\(folder)/\(stem).\($0)") }
  }

  /// Converts `source`, runs it over the inputs and compares every output.
  func compare(
    _ source: String, _ settings: ConformanceSettings
  ) throws(ConversionError) -> Outcome {
    let names = try Converter.inputNames(of: source)
    guard !exists("input_\(names.count)") else {
      throw .malformed(
        folder, "input_\(names.count)", "the model has only \(names.count) inputs")
    }
    var inputs: [(file: String, tensor: Tensor)?] = []
    for index in names.indices { inputs.append(try array("input_\(index)")) }
    var values: [Name: Tensor] = [:]
    for (name, input) in zip(names, inputs) { values[name] = input?.tensor }
    let model = try ConformanceModel(source, settings.options.source, values: values)
    let contents = try model.model.network.blobContents(settings.options)
    let array = try sequences(of: model.model, inputs, source)
    let interface = model.model.interface
    do throws(ConversionError) { try check(array, interface, source) } catch {
      throw error.beside(model.given)
    }
    let blob = try OpenBlob(contents, file: source, steps: array.steps)
    let hasLengths = interface.lengths.map { $0.contains { $0 != array.steps } } ?? false
    // What `run` gives of the same array.
    let users =
      hasLengths || !interface.initialStates.isEmpty
      ? nil : try ArrayRun.run(blob.model, array, file: source)
    let recording = Recording(
      blob, array, layers: model.model.network.layers.count, interface, asRun: users)
    guard recording.blockMatches else {
      return Outcome(worst: .infinity, message: "a block of steps gives other bits than the steps")
    }
    var outcome = try compare(recording, with: interface.outputs, settings)
    outcome.given = model.given
    outcome.kept = model.model.unwrittenOutputs
    return outcome
  }

  /// Checks that there are as many lengths and initial states as sequences.
  private func check(
    _ array: SequenceArray, _ interface: ModelInterface, _ source: String
  ) throws(ConversionError) {
    let count = array.sequences.count
    if let lengths = interface.lengths {
      guard lengths.count == count, lengths.allSatisfy({ $0 <= array.steps }) else {
        throw .malformed(
          source, "sequence_lens", "\(lengths) for \(count) sequences of \(array.steps) steps")
      }
      let readsLast = interface.outputs.contains { if case .last = $0.role { true } else { false } }
      guard !readsLast || !lengths.contains(0) else {
        throw .unsupported(source, "sequence_lens", "the last step of a sequence without steps")
      }
    }
    for rows in interface.initialStates.flatMap({ [$0.hidden, $0.cell] })
    where rows.count > 1 && rows.count != count {
      throw .malformed(source, "initial state", "of \(rows.count) for \(count) sequences")
    }
  }

  private func sequences(
    of model: ConvertedModel, _ inputs: [(file: String, tensor: Tensor)?], _ source: String
  ) throws(ConversionError) -> SequenceArray {
    for (index, input) in model.interface.inputs.enumerated() {
      guard case .sequence(let axes) = input.role else { continue }
      guard index < inputs.count, let given = inputs[index] else {
        throw .malformed(folder, "input_\(index)", "the sequence '\(input.name)' is absent")
      }
      return try SequenceArray(
        given.tensor, axes: axes, inputSize: model.network.rangeOfInput,
        readsIDs: model.network.readsIDs, file: given.file)
    }
    throw .unsupported(source, "", "no input is a sequence")
  }

  private func compare(
    _ recording: Recording, with outputs: [ModelInterface.Output], _ settings: ConformanceSettings
  ) throws(ConversionError) -> Outcome {
    guard !exists("output_\(outputs.count)") else {
      throw .malformed(
        folder, "output_\(outputs.count)", "the model has only \(outputs.count) outputs")
    }
    var outcome = Outcome()
    var compared = 0
    for (index, output) in outputs.enumerated() {
      guard let expected = try array("output_\(index)") else { continue }
      compared += 1
      recording.compare(
        output, with: expected.tensor, settings, into: &outcome)
    }
    guard compared > 0 else { throw .malformed(folder, "output_0", "expected an output") }
    return outcome
  }
}
