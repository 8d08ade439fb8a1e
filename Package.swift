// swift-tools-version: 6.3
import PackageDescription

/// Every target of ours: memory-unsafe code is marked where it stands, and a warning stops the build.
let strict: [SwiftSetting] = [.strictMemorySafety(), .treatAllWarnings(as: .error)]

/// Passes of Swift's optimiser that kernels do without. tools/build-library reads the names from here.
///
/// Inlining at the start what is inlined always repeats every pass that follows on each copy; without it each
/// function is optimised once, alone, and inlined from the leaves up: a third of a kernel's compile time, the
/// same instructions. The others find nothing to do: kernels have no references to count, no arrays and no
/// strings, and nothing to call.
let omittedPasses = [
  "inline-always-inlining",
  "cowarray-opt",
  "array-count-propagation",
  "array-property-opt",
  "string-optimization",
  "existential-specializer",
  "arc-sequence-opts",
  "release-hoisting",
  "late-release-hoisting",
  "retain-sinking",
  "devirtualizer",
  "release-devirtualizer",
]

/// The instruction sets of x86-64 that kernels are built for, the one that every CPU has first, each with
/// clang's flags for it. tools/build-library reads the rows from here.
let instructionSets = [
  "BASELINE -march=x86-64",
  "AVX2 -march=x86-64-v3",
  "AVX512 -march=x86-64-v4 -mavx512vnni -mprefer-vector-width=512",
]

/// For those who build often: SLUICE_SETS=avx2 in the environment compiles these sets beside the baseline
/// alone (of several names one after the other, with commas; 'baseline' for none). Without it, all.
let wantedSets = Context.environment["SLUICE_SETS"]?.uppercased().split(separator: ",").map {
  name in
  guard instructionSets.contains(where: { $0.hasPrefix(name + " ") }) else {
    fatalError("SLUICE_SETS names '\(name.lowercased())'; expected baseline, avx2, avx512")
  }
  return String(name)
}

/// A kernel target: the one source, which links to its folder share, built for one instruction set.
///
/// Debug builds optimise kernels too, and as whole modules, because helpers are inlined across files:
/// without either SIMD operations stay calls, hundreds of times slower. The package manager expects
/// an object a file, which whole modules yield only when threads are asked for.
func kernels(_ set: String, _ flags: [String], in name: String) -> Target {
  .target(
    name: name, dependencies: ["_SluiceContract", "_SluiceLanes"],
    swiftSettings: strict + [
      .define("SLUICE_" + set),
      .unsafeFlags(flags.flatMap { ["-Xcc", $0] }),
      .unsafeFlags(["-Xfrontend", "-disable-stack-protector"]),
      .unsafeFlags(omittedPasses.flatMap { ["-Xllvm", "-sil-disable-pass=\($0)"] }),
      .unsafeFlags(
        ["-O", "-wmo", "-num-threads", "1", "-disable-batch-mode"],
        .when(configuration: .debug)),
    ])
}

/// The kernels of the architecture that builds, and what their callers are told: SLUICE_WITHOUT_AVX2 where
/// that set is not compiled.
var kernelTargets: [Target] = []
var calling = strict
#if arch(arm64)
  kernelTargets.append(kernels("NEON", [], in: "_SluiceKernels"))
#else
  for row in instructionSets {
    let words = row.split(separator: " ").map(String.init)
    let isBaseline = words[0] == "BASELINE"
    if isBaseline || wantedSets?.contains(words[0]) ?? true {
      kernelTargets.append(
        kernels(
          words[0], Array(words.dropFirst()), in: "_SluiceKernels" + (isBaseline ? "" : words[0])))
    } else {
      calling.append(.define("SLUICE_WITHOUT_" + words[0]))
    }
  }
#endif
let kernelModules = kernelTargets.map { Target.Dependency.target(name: $0.name) }

