"""Samples as float32, in files without a header, as .npy or as WAV, with the standard library alone.

    samples.py noise OUT COUNT             the same noise every time
    samples.py raw WAV OUT                 the first channel of a WAV file of 16 bits
    samples.py wav RAW OUT RATE            a WAV file of 16 bits
    samples.py same A B [LATE [WITHIN]]    B is A, LATE samples later, to the bit or WITHIN a distance
    samples.py segments FILE RATE HOP      speech by probabilities, a line each, as Silero's get_speech_timestamps: seconds
"""

import random
import sys
import wave
from array import array


def read(path):
    """The floats of a file."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:6] == b"\x93NUMPY":
        data = data[10 + int.from_bytes(data[8:10], "little"):]
    elif data[:4] == b"RIFF":
        with wave.open(path) as file:
            words = array("h", file.readframes(file.getnframes()))
            return array("f", (word / 32768 for word in words[::file.getnchannels()]))
    return array("f", data[:len(data) // 4 * 4])


def write(path, samples):
    """Without a header."""
    with open(path, "wb") as file:
        file.write(samples.tobytes())


def write_wav(path, samples, rate):
    """Of 16 bits."""
    with wave.open(path, "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(array("h", (max(-32768, min(32767, round(x * 32768))) for x in samples)).tobytes())


def same(a, b, late=0, within=0.0):
    """Compares, and says how many are the same."""
    a, b = read(a), read(b)[late:]
    count = min(len(a), len(b))
    if within == 0 and a[:count].tobytes() == b[:count].tobytes():
        worst = 0.0
    else:
        worst = max((abs(x - y) for x, y in zip(a, b)), default=1)
        if within == 0:
            within = -1
    print(f"{count} samples, {'the same bits' if worst == 0 and within == 0 else f'at most {worst:.2g} apart'}")
    return count > 0 and worst <= within


def segments(path, rate, hop):
    """The rules of Silero's get_speech_timestamps with its usual settings, in samples."""
    with open(path, encoding="ascii") as file:
        probabilities = [float(line) for line in file]
    found, start, silence = [], None, None
    for index, probability in enumerate(probabilities):
        at = index * hop
        if probability >= 0.5:
            silence = None
            start = at if start is None else start
        elif probability < 0.35 and start is not None:
            silence = at if silence is None else silence
            if at - silence >= rate * 0.1:
                if silence - start > rate * 0.25:
                    found.append([start, silence])
                start = silence = None
    end = len(probabilities) * hop
    if start is not None and end - start > rate * 0.25:
        found.append([start, end])
    pad = int(rate * 0.03)
    gaps = [b[0] - a[1] for a, b in zip(found, found[1:])]
    for index, segment in enumerate(found):
        before = gaps[index - 1] if index else 2 * pad
        after = gaps[index] if index < len(gaps) else 2 * pad
        segment[0] = max(0, segment[0] - (pad if before >= 2 * pad else before // 2))
        segment[1] = min(end, segment[1] + (pad if after >= 2 * pad else after // 2))
    for one in found:
        print(f"{one[0] / rate:.3f} {one[1] / rate:.3f}")


def main():
    what, *rest = sys.argv[1:]
    if what == "noise":
        random.seed(7)
        write(rest[0], array("f", (random.randrange(-12000, 12000) / 32768 for _ in range(int(rest[1])))))
    elif what == "raw":
        write(rest[1], read(rest[0]))
    elif what == "wav":
        write_wav(rest[1], read(rest[0]), int(rest[2]))
    elif what == "same":
        sys.exit(not same(rest[0], rest[1], int(rest[2]) if len(rest) > 2 else 0, float(rest[3]) if len(rest) > 3 else 0.0))
    elif what == "segments":
        segments(rest[0], int(rest[1]), int(rest[2]))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
