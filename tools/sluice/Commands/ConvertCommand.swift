import Foundation
import Sluice
import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork

/// `sluice convert`: a trained model in, a blob out.
enum ConvertCommand {
  private static let settings = [
    Syntax.Option(
      "--type", value: "TYPE",
      help: "how weights are stored: "
        + StorageType.allCases.map { $0 == .f32 ? "f32 (the default)" : $0.name }
        .joined(separator: ", ") + " or auto"),
    Syntax.Option(
      "--architecture", value: "A.json", file: .read,
      help: "the layers of a source that holds tensors without a graph"),
    Syntax.Option(
      "--input-shape", value: "NAME=1,N",
      help: "the shape of a graph's input that the file leaves open; several apart by ;"),
    Syntax.Option(
      "--set", value: "NAME=X",
      help: "a graph's input that is one number at every run, such as sr=8000; several apart by ;"),
    Syntax.Option(
      "--calibrate", value: "X.npy", file: .read,
      help: "sequences to take the scales of inputs from, and to measure with"),
    Syntax.Option(
      "--sparsity", value: "S",
      help: "make zeros of a share S of the blocks of weights, those that matter least"),
    Syntax.Option(
      "--max-error", value: "E",
      help: "write nothing where the output's measured error is greater"),
    Syntax.Option(
      "--measure", value: "N",
      help: "steps to measure over, or none; 10,000 of noise if not given, fewer of large models"
    ),
    Syntax.Option(
      "--meta", value: "M.json", file: .read,
      help: "names, units, rates: a JSON object that the blob carries"),
    Syntax.Option(
      "--activation", value: "GRADE",
      help: "tanh and sigmoid: exact (the default) or fast, to 1e-5"),
  ]

  static let explain = Syntax.Option(
    "--explain",
    help: "print what was understood of the source, each layer beside the nodes that became it")

  static let syntax = Syntax(
    name: "convert", summary: "Converts a trained model into a blob.", operands: "SOURCE",
    operandCount: 1...1, options: ConvertOutputs.options + settings + [explain, .json, .quiet],
    details: """
      SOURCE is a safetensors file with PyTorch's names, an ONNX file (also Silero VAD's), RNNoise's
      weights, or a model of RTNeural, AIDA-X, GuitarML or NAM; for --object and --c-array also a
      .sluice file, linked as it is. The scripts of tools/python make safetensors files of PyTorch
      modules, Keras and TensorFlow Lite models, and of weights alone; with SLUICE_PYTHON=python3 in the
      environment they are run for MODEL.py:NAME, .keras, .h5, .tflite, .pt, .pth, .ckpt, .npz, .pkl,
      .msgpack and .bin.
      Weights are read as float32, float64, float16 or bfloat16. Layers that have no such type as --type
      asks for stay f32. Blocks of weights that are zero, 4 columns (f32: 1) of 16 units, are left
      out where that makes a step faster; --sparsity 0.75 makes them, by what they add over X.npy,
      else by their weights. X.npy holds features, float16, float32 or float64 [T, inputs] or
      [B, T, inputs], or token ids, int32 or int64 [T] or [B, T]. Without it integer weights read
      inputs at a scale for each step, and the blob is measured over noise. 'auto' measures mixes of
      types and takes the smallest under --max-error that is no slower than f32. The table ends with
      the time of a step on this machine beside that with f32 weights, which the blob does not carry.

      M.json may say name, description, version, license, task, sample_rate, hop, context, horizon,
      missing, labels, inputs, outputs, and under custom what you like. With "inputs" and "outputs", an
      object of "name", "unit", "mean" and "std" for each feature, the model reads raw units and writes
      them: (x - mean) / std is computed before the first layer, y std + mean behind the last, each as
      one product and one sum. What the source says of itself is kept where M.json does not say it,
      and --calibrate adds the range of each input.

      With --explain and no file to write, nothing is measured or written.

      A program without a file system links the blob: --object and --c-array write a 64-byte aligned
      constant NAME and its size NAME_size, for sluice_open_memory(NAME, NAME_size, ...).
      """,
    example: "sluice convert model.onnx -o model.sluice")