let package = Package(
  name: "Sluice",
  products: [
    .library(name: "Sluice", targets: ["Sluice"]),
    .library(name: "SluiceSignal", targets: ["SluiceSignal"]),
    .library(
      name: "SluiceConversion", targets: ["SluiceNetwork", "SluiceImport", "SluiceConversion"]),
    .executable(name: "sluice", targets: ["SluiceTool"]),
    .executable(name: "sluiced", targets: ["sluiced"]),
  ],
  targets: [
    // C headers, apart by who reads them: an edit compiles its readers alone.
    .target(name: "_SluiceContract"),
    .target(name: "_SluiceLanes"),
    .target(name: "_SluiceSystem", dependencies: ["_SluiceContract"]),
    .target(name: "_SluiceMeasuring"),
    .target(name: "_SluiceServing"),
    .target(name: "SluiceBlob", swiftSettings: strict),
    .target(
      name: "Sluice",
      dependencies: ["SluiceBlob", "SluiceSignal", "_SluiceContract", "_SluiceSystem"]
        + kernelModules,
      swiftSettings: calling),
    // A second of sound is millions of products: debug builds optimise it too.
    .target(
      name: "SluiceSignal",
      swiftSettings: strict + [.unsafeFlags(["-O"], .when(configuration: .debug))],
      // A program that imports neither Foundation nor Glibc links it too.
      linkerSettings: [.linkedLibrary("m")]),
    .target(name: "CSluice", exclude: ["examples"]),
    .target(
      name: "SluiceC",
      dependencies: ["CSluice", "Sluice", "SluiceBlob", "SluiceSignal", "_SluiceSystem"],
      swiftSettings: strict),
    .target(name: "SluiceNetwork", dependencies: ["SluiceBlob"], swiftSettings: strict),
    .target(
      name: "SluiceImport", dependencies: ["SluiceBlob", "SluiceNetwork"], swiftSettings: strict),
    .target(
      name: "SluiceConversion",
      dependencies: ["Sluice", "SluiceBlob", "SluiceSignal", "SluiceNetwork", "SluiceImport"],
      swiftSettings: strict),
    // The daemon: without Foundation, so that it stays small.
    .target(
      name: "SluiceServing", dependencies: ["Sluice", "SluiceBlob", "_SluiceServing"],
      swiftSettings: strict),
    .executableTarget(
      name: "sluiced", dependencies: ["SluiceServing"], path: "tools/sluiced", swiftSettings: strict
    ),
    .executableTarget(
      name: "SluiceTool",
      dependencies: [
        "Sluice", "SluiceBlob", "SluiceSignal", "SluiceNetwork", "SluiceImport", "SluiceConversion",
        "SluiceServing", "_SluiceMeasuring",
      ],
      path: "tools/sluice", resources: [.copy("Resources")], swiftSettings: strict),
    .executableTarget(
      name: "SluiceBench",
      dependencies: ["Sluice", "SluiceBlob", "SluiceNetwork", "_SluiceMeasuring", "_SluiceSystem"]
        + kernelModules,
      path: "Benchmarks/SluiceBench", swiftSettings: calling),
    .target(
      name: "TestSupport", dependencies: ["Sluice", "SluiceBlob"], path: "Tests/TestSupport",
      // The Double oracle runs 2 * 10^9 products in a test run.
      swiftSettings: strict + [.unsafeFlags(["-O"], .when(configuration: .debug))]),
    .target(name: "AllocationCounter", path: "Tests/AllocationCounter"),
    .executableTarget(
      name: "RealTimeProbe", dependencies: ["Sluice", "SluiceSignal", "AllocationCounter"],
      path: "Tests/RealTimeProbe", swiftSettings: strict),
    .executableTarget(
      name: "ServingProbe", dependencies: ["Sluice", "_SluiceServing"], path: "Tests/ServingProbe",
      swiftSettings: strict),
    .executableTarget(
      name: "KernelProbe", dependencies: ["Sluice", "SluiceBlob", "TestSupport"],
      path: "Tests/KernelProbe",
      swiftSettings: strict),
    .executableTarget(
      name: "RejectionProbe",
      dependencies: [
        "Sluice", "SluiceBlob", "SluiceNetwork", "SluiceImport", "SluiceConversion", "TestSupport",
      ],
      path: "Tests/RejectionProbe", swiftSettings: strict),
    .executableTarget(
      name: "ActivationProbe", dependencies: ["Sluice", "SluiceBlob", "TestSupport"],
      path: "Tests/ActivationProbe", swiftSettings: strict),
    .testTarget(
      name: "SluiceKernelsTests",
      dependencies: ["_SluiceContract", "_SluiceSystem", "TestSupport"] + kernelModules,
      swiftSettings: calling),
    .testTarget(
      name: "SluiceTests", dependencies: ["Sluice", "SluiceBlob", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "SluiceBlobTests", dependencies: ["SluiceBlob", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "SluiceSignalTests", dependencies: ["SluiceSignal", "SluiceNetwork", "SluiceImport"],
      swiftSettings: strict),
    .testTarget(
      name: "SluiceConversionTests",
      dependencies: [
        "Sluice", "SluiceBlob", "SluiceSignal", "SluiceNetwork", "SluiceImport", "SluiceConversion",
        "TestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "SluiceServingTests",
      dependencies: ["Sluice", "SluiceBlob", "SluiceServing", "_SluiceServing", "TestSupport"],
      swiftSettings: strict),
    .executableTarget(
      name: "ReadmeExample", dependencies: ["Sluice"], path: "Tests/ReadmeExample",
      swiftSettings: strict),
    .testTarget(
      name: "SluiceToolTests",
      dependencies: [
        "Sluice", "SluiceBlob", "SluiceNetwork", "SluiceImport", "SluiceConversion", "SluiceTool",
        "ReadmeExample",
      ],
      swiftSettings: strict),
  ] + kernelTargets
)
