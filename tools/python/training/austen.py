"""Jane Austen's six novels, free of rights everywhere, out of Debian's package r-cran-janeaustenr.

Not run by itself. R is not needed: the package is fetched and unpacked, not installed:
    apt-get download r-cran-janeaustenr && dpkg-deb -x r-cran-janeaustenr_*.deb austen
Its data are vectors of lines in R's serialised form, one after the other, each compressed. The texts are Project Gutenberg's
with what is Gutenberg's own taken away; the package is under the MIT licence.
"""

import re
import zlib
from pathlib import Path

NOVELS = ("Emma", "Mansfield Park", "Northanger Abbey", "Persuasion", "Pride and Prejudice", "Sense and Sensibility")
DATA = "usr/lib/R/site-library/janeaustenr/data/Rdata.rdb"


def load_novels(folder: Path) -> dict[str, str]:
    """Each novel's text: a paragraph a line."""
    path = folder / DATA
    if not path.exists():
        raise SystemExit(
            f"{path} is missing; expected the folder into which Debian's package r-cran-janeaustenr was unpacked:\n"
            f"    apt-get download r-cran-janeaustenr && dpkg-deb -x r-cran-janeaustenr_*.deb {folder}"
        )
    packed, novels = path.read_bytes(), []
    while packed:
        # Four bytes of length, then a stream of zlib.
        stream = zlib.decompressobj()
        novels.append(paragraphs(vector(stream.decompress(packed[4:]))))
        packed = stream.unused_data
    if len(novels) != len(NOVELS):
        raise SystemExit(f"{path}: {len(novels)} texts; expected {len(NOVELS)}")
    return dict(zip(NOVELS, novels))


def vector(data: bytes) -> list[str]:
    """The strings of a vector as R serialises it: XDR, version 3, which names its encoding."""
    at = 14
    at += 4 + int.from_bytes(data[at : at + 4], "big")
    if data[:2] != b"X\n" or data[at + 3] != 16:
        raise SystemExit("expected a vector of strings in R's binary form, version 3")
    count = int.from_bytes(data[at + 4 : at + 8], "big")
    at += 8
    strings = []
    for _ in range(count):
        size = int.from_bytes(data[at + 4 : at + 8], "big")
        strings.append(data[at + 8 : at + 8 + size].decode())
        at += 8 + size
    return strings


def paragraphs(lines: list[str]) -> str:
    """Lines joined to paragraphs, a line each, in plain quotation marks and dashes."""
    text = "\n".join(line.strip() for line in lines)
    for fancy, plain in (("\u2018", "'"), ("\u2019", "'"), ("\u201c", '"'), ("\u201d", '"'), ("\u2014", "--"), ("_", "")):
        text = text.replace(fancy, plain)
    blocks = (" ".join(block.split()) for block in re.split(r"\n{2,}", text))
    return "".join(block + "\n" for block in blocks if block)
