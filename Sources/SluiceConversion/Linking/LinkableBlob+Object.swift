import SluiceImport
import SluiceNetwork

extension LinkableBlob {
  /// The CPU that an object file is for: nothing in it depends on that but a number in its head.
  public enum Machine: String, CaseIterable, Sendable {
    /// x86-64.
    case x86_64 = "x86-64"
    /// 64-bit Arm.
    case aarch64

    /// That of this program.
    public static var here: Machine {
      #if arch(arm64)
        .aarch64
      #else
        .x86_64
      #endif
    }

    /// e_machine.
    fileprivate var number: UInt16 {
      switch self {
      case .x86_64: 62
      case .aarch64: 183
      }
    }
  }

  /// The constants as a relocatable object: ELF, 64 bits, little-endian.
  ///
  /// One read-only section for the model, so that the linker can drop a model that nobody names, and
  /// an empty one that says that no executable stack is needed.
  public func object(for machine: Machine) -> [UInt8] {
    let size = (bytes.count + 7) / 8 * 8
    var names = ELFNames()
    let (constant, count) = (names.add(symbol), names.add("\(symbol)_size"))
    let data = names.add(".rodata.\(symbol)")
    let (symbols, strings) = (names.add(".symtab"), names.add(".strtab"))
    let stack = names.add(".note.GNU-stack")

    // The data stand right behind the head, at a multiple of their alignment.
    var elf = ELFWriter(machine: machine.number, sectionCount: 5, namesIndex: 3)
    let dataStart = elf.bytes.count
    elf.bytes += bytes
    elf.pad(to: 8)
    elf.put(UInt64(bytes.count))
    let symbolStart = elf.bytes.count
    elf.symbol(name: 0, section: 0, value: 0, size: 0)
    elf.symbol(name: constant, section: 1, value: 0, size: bytes.count)
    elf.symbol(name: count, section: 1, value: size, size: 8)
    let nameStart = elf.bytes.count
    elf.bytes += names.bytes
    elf.beginSections()
    elf.section(name: 0, kind: 0, alignment: 0, start: 0, size: 0)
    elf.section(
      name: data, kind: 1, flags: 2, alignment: LinkableBlob.alignment, start: dataStart,
      size: size + 8)
    // The names are section 3's; the first global symbol is the second.
    elf.section(
      name: symbols, kind: 2, link: 3, info: 1, alignment: 8, start: symbolStart, size: 3 * 24,
      entrySize: 24)
    elf.section(name: strings, kind: 3, alignment: 1, start: nameStart, size: names.bytes.count)
    elf.section(name: stack, kind: 1, alignment: 1, start: nameStart, size: 0)
    return elf.bytes
  }
}

/// A table of strings, each ended by 0.
private struct ELFNames {
  private(set) var bytes: [UInt8] = [0]

  /// Where the name stands.
  mutating func add(_ name: String) -> UInt32 {
    let start = UInt32(bytes.count)
    bytes += name.utf8
    bytes.append(0)
    return start
  }
}

/// Writes the records of an ELF file.
private struct ELFWriter {
  var bytes: [UInt8] = []

  init(machine: UInt16, sectionCount: UInt16, namesIndex: UInt16) {
    // 64 bits, little-endian, version 1, System V.
    bytes += [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0] + [UInt8](repeating: 0, count: 8)
    put(UInt16(1))
    put(machine)
    put(UInt32(1))
    // No entry, no program headers; where the sections stand is filled in by `beginSections`.
    for _ in 0..<3 { put(UInt64(0)) }
    put(UInt32(0))
    for field in [64, 0, 0, 64, sectionCount, namesIndex] as [UInt16] { put(field) }
  }

  mutating func put(_ value: some FixedWidthInteger) {
    unsafe withUnsafeBytes(of: value.littleEndian) { unsafe bytes.append(contentsOf: $0) }
  }

  mutating func pad(to alignment: Int) {
    while bytes.count % alignment != 0 { bytes.append(0) }
  }

  /// A global object; all zero for the first, which stands for none.
  mutating func symbol(name: UInt32, section: UInt16, value: Int, size: Int) {
    put(name)
    bytes += [name == 0 ? 0 : 0x11, 0]
    put(section)
    put(UInt64(value))
    put(UInt64(size))
  }

  mutating func beginSections() {
    pad(to: 8)
    let start = UInt64(bytes.count)
    for byte in 0..<8 { bytes[40 + byte] = UInt8(truncatingIfNeeded: start >> (8 * byte)) }
  }

  mutating func section(
    name: UInt32, kind: UInt32, flags: UInt64 = 0, link: UInt32 = 0, info: UInt32 = 0,
    alignment: Int, start: Int, size: Int, entrySize: Int = 0
  ) {
    put(name)
    put(kind)
    put(flags)
    put(UInt64(0))
    for field in [start, size] { put(UInt64(field)) }
    put(link)
    put(info)
    for field in [alignment, entrySize] { put(UInt64(field)) }
  }
}
