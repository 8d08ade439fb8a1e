import SluiceImport
import SluiceNetwork

/// The model of a case: what `convert` makes of its source, and beyond that, where a case has values
/// for more inputs than the sequence, the same with these.
struct ConformanceModel {
  let model: ConvertedModel
  /// The inputs whose values were given, in the source's order.
  let given: [Name]

  /// - Parameter values: the arrays of a case, by the input's name.
  init(
    _ source: String, _ options: SourceOptions, values: [Name: Tensor]
  ) throws(ConversionError) {
    let plain: ConvertedModel
    do throws(ConversionError) {
      plain = try Converter.convert(source: source, options: options)
    } catch {
      // Weights that are inputs, as the backend tests of ONNX have them, or states of many steps.
      guard try Converter.needsValues(source) else { throw error }
      self = try Self(given: values, source, options)
      return
    }
    let open = plain.interface.inputs.filter { $0.role == .free || $0.role == .state }
    let steps = plain.interface.steps(of: values)
    let names = open.map(\.name).filter { name in
      guard let value = values[name] else { return false }
      // Lengths of all steps say nothing that `run` does not do.
      return value.isFloatingPoint || steps == nil
        || !value.floats.allSatisfy { Int(exactly: $0) == steps }
    }
    let states = open.filter { $0.role == .state }.map(\.name)
    // A stream starts at zero as well.
    let isStarted = names.contains { name in
      !states.contains(name) || values[name]?.floats.contains { $0 != 0 } == true
    }
    guard isStarted else {
      (model, given) = (plain, [])
      return
    }
    var options = options
    options.states = Set(states)
    for name in names { options.constants[name] = values[name] }
    do throws(ConversionError) {
      model = try Converter.convert(source: source, options: options)
    } catch {
      throw error.beside(names)
    }
    given = names
  }

  private init(
    given values: [Name: Tensor], _ source: String, _ options: SourceOptions
  ) throws(ConversionError) {
    var options = options
    options.constants.merge(values) { $1 }
    model = try Converter.convert(source: source, options: options)
    given = model.interface.inputs.filter { $0.role == .constant }.map(\.name)
  }
}

extension ConversionError {
  /// The same, saying that the values of a case have led to it where they did: without them, as users run the
  /// model, it may not be one.
  func beside(_ given: [Name]) -> ConversionError {
    guard !given.isEmpty else { return self }
    return ConversionError(
      kind, file: file, place: place,
      reason: "\(reason); with the case's values for \(quotable(given)), which convert and run do "
        + "not take"
    )
  }
}

extension ModelInterface {
  /// The steps of the sequence among the arrays of a case; nil where its axes are others.
  fileprivate func steps(of values: [Name: Tensor]) -> Int? {
    for input in inputs {
      guard case .sequence(let axes) = input.role, let shape = values[input.name]?.shape else {
        continue
      }
      return axes.count == shape.count ? axes.firstIndex(of: .time).map { shape[$0] } : nil
    }
    return nil
  }
}
