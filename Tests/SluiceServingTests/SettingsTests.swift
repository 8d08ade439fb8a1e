import Testing

import SluiceServing

@Suite("The daemon's command line")
struct SettingsTests {
  @Test func everythingThatCanBeSaid() throws {
    let settings = try ServingSettings(words: [
      "--socket", "/run/s", "--metrics=@m", "--streams", "9", "--connections", "8", "--threads",
      "2",
      "--batch", "16", "--load", "50", "--retain", "0", "--allow-uid", "0,5", "--allow-gid", "7",
      "--allow-hash", "sums", "a/b/vad.sluice", "x=y=z", "--", "--odd.sluice",
    ])
    #expect(settings.models.map(\.name) == ["vad", "x", "--odd"])
    #expect(settings.models.map(\.path) == ["a/b/vad.sluice", "y=z", "--odd.sluice"])
    #expect(settings.socket == "/run/s" && settings.metrics == "@m")
    #expect(settings.streamCount == 9 && settings.connectionCount == 8 && settings.threadCount == 2)
    #expect(settings.batchSize == 16 && settings.greatestLoad == 0.5 && settings.retention == 0)
    #expect(settings.users == [0, 5] && settings.groups == [7] && settings.allowedSums == "sums")
  }

  @Test(arguments: [
    [], ["--streams"], ["--streams", "0", "m"], ["--streams", "-1", "m"], ["--batch", "257", "m"],
    ["--frobnicate", "m"], ["m", "m"], ["a b.sluice"], ["=m"], ["x="], ["/"],
    ["--allow-uid", "root", "m"], ["--load", "101", "m"], ["--socket", "a", "--socket", "b", "m"],
    ["--streams", "65536"] + (0..<17).map { "m\($0)" },
  ])
  func whatCannotBeUsed(_ words: [String]) {
    let error = #expect(throws: ServingError.self) { try ServingSettings(words: words) }
    #expect(error?.kind == .usage && error?.message.isEmpty == false)
  }

  @Test func theHelpHasEveryOptionInAHundredColumns() {
    for option in ServingSettings.options { #expect(Serving.help.contains(option.name + " ")) }
    for line in Serving.help.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
  }
}