  static func run(_ arguments: Arguments) throws(ToolError) {
    let outputs = try ConvertOutputs(arguments)
    if isBlob(arguments.operands[0]) { return try link(arguments.operands[0], outputs, arguments) }
    let options = try options(arguments)
    if options.type == .automatic, options.maximalError == nil {
      throw arguments.usage("expected --max-error E beside --type auto")
    }
    if options.measurement == .none, options.maximalError != nil {
      throw arguments.usage("--max-error needs what '--measure none' leaves out")
    }
    if options.sparsity != nil, case .one(let type) = options.type, ![.int8, .f32].contains(type) {
      throw arguments.usage(
        "--sparsity goes with --type int8, f32 or auto; \(type) stores all blocks")
    }
    try check(arguments, isNoOutput: ExportedModel.file(of: arguments.operands[0]))
    try checkInstructionSet()
    let exported = try converting { () throws(ConversionError) in
      try ExportedModel(
        arguments.operands[0], hasArchitecture: options.source.architecture != nil)
    }
    defer { withExtendedLifetime(exported) {} }
    let source = exported?.path ?? arguments.operands[0]
    guard ConvertOutputs.areWanted(arguments) else {
      let ofSource = ["--architecture", "--input-shape", "--set"]
      for option in settings where arguments.has(option) && !ofSource.contains(option.name) {
        throw arguments.usage("'\(option.name)' goes with a file to write")
      }
      return try Explanation.show(source, options.source, asJSON: arguments.isForPrograms)
    }
    var progress = Progress(quiet: arguments.isQuiet)
    let conversion = try converting { () throws(ConversionError) in
      try Conversion(source: source, options: options) { progress.report($0.text(of: source)) }
    }
    if let report = conversion.report, let bound = options.maximalError,
      !(report.greatestError <= bound)
    {
      progress.finish()
      if !arguments.isForPrograms, !arguments.isQuiet {
        Console.print("measured over \(AccuracyTable(report).text)")
      }
      throw ToolError(
        .failed,
        "\(source): the output's error\(report.placeOfGreatest) is "
          + "\(report.greatestError.scientific); expected at most \(bound)\(report.ownPart.map { "; \($0)" } ?? ""); nothing is written"
      ).with("accuracy", report.json)
    }
    for path in conversion.model.otherFiles { try check(arguments, isNoOutput: path) }
    let explanation =
      arguments.has(explain) ? try Explanation(of: conversion.model, source) : nil
    let bytes = conversion.contents.unvalidatedBytes()
    // Opening validates what is then written.
    let model = try openModel(bytes, source)
    let files = try outputs.write(bytes)
    progress.finish()
    let isShown = !arguments.isQuiet || arguments.isForPrograms
    let ratio = isShown ? try stepRatio(of: model, conversion, source, options) : nil
    if !arguments.isQuiet { remark(conversion, ratio, source, options) }
    guard isShown else { return }
    show(model, files, conversion, ratio, explanation, asJSON: arguments.isForPrograms)
  }

  /// Refuses to write over `path`, which is read although no word of the command names it as it is.
  private static func check(_ arguments: Arguments, isNoOutput path: String) throws(ToolError) {
    for option in ConvertOutputs.options where option.file == .written {
      try arguments.check(option, isNot: path)
    }
  }

  /// Makes a blob, which stays as it is, a part of a program.
  private static func link(
    _ source: String, _ outputs: ConvertOutputs, _ arguments: Arguments
  ) throws(ToolError) {
    let model = try openModel(source)
    if let option = ([ConvertOutputs.blob] + settings).first(where: { arguments.has($0) }) {
      throw arguments.usage(
        "\(source) is a blob, which is linked as it is; '\(option.name)' needs the model that it was "
          + "converted from: weights that were rounded once are not rounded again")
    }
    let files = try outputs.write(unsafe Array(model.blob.bytes))
    let layers = LayerTable(model.blob)
    guard arguments.isForPrograms else {
      guard !arguments.isQuiet else { return }
      return Console.print("\(layers.text)\n\n\(files.map(\.line).joined(separator: "\n"))")
    }
    Console.print(.object(described(layers, unsafe model.blob.bytes.count, files)))
  }

  private static func options(_ arguments: Arguments) throws(ToolError) -> ConversionOptions {
    var options = ConversionOptions()
    for option in settings {
      guard let value = arguments[option] else { continue }
      do throws(ConversionOptions.ArgumentError) { try options.set(option.name, to: value) } catch {
        throw arguments.usage(error.reason)
      }
    }
    return options
  }
}

extension Conversion.Stage {
  /// The stage, for a line of progress.
  fileprivate func text(of source: String) -> String {
    switch self {
    case .packing: "\(source): read, now packing"
    case .calibrating(let step, let count):
      "\(source): calibrating, step \(step.grouped) of \(count.grouped)"
    case .choosing(let measured): "\(source): choosing types, \(measured.grouped) mixes measured"
    case .measuring(let step, let count):
      "\(source): measuring, step \(step.grouped) of \(count.grouped)"
    }
  }
}
