import SluiceBlob
import TestSupport
import Testing

@Suite struct RoundTripTests {
  @Test("contents survive the way into a file and back", arguments: SampleBlobs.Sample.allCases)
  func roundTrip(_ sample: SampleBlobs.Sample) throws {
    let contents = SampleBlobs.contents(sample)
    let file = AlignedBytes(try contents.bytes())
    let view = try file.view()
    let read = BlobContents(view)
    #expect(read.output == contents.output)
    #expect(read.vocabulary == contents.vocabulary)
    #expect(read.labels == contents.labels)
    #expect(read.provenance == contents.provenance)
    try #require(read.layers.count == contents.layers.count)
    for (layer, original) in zip(read.layers, contents.layers) {
      #expect(layer.name == original.name)
      #expect(layer.weights == original.weights)
      #expect(layer.biases == original.biases)
      #expect(layer.initialState == original.initialState)
    }
    #expect(try read.bytes() == file.copy)
  }
}
