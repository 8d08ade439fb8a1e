/// A name out of a file, cut to a length that an error can bear.
package func quotable(_ name: String) -> String {
  name.utf8.count <= 128 ? name : String(name.unicodeScalars.prefix(96).map(Character.init)) + "..."
}

/// Names out of a file, the first few of them.
package func quotable(_ names: [String]) -> String {
  let first = names.prefix(8).map { quotable($0) }.joined(separator: ", ")
  return names.count > 8 ? "\(first) and \(names.count - 8) more" : first
}

/// The text of a name, shortened as any other.
package func quotable(_ name: Name) -> String { quotable(name.text) }

/// The texts of names, as those of others.
package func quotable(_ names: [Name]) -> String { quotable(names.map(\.text)) }
