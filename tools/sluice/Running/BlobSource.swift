import Glibc
import SluiceBlob
import SluiceConversion
import SluiceImport
import SluiceNetwork

/// Whether the file at `path` is a blob already: by its name, or by how it begins.
func isBlob(_ path: String) -> Bool {
  if path.hasSuffix(".sluice") { return true }
  let descriptor = unsafe open(FileName.characters(of: path), O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  guard descriptor >= 0 else { return false }
  defer { close(descriptor) }
  var magic: UInt64 = 0
  return unsafe read(descriptor, &magic, 8) == 8 && UInt64(littleEndian: magic) == BlobLayout.magic
}
