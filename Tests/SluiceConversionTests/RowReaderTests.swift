import SluiceConversion
import SluiceImport
import SluiceNetwork
import Testing

/// Rows of arrays, CSV and JSON lines, and what becomes of those that are missing.
@Suite("Rows") struct RowReaderTests {
  private func rows(
    _ reader: some RowReader, _ policy: MissingPolicy = .refuse
  ) throws -> (rows: [[Double]], missing: MissingCount) {
    var (reader, missing) = (reader, MissingValues([policy]))
    var row = [Double](repeating: 0, count: reader.columns)
    var rows: [[Double]] = []
    while try reader.next(into: &row) {
      try missing.mend(&row, of: reader)
      rows.append(row)
    }
    return (rows, missing.count)
  }

  private func text(
    _ text: String, _ syntax: TextRows.Syntax, columns: Int = 2, _ policy: MissingPolicy = .refuse,
    piece: Int = .max
  ) throws -> (rows: [[Double]], missing: MissingCount) {
    try rows(
      TextRows(
        ByteStream(file: "x", Array(text.utf8), piece: piece), syntax, columns: columns,
        mayMiss: policy != .refuse), policy)
  }

  @Test(
    "CSV: with names or without, quoted, with any ends of lines and a mark of UTF-8",
    arguments: [
      "1,2\n-0.5,3e2\n", "1,2\r\n-0.5,3e2\r\n", "1,2\n-0.5,3e2", "a,b\n1,2\n-0.5,3e2\n",
      "\u{FEFF}a,b\n1,2\n-0.5,3e2\n", "\u{FEFF}1,2\n-0.5,3e2\n", " 1 ,\t2\n-.5,+300.\n",
      "\"a,b\",\"c\"\n\"1\",\"2\"\n\"-0.5\",3E+2\n", "1,2\n-0.5,3e2\n\n\n",
    ])
  func csv(_ source: String) throws {
    for piece in [1, .max] {
      #expect(try text(source, .csv, piece: piece).rows == [[1, 2], [-0.5, 300]])
    }
  }

  @Test(
    "JSON lines: arrays, and numbers where a row is one",
    arguments: [
      "[1,2]\n[-0.5,3e2]\n", " [ 1 , 2 ] \r\n[-5e-1,300]", "[1.0,2]\n[-0.5,3E+2]\n\n",
    ])
  func jsonLines(_ source: String) throws {
    for piece in [1, .max] {
      #expect(try text(source, .jsonLines, piece: piece).rows == [[1, 2], [-0.5, 300]])
    }
    #expect(try text("1\n[2]\n-3", .jsonLines, columns: 1).rows == [[1], [2], [-3]])
  }

  @Test("A number or a row that is missing is an error with its row")
  func refused() {
    let expected = "expected finite numbers of float32"
    for (source, syntax, place) in [
      ("1,2\n3,\n", .csv, "row [1] (line 2), column 1: nan; \(expected)"),
      ("a,b\n1,2\nNaN,4\n", .csv, "row [1] (line 3), column 0: nan; \(expected)"),
      ("1,2\nNA,4\n", .csv, "row [1] (line 2), column 0: nan"),
      ("1,2\n\n3,4\n", .csv, "row [1] (line 2): a missing row; \(expected)"),
      ("1,2\n3,-inf\n", .csv, "row [1] (line 2), column 1: -inf; \(expected)"),
      ("1,2\n3,1e39\n", .csv, "row [1] (line 2), column 1: inf"),
      ("[1,2]\n[null,4]\n", .jsonLines, "row [1] (line 2), column 0: nan"),
      ("[1,2]\n[3,NaN]\n", .jsonLines, "row [1] (line 2), column 1: nan"),
      ("[1,2]\nnull\n[3,4]\n", .jsonLines, "row [1] (line 2): a missing row"),
      ("[1,2]\n\n[3,4]\n", .jsonLines, "row [1] (line 2): a missing row"),
      ("[1,2]\n[3,-Infinity]\n", .jsonLines, "row [1] (line 2), column 1: -inf"),
    ] as [(String, TextRows.Syntax, String)] {
      #expect(refuses(.malformed, place) { _ = try text(source, syntax) }, "\(source)")
    }
  }

