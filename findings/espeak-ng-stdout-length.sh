#!/usr/bin/env bash
# espeak-ng 1.51: --stdout writes a WAV header before it knows the length, and declares 0x7FFFF000 bytes of
# samples: neither 0 nor 0xFFFFFFFF, by which other recorders mark a stream. A reader that knows only those two takes
# a second of speech for 13 hours: Python's wave tells 1,073,739,776 frames, and reads what there is without an
# error. The header of -w FILE is right. Debian's packages, unpacked in a folder, not installed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work"
version=1.51+dfsg-10+deb12u2
apt-get download -qq "espeak-ng=$version" "libespeak-ng1=$version" "espeak-ng-data=$version" \
  libpcaudio0=1.2-2 libsonic0=0.2.0-12 2>/dev/null
for package in *.deb; do dpkg -x "$package" root; done
libraries=$(dirname "$(find root -name 'libespeak-ng.so.1' | head -1)")
say() { LD_LIBRARY_PATH=$libraries root/usr/bin/espeak-ng --path="$libraries/espeak-ng-data" "$@"; }
say --stdout "one two three" | cat >piped.wav
say -w file.wav "one two three"
python3 - <<'PYTHON'
import struct, wave

for name in ("piped.wav", "file.wav"):
    data = open(name, "rb").read()
    riff, length = struct.unpack("<4xI32xI", data[:44])
    with wave.open(name) as sound:
        told, rate = sound.getnframes(), sound.getframerate()
        read = len(sound.readframes(told)) // 2
    print(f"{name}: declares {length:#x} bytes, has {len(data) - 44}; wave tells {told} frames, reads {read}")
    assert data[36:40] == b"data" and rate == 22050 and read == (len(data) - 44) // 2
    if name == "piped.wav":
        assert (riff, length) == (0x7FFFF024, 0x7FFFF000) and told == 1073739776
    else:
        assert length == len(data) - 44 and told == read
PYTHON
echo "as found in espeak-ng $version"
