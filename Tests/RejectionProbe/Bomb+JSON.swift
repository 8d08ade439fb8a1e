extension Bomb {
  private static var lstm: String {
    #"{"in_shape":[null,null,1],"layers":[{"type":"lstm","shape":[null,null,2],"weights":"#
  }

  private static var nam: String {
    #"{"version":"0.5.0","architecture":"LSTM","#
      + #""config":{"input_size":1,"hidden_size":2,"num_layers":1},"#
  }

  static var json: [Bomb] {
    let lstm = Self.lstm
    return [
      Bomb("brackets.json", repeated("[")),
      Bomb("braces.json", repeated(#"{"a":"#)),
      Bomb("empty-arrays.json", repeated("[],", #"{"layers":["#, "[]]}")),
      Bomb("empty-objects.json", repeated("{},", #"{"layers":["#, "{}]}")),
      Bomb("zeros.json", repeated("0,", lstm + "[[", "0]]}]}")),
      Bomb("fractions.json", repeated("0.5,", lstm + "[[", "0]]}]}")),
      Bomb("exponents.json", repeated("1e9,", lstm + "[[", "0]]}]}")),
      Bomb("short-rows.json", repeated("[0],", lstm + "[[", "[]]]}]}")),
      Bomb("digits.json", repeated("1", #"{"layers":"#, "}")),
      Bomb("digits-behind-zero.json", repeated("0", #"{"layers":0."#, "1}")),
      Bomb("exponent-digits.json", repeated("9", #"{"layers":1e"#, "}")),
      Bomb("string.json", repeated("a", #"{"layers":""#, #""}"#)),
      Bomb("escapes.json", repeated("\\u0041", #"{"layers":""#, #""}"#)),
      Bomb("spaces.json", repeated(" ", "{")),
      Bomb("keys.json", numbered("{", "}") { "\"\($0)\":0" }),
      Bomb("key-twice.json", numbered("{", #","0":0}"#) { "\"\($0)\":0" }),
      Bomb("nothing-known.json", numbered("{", "}") { "\"k\($0)\":{}" }),
      Bomb("layers.json", repeated("{},", #"{"in_shape":[null,null,1],"layers":["#, "{}]}")),
      Bomb("state-dictionary.json", numbered("{", "}") { "\"l\($0).weight\":[[1]]" }),
      Bomb("brackets.nam", repeated("[")),
      Bomb("weights.nam", repeated("0,", nam + #""weights":["#, "0]}")),
    ]
  }

  static var safetensors: [Bomb] {
    func file(_ name: String, _ header: String, data: Int = 0) -> Bomb {
      Bomb(
        "\(name).safetensors",
        littleEndian(UInt64(header.utf8.count)) + Array(header.utf8)
          + [UInt8](repeating: 0, count: data))
    }
    func tensor(_ name: String, _ begin: Int, _ end: Int, _ shape: String) -> String {
      #""\#(name)":{"dtype":"F32","shape":[\#(shape)],"data_offsets":[\#(begin),\#(end)]}"#
    }
    return [
      file("aliases", numbered("{", "}") { tensor("\($0)", 0, 4, "1") }, data: 4),
      file("empty-aliases", numbered("{", "}") { tensor("\($0)", 0, 0, "0") }),
      file("nothing-known", numbered("{", "}") { tensor("\($0)", 0, 0, "0,\($0)") }),
      file("recurrent", numbered("{", "}") { tensor("l\($0).weight_ih_l0", 0, 0, "0") }),
      file(
        "stacks",
        "{"
          + (0..<40).map { index in
            let kind = index % 2 == 0 ? "ih" : "hh"
            return tensor("l\(index / 2).weight_\(kind)_l0", 16 * index, 16 * index + 16, "4,1")
              + ","
          }.joined() + tensor("fc.weight", 640, 648, "1,2") + "}", data: 648),
      file("layers", numbered("{", "}") { tensor("rnn.weight_ih_l\($0)", 0, 0, "0") }),
      file("keys", numbered("{", "}") { "\"\($0)\":{}" }),
      file("metadata", numbered(#"{"__metadata__":{"#, "}}") { "\"\($0)\":\"\"" }),
      file(
        "axes", repeated("1,", #"{"a":{"dtype":"F32","shape":["#, #"1],"data_offsets":[0,4]}}"#)),
      file("brackets", repeated("[", "{\"a\":")),
      file("key-twice", numbered("{", #","0":{}}"#) { "\"\($0)\":{}" }),
      file(
        "vocabulary",
        repeated(
          "a\\n", #"{"__metadata__":{"sluice.vocabulary":""#,
          #""},"e.weight":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}"#), data: 8),
    ]
  }
}
