import Testing

@Suite struct ArgumentTests {
  static let commands = [
    "convert", "inspect", "run", "explain", "generate", "translate", "compare", "diff",
    "conformance", "bench", "serve", "isa",
  ]

  @Test func helpListsEveryCommand() throws {
    let result = try Tool.run("--help")
    #expect(result.status == 0)
    for command in Self.commands { #expect(result.output.contains("  \(command) ")) }
  }

  @Test(arguments: commands) func everyCommandHasHelpWithAnExample(_ command: String) throws {
    let result = try Tool.run(command, "--help")
    #expect(result.status == 0)
    #expect(result.output.contains("Usage: sluice \(command)"))
    #expect(result.output.contains("Example:"))
    #expect(result.error.isEmpty)
  }

  static let unusable: [([String], String)] = [
    (["inspekt"], "did you mean 'inspect'?"),
    (["frobnicate"], "'sluice --help' lists the commands"),
    (["inspect"], "expected FILE.sluice"),
    (["inspect", "a", "b"], "an operand too many: 'b'"),
    (["inspect", "a", "--jsn"], "did you mean '--json'?"),
    (["inspect", "a", "--nonsense"], "see 'sluice inspect --help'"),
    (["inspect", "a", "--json", "--json"], "stands twice"),
    (["inspect", "a", "--json=yes"], "takes no value"),
    (["run", "--text"], "needs a value"),
    (["run", "--text", "--json"], "needs a value"),
    (["run"], "expected one of --text, --input, --wav and --raw"),
    (["run", "--text", "a", "--input", "b"], "expected one of --text, --input, --wav and --raw"),
    (
      ["run", "m", "--wav", "a", "--input", "b"], "expected one of --text, --input, --wav and --raw"
    ),
    (["run", "m", "--wav", "a", "--raw", "s16le"], "expected one of --text"),
    (["run", "--text", "a", "--output", "b"], "goes with --input, --wav or --raw"),
    (["run", "--text", "a", "--missing", "hold"], "goes with --input, --wav or --raw"),
    (["run", "--input", "a", "--threshold", "0.5"], "goes with --wav or --raw"),
    (["run", "--input", "a", "--frames"], "goes with --wav or --raw"),
    (["run", "m", "--wav", "a", "--format", "csv"], "goes with --input"),
    (["run", "--input", "a", "--channels", "2"], "goes with --raw"),
    (["run", "--input", "a", "--rate", "8000"], "goes with --raw or --output"),
    (["run", "--input", "a", "--output-format", "csv"], "goes with --output"),
    (["run", "m", "--raw", "s16le"], "--raw needs --rate"),
    (["run", "--raw", "s16le", "--rate", "8000"], "need a model of samples"),
    (["run", "--input", "a", "--missing", "nan"], "expected hold or a number"),
    (["run", "--input", "a", "--threads", "2"], "goes with a folder as --input"),
    (["run", "--input", "Tests"], "needs another one as --output"),
    (["run", "--input", "-"], "expected --format"),
    (["run", "--input", "a.wav"], "expected --wav, or --format"),
    (["run", "--input", "a", "--format", "xml"], "expected one of npy, csv, jsonl"),
    (["run", "--text", "a", "--trace", "g.csv"], "does not end in .npy"),
    (["run", "--text", "-", "--trace", "g.npy"], "'--text -' is many texts"),
    (["explain"], "expected --text or --input"),
    (["explain", "--text", "a", "--input", "b"], "expected --text or --input"),
    (["explain", "--text", "-"], "'-' is many texts"),
    (["explain", "--text", "a", "--missing", "0"], "goes with --input"),
    (["explain", "--text", "a", "--trace", "g"], "does not end in .npy"),
    (["explain", "--text", "a", "--layer", "gru"], "expected one of 'lstm"),
    (["explain", "--text", "a", "--signal", "z"], "expected one of i, f, g, o, C, h"),
    (["explain", "--text", " "], "holds no word"),
    (["generate"], "expected --seed"),
    (["generate", "a", "--seed", "x", "--temperature", "-1"], "expected a number from 0 on"),
    (["generate", "a", "--seed", "x", "--temperature", "hot"], "expected a number from 0 on"),
    (["generate", "a", "--seed", "x", "--length", "0"], "no whole number from 1 to 100,000,000"),
    (["generate", "a", "--seed", "x", "--random-seed", "-1"], "expected a whole number from 0"),
    (["translate", "a"], "expected ENCODER.sluice DECODER.sluice"),
    (["translate", "a", "b"], "expected --text"),
    (["translate", "a", "b", "--text", "1", "--limit", "0"], "no whole number from 1 to 1,000"),
    (["convert", "a"], "expected -o OUT.sluice"),
    (["convert", "a", "-o", "b", "--output", "c"], "stands twice"),
    (["convert", "a", "-o", "b", "--type", "auto"], "expected --max-error E"),
    (["convert", "a", "-o", "b", "--type", "f33"], "no type of weights; expected f32"),
    (["convert", "a", "-o", "b", "--max-error", "0"], "no number greater than zero"),
    (["convert", "a", "-o", "b", "--max-error", "inf"], "no number greater than zero"),
    (["convert", "a", "-o", "b", "--activation", "rough"], "expected exact or fast"),
    (["compare", "a"], "expected SOURCE FILE.sluice"),
    (["compare", "a", "b", "--max-error", "-1"], "no number greater than zero"),
    (["compare", "a", "b", "--max-error=nan"], "no number greater than zero"),
    (["conformance"], "expected DIR..."),
    (["bench", "a", "--seconds", "0"], "no number greater than zero"),
    (["bench", "a", "--seconds", "1e9"], "goes up to 3600"),
    (["bench", "a", "--steps", "0"], "no whole number from 1 to 100,000"),
    (["convert", "a", "-o", "b", "--measure", "0"], "no number of steps from 1 to"),
    (["isa", "x"], "an operand too many"),
  ]

  @Test(arguments: unusable) func unusableArgumentsAreRefused(
    _ arguments: [String], _ hint: String
  ) throws {
    let result = try Tool.run(Tool.path, arguments)
    #expect(result.status == 2)
    #expect(result.output.isEmpty)
    #expect(result.error.contains(hint), "\(result.error)")
    #expect(result.error.hasPrefix("sluice: "))
    #expect(result.error.split(separator: "\n").count == 1, "one sentence")
  }

  @Test func aDoubleDashEndsTheOptions() throws {
    let result = try Tool.run("inspect", "--", "--help")
    #expect(result.status == 3)
    #expect(result.error.contains("--help: "))
  }

  @Test func theInstructionSetIsListedAndForced() throws {
    let best = try Tool.run("isa", "--json").json
    #expect(best["chosen"] as? String == best["best"] as? String)
    #expect((best["runnable"] as? [String])?.first == "baseline")
    let forced = try Tool.run("isa", "--json", environment: ["SLUICE_ISA": "baseline"]).json
    #expect(forced["chosen"] as? String == "baseline")
    #expect(forced["forced"] as? Bool == true)
    for arguments in [["isa"], ["run", "--text", "a"], ["conformance", Tool.fixtures]] {
      let wrong = try Tool.run(Tool.path, arguments, environment: ["SLUICE_ISA": "mmx"])
      #expect(wrong.status == 2)
      #expect(wrong.error.contains("SLUICE_ISA must be baseline, avx2 or avx512, not 'mmx'"))
    }
  }
}
