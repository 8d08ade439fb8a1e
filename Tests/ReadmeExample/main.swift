import Sluice

// Maps and validates the file; a model is immutable and shared by any number of streams.
let model = try Model(contentsOf: "tools/sluice/Resources/sentiment.sluice")
// One flat buffer: from here on nothing allocates, locks or enters the kernel.
var stream = try ModelStream(model)
var probability: [Float] = [0]

let text = Array("a truly moving film".utf8)
var words = Tokenizer(model.blob)
while let word = words.next(in: text.span) {
  stream.step(token: word.id, into: &probability)
  print(String(decoding: text[word.range], as: UTF8.self), probability[0])
}
stream.reset()  // the next sentence starts from the model's initial state
