import SluiceConversion
import SluiceImport
import SluiceNetwork

/// What `sluice convert` writes: a file of its own, a part of a program, or both.
struct ConvertOutputs {
  static let blob = Syntax.Option(
    "--output", "-o", value: "OUT.sluice", file: .written,
    help: "the blob to write; whole or not at all")
  static let object = Syntax.Option(
    "--object", value: "OUT.o", file: .written,
    help: "the blob as an object file, to be linked into a program")
  static let source = Syntax.Option(
    "--c-array", value: "OUT.c", file: .written,
    help: "the blob as a C array, for any CPU and compiler")
  static let symbol = Syntax.Option(
    "--symbol", value: "NAME",
    help: "the constant of --object and --c-array; the file's name if not given")
  static let machine = Syntax.Option(
    "--machine", value: "CPU",
    help: "of --object: \(machines); this machine's if not given")
  static let options = [blob, object, source, symbol, machine]

  private static var machines: String {
    LinkableBlob.Machine.allCases.map(\.rawValue).joined(separator: " or ")
  }

  /// Whether a file is asked for.
  static func areWanted(_ arguments: Arguments) -> Bool {
    [blob, object, source].contains(where: arguments.has)
  }

  private let arguments: Arguments
  private let cpu: LinkableBlob.Machine

  /// Refuses outputs that cannot be, before anything is read.
  init(_ arguments: Arguments) throws(ToolError) {
    self.arguments = arguments
    guard Self.areWanted(arguments) || arguments.has(ConvertCommand.explain) else {
      throw arguments.usage(
        "expected -o OUT.sluice, --object OUT.o or --c-array OUT.c; --explain writes nothing")
    }
    for option in [Self.blob, Self.object, Self.source] where arguments[option] == "-" {
      throw arguments.usage(
        "'\(option.name) -': what is written comes into being whole, as a file",
        "'./-' names a file that is called so")
    }
    let isLinked = arguments[Self.object] != nil || arguments[Self.source] != nil
    guard isLinked || !arguments.has(Self.symbol) else {
      throw arguments.usage("'--symbol' goes with --object or --c-array")
    }
    guard arguments.has(Self.object) || !arguments.has(Self.machine) else {
      throw arguments.usage("'--machine' goes with --object")
    }
    let name = arguments[Self.machine]
    guard let cpu = name.map(LinkableBlob.Machine.init) ?? .here else {
      throw arguments.usage("'--machine' must be \(Self.machines)")
    }
    self.cpu = cpu
    if let name = arguments[Self.symbol], !LinkableBlob.isName(name) {
      throw arguments.usage("'\(name)' after '--symbol' is no name for a constant in C")
    }
  }

  /// A file that was written.
  struct File {
    let path: String
    let byteCount: Int
    /// The name of the constant in it; nil for the blob alone.
    var symbol: String?
  }

  /// Writes every file, each whole, and none unless all can be.
  func write(_ bytes: [UInt8]) throws(ToolError) -> [File] {
    var files: [File] = []
    var contents: [(bytes: [UInt8], path: String)] = []
    func add(_ option: Syntax.Option, _ form: ((LinkableBlob) -> [UInt8])?) {
      guard let path = arguments[option] else { return }
      let symbol = arguments[Self.symbol] ?? LinkableBlob.symbol(forFile: path)
      let content = form?(LinkableBlob(bytes, symbol: symbol)) ?? bytes
      files.append(
        File(path: path, byteCount: content.count, symbol: form == nil ? nil : symbol))
      contents.append((content, path))
    }
    add(Self.blob, nil)
    add(Self.object) { $0.object(for: cpu) }
    add(Self.source) { $0.source }
    try converting { () throws(ConversionError) in try BlobFile.write(contents) }
    return files
  }
}

extension ConvertOutputs.File {
  /// The file, and how a program names what is in it.
  var line: String {
    let written = "\(path.printable): \(byteCount.grouped) bytes"
    guard let symbol else { return written }
    return """
      \(written)
        extern const unsigned char \(symbol)[];
        extern const size_t \(symbol)_size;
      """
  }

  var json: JSON {
    .object([
      ("file", .path(path)), ("bytes", .integer(byteCount)),
      ("symbol", symbol.map { .string($0) } ?? .null),
    ])
  }
}
