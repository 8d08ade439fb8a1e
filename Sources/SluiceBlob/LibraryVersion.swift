/// The version of everything in this package.
package enum LibraryVersion {
  /// Its text, such as "1.2.3". The macros of sluice.h say the same as numbers, which a test compares.
  @inline(__always)
  package static var text: StaticString { "0.1.0" }
}
