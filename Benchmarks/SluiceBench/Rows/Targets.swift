/// Every series: the targets and best peers of one core of a Zen 5 at 4.2 GHz, in nanoseconds.
///
/// A series that Sluice cannot run stays in the list: it is reported as absent.
enum Targets {
  static let lstmSizes = [
    (1, 8), (1, 16), (1, 20), (1, 40), (8, 32), (32, 64), (64, 64), (128, 128), (256, 256),
    (512, 512), (1024, 1024),
  ]
  static let smallSizes = [(1, 8), (1, 16), (1, 20), (1, 40), (8, 32)]
  static let gruSizes = [(8, 32), (64, 64), (128, 128), (256, 256)]

  static let int8StepPeers: [Double?] = [
    316, 340, nil, 413, 371, 514, 576, 1499, 3045, 19816, 75456,
  ]
  static let int8BlockPeers: [Double?] = [
    74, 83, nil, 163, 126, 244, 283, 963, 2978, 12000, 48591,
  ]

  static let all: [Series] = steps + blocks + streams + gru + activations + others + compact

  static let steps = [
    Series(
      table: "LSTM, one step a call", cell: .lstm, mode: .step, sizes: lstmSizes,
      targets: [26, 34, 45, 85, 58, 420, 590, 2050, 15500, 68000, 420_000],
      peers: [36.9, 43.8, 79, 123, 73, 567, 759, 2410, 19024, 72651, 521_820],
      avx2Peers: [36.9, 68, nil, nil, 160, nil, 1018, 4114, 21900]),
    Series(
      table: "LSTM, one step a call, fast activations", cell: .lstm, mode: .step, grade: .fast,
      sizes: smallSizes, targets: [23, 30, 40, 80, 54], peers: [32.9, 39.5, 60.6, 105, 64.6]),
    Series(
      table: "LSTM, one step a call, int8", cell: .lstm, mode: .step, storage: .int8,
      sizes: lstmSizes, targets: [26, 35, 45, 75, 55, 135, 150, 660, 2100, 15000, 69000],
      peers: int8StepPeers),
    Series(
      table: "LSTM, one step a call, size known to the compiler", cell: .lstm, mode: .fixedSize,
      sizes: smallSizes, targets: [26, 34, 45, 85, 58], peers: [36.9, 43.8, 79, 123, 73]),
  ]

  static let blocks = [
    Series(
      table: "LSTM, 1000 steps a call", cell: .lstm, mode: .block(1000), sizes: lstmSizes,
      targets: [26, 34, 45, 85, 58, 410, 500, 1700, 9300, 43000, 195_000],
      peers: [32.9, 39.5, 60.6, 105, 64.6, 720, 778, 2745, 10390, 47943, 205_000]),
    Series(
      table: "LSTM, 1000 steps a call, int8", cell: .lstm, mode: .block(1000), storage: .int8,
      sizes: lstmSizes, targets: [26, 35, 45, 75, 55, 135, 150, 560, 1750, 9500, 45000],
      peers: int8BlockPeers),
  ]

  static let streams = [
    Series(
      table: "LSTM, 64 streams a call", cell: .lstm, mode: .streams(64),
      sizes: [(128, 128), (256, 256)], targets: [1110, 4180], peers: [1172, 4328]),
    Series(
      table: "LSTM, 64 streams a call, int8", cell: .lstm, mode: .streams(64), storage: .int8,
      sizes: [(128, 128), (256, 256)], targets: [370, 1240], peers: [426, 1380]),
  ]

  static let gru = [
    Series(
      table: "GRU, one step a call", cell: .gru, mode: .step, sizes: gruSizes,
      targets: [55, 460, 1750, 10000], peers: [80, 582, 2093, 12824]),
    Series(
      table: "GRU, one step a call, int8", cell: .gru, mode: .step, storage: .int8,
      sizes: gruSizes, targets: [50, 130, 500, 1800], peers: [78, 245, 864, 3419]),
    Series(
      table: "GRU, one step a call, size known to the compiler", cell: .gru, mode: .fixedSize,
      sizes: [(8, 32)], targets: [55], peers: [80]),
  ]

  /// 2048 elements: input, stream and output together stay in the first cache.
  static let activations = [
    Series(
      table: "tanh over an array", cell: .tanh, mode: .array(2048), sizes: [(2048, 2048)],
      targets: [0.13], peers: [0.13]),
    Series(
      table: "sigmoid over an array", cell: .sigmoid, mode: .array(2048), sizes: [(2048, 2048)],
      targets: [0.14], peers: [0.15]),
    Series(
      table: "tanh over an array, fast", cell: .tanh, mode: .array(2048), grade: .fast,
      sizes: [(2048, 2048)], targets: [0.070], peers: [0.074]),
  ]

  /// Other types of weights, for their ratios to f32 and int8.
  static let compact = [Row.Storage.f16, .bf16, .int4].flatMap { storage in
    [
      Series(
        table: "LSTM, one step a call, \(storage.rawValue)", cell: .lstm, mode: .step,
        storage: storage, sizes: lstmSizes),
      Series(
        table: "LSTM, 1000 steps a call, \(storage.rawValue)", cell: .lstm, mode: .block(1000),
        storage: storage, sizes: lstmSizes),
      Series(
        table: "LSTM, 64 streams a call, \(storage.rawValue)", cell: .lstm, mode: .streams(64),
        storage: storage, sizes: [(128, 128), (256, 256)]),
      Series(
        table: "GRU, one step a call, \(storage.rawValue)", cell: .gru, mode: .step,
        storage: storage, sizes: gruSizes),
    ]
  }

  /// For information: no target is set.
  static let others = [
    Series(
      table: "relu over an array: what copying alone takes", cell: .relu, mode: .array(2048),
      sizes: [(2048, 2048)]),
    Series(
      table: "GRU that resets before, one step a call", cell: .gruBefore, mode: .step,
      sizes: gruSizes),
    Series(
      table: "RNN, one step a call", cell: .rnn, mode: .step, sizes: [(64, 64), (256, 256)]),
    Series(
      table: "Dense, one step a call", cell: .dense, mode: .step, sizes: [(64, 64), (256, 256)]),
  ]
}