  @Test("What is no row is refused with its line")
  func malformed() {
    for (source, syntax, reason) in [
      ("1,2\n3\n", .csv, "line 2: 1 fields; expected 2 numbers"),
      ("1,2\n3,4,5\n", .csv, "line 2: 3 fields; expected 2 numbers"),
      ("1;2\n", .csv, "line 1: 1 names; expected 2, with commas between them"),
      ("1,2\n3;4\n", .csv, "line 2: 1 fields; expected 2 numbers, with commas between them"),
      ("1,2\n3\t4\n", .csv, "with commas between them"),
      ("a,b,c\n1,2\n", .csv, "line 1: 3 names; expected 2"),
      ("1,2\n3,four\n", .csv, "row [1] (line 2), column 1: \"four\"; expected a number"),
      ("1,2\n3,0x10\n", .csv, "\"0x10\"; expected a number"),
      ("1,2\n3,1_000\n", .csv, "\"1_000\"; expected a number"),
      ("1,2\n3,1e\n", .csv, "\"1e\"; expected a number"),
      ("1,2\n3,\"4\n", .csv, "line 2: a quote is not closed"),
      ("1,2\n3,\(String(repeating: "1", count: 200))\n", .csv, "expected a number"),
      ("[1,2]\n[3]\n", .jsonLines, "line 2: 1 numbers; expected 2"),
      ("[1,2]\n[3,4,5]\n", .jsonLines, "line 2: 3 numbers; expected 2"),
      ("[]\n", .jsonLines, "line 1: no numbers; expected 2"),
      ("{\"x\":1}\n", .jsonLines, "row [0] (line 1), byte 0: expected an array of 2 numbers"),
      ("[1,2]]\n", .jsonLines, "byte 5: expected an array of 2 numbers"),
      ("[1,2\n", .jsonLines, "byte 4"), ("[1,]\n", .jsonLines, "byte 3"),
      ("[01,2]\n", .jsonLines, "byte 2"), ("[+1,2]\n", .jsonLines, "byte 1"),
      ("[.5,2]\n", .jsonLines, "byte 1"), ("[1.,2]\n", .jsonLines, "byte 1"),
      ("[1,\"2\"]\n", .jsonLines, "byte 3"), ("[[1,2]]\n", .jsonLines, "byte 1"),
      ("null x\n", .jsonLines, "byte 5"), ("3\n", .jsonLines, "byte 0"),
    ] as [(String, TextRows.Syntax, String)] {
      #expect(refuses(.malformed, reason) { _ = try text(source, syntax) }, "\(source)")
    }
    #expect(
      refuses(.malformed, "expected a number, or an array of one") {
        _ = try text("x\n", .jsonLines, columns: 1)
      })
    let long = String(repeating: " ", count: 1 << 17)
    #expect(refuses(.malformed, "a line of more than") { _ = try text(long, .csv) })
  }

  @Test("Missing numbers are held or replaced, and counted") func replaced() throws {
    let csv = "1,2\n,4\n\nNaN,NA\n5,6\n\n"
    let held = try text(csv, .csv, .hold)
    #expect(held.rows == [[1, 2], [1, 4], [1, 4], [1, 4], [5, 6], [5, 6]])
    #expect(held.missing.values == 7 && held.missing.rows == 4)
    let zeros = try text("[1,null]\nnull\n[NaN,2]\n", .jsonLines, .value(-7))
    #expect(zeros.rows == [[1, -7], [-7, -7], [-7, 2]])
    #expect(zeros.missing.values == 4 && zeros.missing.rows == 3)
    #expect(
      refuses(.malformed, "row [0] (line 1), column 1: missing, and nothing came before") {
        _ = try text("1,\n", .csv, .hold)
      })
    // What is infinite is not missing.
    #expect(refuses(.malformed, "column 0: inf") { _ = try text("inf,1\n", .csv, .hold) })
    var missing = MissingValues([.hold])
    var row = [1.0]
    let reader = SampleStream(raw: ByteStream(file: "x", []), .s16le, channels: 1, rate: 1)
    try missing.mend(&row, of: reader)
    missing.begin()
    row = [.nan]
    #expect(throws: ConversionError.self) { try missing.mend(&row, of: reader) }
  }

  @Test(
    "Arrays of every type, row by row as NPY reads them whole",
    arguments: [
      Tensor(shape: [3, 2], [1, 2, -3, 4, 5.5, 6]),
      Tensor(shape: [1, 3, 2], elements: .double([1, 2, -3, 4, 5.5, 6])),
      Tensor(shape: [3, 1, 2], elements: .double([1, 2, -3, 4, 5.5, 6])),
    ])
  func arrays(_ tensor: Tensor) throws {
    for piece in [1, .max] {
      let bytes = ByteStream(file: "x", NPY.bytes(of: tensor), piece: piece)
      let reader = try ArrayRows(bytes, inputSize: 2, readsIDs: false)
      #expect(reader.steps == tensor.shape[tensor.shape.count - 2])
      #expect(reader.batch == (tensor.shape.count == 3 ? tensor.shape[0] : nil))
      #expect(try rows(reader).rows.flatMap { $0 } == tensor.doubles)
    }
  }

  @Test("Ids, and halves") func idsAndHalves() throws {
    for ids in [Tensor.Elements.int32([7, 0]), .int64([7, 0])] {
      let bytes = NPY.bytes(of: Tensor(shape: [2], elements: ids))
      let reader = try ArrayRows(ByteStream(file: "x", bytes), inputSize: 9, readsIDs: true)
      #expect(try rows(reader).rows == [[7], [0]])
    }
    var half = NPY.bytes(of: Tensor(shape: [1, 1], [0]))
    let at = try #require(half.firstIndex(of: UInt8(ascii: "4")))
    half[at] = UInt8(ascii: "2")
    half.replaceSubrange(half.count - 4..<half.count, with: [0x00, 0xC0])
    let reader = try ArrayRows(ByteStream(file: "x", half), inputSize: 1, readsIDs: false)
    #expect(try rows(reader).rows == [[-2]])
  }

  @Test("Arrays that are others, cut or longer than they say are refused") func wrongArrays() {
    let good = NPY.bytes(of: Tensor(shape: [2, 2], [1, 2, 3, 4]))
    func read(_ bytes: [UInt8], _ size: Int = 2, ids: Bool = false) throws {
      _ = try rows(ArrayRows(ByteStream(file: "x", bytes), inputSize: size, readsIDs: ids))
    }
    for length in 0..<good.count {
      #expect(throws: ConversionError.self) { try read(Array(good[..<length])) }
    }
    #expect(refuses(.malformed, "byte 143: the data end before") { try read(good.dropLast() + []) })
    #expect(refuses(.malformed, "byte 144: more data than") { try read(good + [0]) })
    #expect(refuses(.malformed, "expected [T, 3] or [B, T, 3]") { try read(good, 3) })
    #expect(
      refuses(.malformed, "expected [T] or [B, T]") {
        try read(NPY.bytes(of: Tensor(shape: [1, 1, 1], [1])), ids: true)
      })
    #expect(refuses(.malformed, "expected token ids") { try read(good, ids: true) })
    #expect(
      refuses(.unsupported, "byte 6: version 3.0") {
        try read(good[..<6] + [3] + good[7...])
      })
    #expect(
      refuses(.malformed, "byte 8: a header of 65535 bytes") {
        try read(good[..<8] + [255, 255] + good[10...])
      })
  }

  private func named(_ text: String, _ names: [String?]) throws -> [[Double]] {
    try rows(
      TextRows(
        ByteStream(file: "x", Array(text.utf8)), .csv, columns: names.count, names: names,
        mayMiss: false)
    ).rows
  }

  @Test("CSV: columns stand where the names of the inputs say")
  func namedColumns() throws {
    let names = ["load", "temp \"outside\"", "wind"]
    let text = "wind, load ,\"temp \"\"outside\"\"\"\n1,2,3\n"
    #expect(try named(text, names) == [[2, 3, 1]])
    #expect(try named("1,2,3\n", names) == [[1, 2, 3]], "without a line of names as they come")
    #expect(try named("wind,b,c\n1,2,3\n", ["wind", nil, nil]) == [[1, 2, 3]])
    for (line, names, reason) in [
      (
        "wind,load,tmp", ["load", "temp", "wind"],
        "column 2 is \"tmp\"; the model's inputs are load"
      ),
      ("wind,load,wind", ["load", "temp", "wind"], "two columns are \"wind\""),
      ("a,wind,c", ["wind", nil, nil], "column 0 is \"a\"; the model's input there is \"wind\""),
      ("a,b", ["a", "b", "c"], "2 names; expected 3"),
    ] as [(String, [String?], String)] {
      #expect(refuses(.malformed, "line 1", reason) { _ = try named(line + "\n1,2,3\n", names) })
    }
    // What is wrong is named by its place in the text.
    #expect(
      refuses(.malformed, "row [0] (line 2), column 1: nan") {
        _ = try named("b,a\n1,\n", ["a", "b"])
      })
  }

  @Test("each column may have a policy of its own") func policies() throws {
    var reader = TextRows(
      ByteStream(file: "x", Array("1,2\n,\n".utf8)), .csv, columns: 2, mayMiss: true)
    var missing = MissingValues([.hold, .value(7)])
    var row = [0.0, 0]
    for expected in [[1.0, 2], [1, 7]] {
      #expect(try reader.next(into: &row))
      try missing.mend(&row, of: reader)
      #expect(row == expected)
    }
    #expect(missing.count.values == 2 && missing.count.rows == 1)
  }
}
