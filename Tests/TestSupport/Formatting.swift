import Foundation

extension Double {
  /// Three digits: 1.23e-07.
  public var short: String { String(format: "%.2e", self) }
}

extension String {
  /// The text with spaces up to `width`.
  public func padded(_ width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
