import Foundation
import SluiceImport
import SluiceNetwork

/// A case folder: a model, inputs, and the outputs that its source gave for them.
package struct ConformanceCase: Sendable {
  /// The folder, relative to where the search began.
  package let name: String
  /// The folder.
  let folder: String
  /// The files in it.
  let files: [String]

  /// The cases in `folder` and below it, in the order of their names.
  ///
  /// - Throws: `ConversionError` where `folder` cannot be listed.
  package static func find(in folder: String) throws(ConversionError) -> [ConformanceCase] {
    let root = folder.hasSuffix("/") && folder != "/" ? String(folder.dropLast()) : folder
    var found: [ConformanceCase] = []
    try search(root, name: "", depth: 0, into: &found)
    return found
  }

  private static func search(
    _ folder: String, name: String, depth: Int, into found: inout [ConformanceCase]
  ) throws(ConversionError) {
    guard let files = Folder.names(in: folder) else {
      throw ConversionError(.unreadable, file: folder, reason: "is not a folder that can be listed")
    }
    if files.contains(where: { $0.hasPrefix("model.") || $0.hasPrefix("test_data_set_") }) {
      let own = name.isEmpty ? URL(fileURLWithPath: folder).lastPathComponent : name
      found.append(ConformanceCase(name: own, folder: folder, files: files))
      return
    }
    guard depth < 16 else { return }
    for file in files {
      let path = "\(folder)/\(file)"
      // Links are not followed: one may lead back here.
      guard Folder.isThere(path, followingLinks: false) else { continue }
      try search(
        path, name: name.isEmpty ? file : "\(name)/\(file)", depth: depth + 1, into: &found)
    }
  }

  /// The model's file. An architecture is one only where no other model is there.
  func source() throws(ConversionError) -> String {
    let known = [
      "model.onnx", "model.safetensors", "model.nam", "model.json", "model.keras", "model.h5",
      "model.tflite",
    ]
    let other = files.filter { $0.hasPrefix("model.") }
    guard let file = known.first(where: files.contains) ?? other.first else {
      throw ConversionError(.unreadable, file: folder, reason: "holds no model")
    }
    // A module is what its file's `build` makes.
    return "\(folder)/\(file)\(file == "model.py" ? ":build" : "")"
  }

  /// The folders of inputs and outputs, in the order of their numbers.
  var dataSets: [String] {
    files.filter { $0.hasPrefix("test_data_set_") }
      .sorted { ($0.count, $0) < ($1.count, $1) }.map { "\(folder)/\($0)" }
  }

  /// The text that the conversion's error must contain; nil where it must succeed.
  func expectedError() throws(ConversionError) -> String? {
    guard files.contains("expect_error.txt") else { return nil }
    let bytes = try SourceBytes(path: "\(folder)/expect_error.txt")
    return String(decoding: bytes.array(0..<bytes.count), as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
