import Foundation
import Testing

/// What the tool says of itself.
@Suite struct HelpTests {
  @Test(arguments: ArgumentTests.commands) func helpIsACommandToo(_ command: String) throws {
    let result = try Tool.run("help", command)
    #expect(result.status == 0)
    #expect(result.output == (try Tool.run(command, "--help").output))
  }

  @Test func helpOfWhatIsNotThereIsRefused() throws {
    let result = try Tool.run("help", "rnu")
    #expect(result.status == 2)
    #expect(result.error.contains("did you mean 'run'?"), "\(result.error)")
  }

  @Test(arguments: ["--version", "-V"]) func theVersionIsTold(_ option: String) throws {
    let result = try Tool.run(option)
    #expect(result.status == 0)
    let header = try String(
      contentsOf: Tool.root.appendingPathComponent("Sources/CSluice/include/sluice.h"),
      encoding: .utf8)
    let numbers = header.matches(of: /#define SLUICE_VERSION_(?:MAJOR|MINOR|PATCH) ([0-9]+)/)
      .map { String($0.output.1) }
    #expect(numbers.count == 3)
    #expect(result.output == "sluice \(numbers.joined(separator: "."))\n", "as the header says")
  }

  @Test func withoutACommandAllAreListed() throws {
    let result = try Tool.run(Tool.path, [])
    #expect(result.status == 2)
    #expect(result.output.isEmpty)
    #expect(result.error == (try Tool.run("--help").output))
  }

  @Test(arguments: ArgumentTests.commands + ["--help"])
  func helpFitsAHundredColumns(_ command: String) throws {
    for line in try Tool.run("help", command == "--help" ? "run" : command).lines {
      #expect(line.count <= 100, "\(line)")
    }
    for line in try Tool.run("--help").lines { #expect(line.count <= 100, "\(line)") }
  }

  @Test func theTypesThatAreReadAreSaid() throws {
    for (command, types) in [
      ("run", ["float16", "float32", "float64", "int32", "int64"]),
      ("convert", ["float16", "bfloat16", "float32", "float64", "int32", "int64"]),
    ] {
      let help = try Tool.run(command, "--help").output
      for type in types { #expect(help.contains(type), "\(command): \(type)") }
    }
  }
}
