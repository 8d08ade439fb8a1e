import Fuzzer
import Glibc

/// What one run of the fuzzer attacks: `SLUICE_FUZZ_TARGET` names it.
enum FuzzTarget: String, CaseIterable {
  /// Blobs that open or not; those that do run on every instruction set, in every way.
  case blob
  /// Sound blobs with random bits for numbers: the same, so that nearly every input runs.
  case network
  /// States that `restore` takes or not.
  case state
  case safetensors
  case onnx
  /// RTNeural and AIDA-X.
  case rtneural
  case guitarml
  case nam
  /// The architecture beside tensors without a graph.
  case architecture
  case npy
  /// Recordings: headers, chunks, codings.
  case wav
  /// Samples without a header.
  case raw
  case csv
  case jsonl
  /// What is said of a model, as JSON: the converter's reader and the runtime's.
  case metadata
  /// Messages to the daemon.
  case messages

  /// The one that runs.
  static let chosen: FuzzTarget = {
    let name = unsafe getenv("SLUICE_FUZZ_TARGET").map { unsafe String(cString: $0) } ?? ""
    guard let target = FuzzTarget(rawValue: name) else {
      print(allCases.map(\.rawValue).joined(separator: "\n"))
      exit(2)
    }
    return target
  }()

  /// Attacks with one input; a trap, a forbidden access or too much time is a finding.
  func run(_ input: [UInt8]) {
    switch self {
    case .blob: BlobAttack.run(input)
    case .network: NetworkAttack.run(input)
    case .state: StateAttack.run(input)
    case .safetensors: SourceAttack.convert(input, named: "model.safetensors")
    case .onnx: SourceAttack.convertGraph(input)
    case .rtneural, .guitarml: SourceAttack.convert(input, named: "model.json")
    case .nam: SourceAttack.convert(input, named: "model.nam")
    case .architecture: SourceAttack.describe(input)
    case .npy: SourceAttack.readArray(input)
    case .wav: SourceAttack.readRows(input, .wav)
    case .raw: SourceAttack.readRows(input, .raw)
    case .csv: SourceAttack.readRows(input, .csv)
    case .jsonl: SourceAttack.readRows(input, .jsonl)
    case .metadata: _ = MetadataCase.run(input)
    case .messages: MessageAttack.run(input)
    }
  }

  /// Changes an input as its format allows, so that the change is not lost on a checksum or a length.
  ///
  /// - Returns: nil where the fuzzer's own changes do as well.
  func mutate(
    _ input: [UInt8], limit: Int, _ random: inout some RandomNumberGenerator
  ) -> [UInt8]? {
    switch self {
    case .blob: BlobMutation.mutate(input, limit: limit, &random)
    case .safetensors: SafetensorsMutation.mutate(input, limit: limit, &random)
    case .onnx: ProtobufMutation.mutate(input, limit: limit, &random)
    default: nil
    }
  }
}

/// Ends the run with a finding.
func finding(_ what: String) -> Never {
  let line = Array("finding: \(what)\n".utf8)
  _ = unsafe line.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
  abort()
}
