import SluiceBlob
import SluiceNetwork

/// What a `TensorProto` says of numbers that lie in another file.
struct ExternalData {
  /// Whether `data_location` says that there are some.
  var isNamed = false
  private(set) var location: String?
  private var offset: String?
  private var length: String?
  private var unknown: String?

  /// Takes one entry of `external_data`.
  mutating func append(_ reader: ProtobufReader) throws(ConversionError) {
    var reader = reader
    var (key, value) = ("", "")
    while let field = try reader.next() {
      switch field.number {
      case 1: key = try reader.string(field)
      case 2: value = try reader.string(field)
      default: throw reader.unsupported(field)
      }
    }
    switch key {
    case "location" where location == nil: location = value
    case "offset" where offset == nil: offset = value
    case "length" where length == nil: length = value
    case "checksum": break
    default: unknown = key
    }
  }

  /// The file and the range of bytes in it.
  ///
  /// A path in a file that was sent to us is a way to read files that were not: only a plain name in
  /// the model's own folder is followed, to a regular file that is no link.
  ///
  /// - Parameter needed: bytes of the tensor's numbers: how many there are where the file does not say,
  ///   as ONNX Runtime takes it.
  func bytes(
    of tensor: ONNXTensor, needed: Int, in files: ExternalFiles?
  ) throws(ConversionError) -> (SourceBytes, Range<Int>) {
    func refused(_ reason: String) -> ConversionError {
      .unsupported(
        tensor.source.file, tensor.place,
        "external data \(reason); the numbers may lie in the file itself"
          + " (torch.onnx.export: external_data=False)")
    }
    if let unknown { throw refused("with the unknown key \"\(quotable(unknown))\"") }
    guard let location, !location.isEmpty, location.utf8.count <= 255, location != ".",
      location != "..", !location.utf8.contains(where: { $0 == 0x2F || $0 == 0x5C || $0 == 0 })
    else {
      throw refused(
        "at \"\(quotable(location ?? ""))\"; expected the plain name of a file beside the model")
    }
    guard let files else { throw refused("of a model that is not read from a file") }
    let file: SourceBytes
    do throws(ConversionError) { file = try files.file(named: location) } catch {
      throw refused("in \"\(quotable(location))\", which \(error.reason)")
    }
    guard let start = Self.number(offset ?? "0"),
      let count = length.map(Self.number) ?? needed,
      start <= file.count, count <= file.count - start
    else {
      throw refused(
        "from \(quotable(offset ?? "0")) on, \(quotable(length ?? "\(needed)")) bytes, beyond the "
          + "\(file.count) of \"\(quotable(location))\"")
    }
    return (file, start..<start + count)
  }

  /// A number of digits alone; nil for others, and beyond `Int`.
  private static func number(_ text: String) -> Int? {
    guard (1...19).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    return Int(text)
  }
}

/// The files beside a model in which its numbers lie, each opened once.
final class ExternalFiles {
  private let model: SourceBytes
  private var files: [Name: SourceBytes] = [:]

  init(of model: SourceBytes) { self.model = model }

  /// Their names, beside the model.
  var names: [String] { files.keys.sorted().map(\.text) }

  /// Bytes of all of them.
  var count: Int { files.values.reduce(0) { $0 + $1.count } }

  /// XXH64 of the model and of these: of their hashes one after the other, the model's first, the
  /// others' in the order of their names; that of the model alone where there are none.
  var hash: UInt64 {
    let names = files.keys.sorted()
    let hashes = ([model] + names.compactMap { files[$0] }).map(\.hash.littleEndian)
    guard hashes.count > 1 else { return model.hash }
    return unsafe hashes.withUnsafeBytes { unsafe XXH64.hash($0) }
  }

  /// - Precondition: `name` is plain.
  func file(named name: String) throws(ConversionError) -> SourceBytes {
    if let file = files[Name(name)] { return file }
    // Each is a descriptor and a mapping.
    guard files.count < 64 else {
      throw ConversionError(.unsupported, file: name, reason: "is one of more than 64")
    }
    let file = try SourceBytes(named: name, beside: model)
    files[Name(name)] = file
    return file
  }
}
