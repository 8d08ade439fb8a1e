"""What PipeWire has recorded of a plugin: its input left, its output right, in a WAV file of float32.

    recorded.py amplifier TOOL MODEL RECORDED PLAYED    the output is what `sluice run` makes of the input, to the bit
    recorded.py heard RECORDED                          sound comes out where sound goes in
    recorded.py gated RECORDED                          and none before it

Exit status: 0 it is so, 1 it is not, 3 a cycle was lost on the way, so that nothing can be said.
"""

import subprocess
import sys
import tempfile
from array import array

LOST = 3


def channels(path):
    """Both channels of float32."""
    with open(path, "rb") as file:
        data = file.read()
    data = data[data.index(b"data") + 8:]
    both = array("f", data[:len(data) // 8 * 8])
    return both[0::2], both[1::2]


def first_sound(samples):
    """The index of the first sample that is not 0."""
    return next((index for index, sample in enumerate(samples) if sample), len(samples))


def through(tool, model, samples):
    """The samples that the tool gives."""
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/x", "wb") as file:
            file.write(samples.tobytes())
        subprocess.run([tool, "run", model, "--raw", "f32le", "--rate", "48000", "--input", f"{folder}/x",
                        "-o", f"{folder}/y.npy", "--quiet"], check=True)
        with open(f"{folder}/y.npy", "rb") as file:
            data = file.read()
    return array("f", data[10 + int.from_bytes(data[8:10], "little"):])


def lost(reason):
    """Says so."""
    print(f"  again: {reason}")
    return LOST


def amplifier(tool, model, recorded, played):
    """Compares from the first sample after linking on."""
    x, y = channels(recorded)
    begin = first_sound(y) + 4096
    x, y = x[begin:], y[begin:]
    sound = first_sound(x)
    if not 2000 < sound < len(x):
        return lost("it was linked too late")
    # For how long the plugin had run in silence is not known: its output there tells.
    silent = through(tool, model, array("f", bytes(4 * 480000))).tobytes()
    place = silent.find(y[:2000].tobytes())
    if place < 0:
        return lost("silence is not that of one run")
    with open(played, "rb") as file:
        words = array("h", file.read()[44:])
    source = array("f", (word / 32768 for word in words))
    source = source[first_sound(source):]
    count = min(len(source), len(x) - sound) - 4096
    if x[sound:sound + count] != source[:count]:
        return lost("the recorder lost a cycle")
    expected = through(tool, model, array("f", bytes(place)) + x[:sound + count])[place // 4:]
    for index, (found, one) in enumerate(zip(y, expected)):
        if found != one:
            if index < sound:
                return lost(f"a cycle is lost in the silence, at sample {index}")
            return lost(f"another sample {index - sound} samples behind the beginning of the sound")
    print(f"  {len(expected)} samples, {count} of them sound: the same bits as the tool")
    return 0


def heard(recorded, is_gated=False):
    """Loudness of the output before and in the sound."""
    x, y = channels(recorded)
    begin = first_sound(x)
    if not 8000 < begin < len(x) - 48000:
        return lost("it was linked too late")
    before = max(map(abs, y[4096:begin - 2048]), default=0.0)
    behind = max(map(abs, y[begin:]), default=0.0)
    print(f"  in the silence before at most {before:.2g}, in the sound {behind:.2g}")
    return 0 if behind > 0.01 and (before == 0 or not is_gated) else 1


def main():
    what, *rest = sys.argv[1:]
    if what == "amplifier":
        sys.exit(amplifier(*rest))
    sys.exit(heard(rest[0], what == "gated"))


if __name__ == "__main__":
    main()
