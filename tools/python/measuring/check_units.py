"""A model fed raw units gives what scaling outside gives, to the bit.

check_units.py SLUICE MODEL.safetensors FOLDER

Converts the model as it is and with metadata that scale each input and output, runs both with the kernels of AVX2 (on
Arm NEON), and computes (x - mean) / std and y std + mean outside, each as one product and one sum, rounded once.
"""
import fractions
import json
import os
import pathlib
import struct
import subprocess
import sys

tool, source, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
STEPS = 200
environment = dict(os.environ)
if os.uname().machine == "x86_64":
    environment["SLUICE_ISA"] = "avx2"


def single(value):
    """The nearest float32 of an exact number, ties to even."""
    value = fractions.Fraction(value)
    near = struct.unpack("<f", struct.pack("<f", float(value)))[0]
    around = {near}
    bits = struct.unpack("<i", struct.pack("<f", near))[0]
    for step in (-1, 1):
        if near != 0:
            around.add(struct.unpack("<f", struct.pack("<i", bits + step))[0])
    return min(around, key=lambda it: (abs(fractions.Fraction(it) - value), struct.unpack("<I", struct.pack("<f", it))[0] & 1))


def linear(x, factor, summand):
    return single(fractions.Fraction(x) * fractions.Fraction(factor) + fractions.Fraction(summand))


def run(model, rows):
    text = "".join(",".join(repr(value) for value in row) + "\n" for row in rows)
    done = subprocess.run([tool, "run", model, "--input", "-", "--format", "csv", "-o", "-"], input=text,
                          env=environment, capture_output=True, text=True, check=True)
    return [[single(fractions.Fraction(cell)) for cell in line.split(",")] for line in done.stdout.splitlines()]


plain, scaled, meta = (str(folder / name) for name in ("plain.sluice", "scaled.sluice", "units.json"))
subprocess.run([tool, "convert", source, "-o", plain, "--quiet"], check=True)
facts = json.loads(subprocess.run([tool, "inspect", plain, "--json"], capture_output=True, text=True, check=True).stdout)
inputs, outputs = facts["inputSize"], facts["outputSize"]
means = [20.0 - 3.7 * i for i in range(inputs)]
deviations = [0.3 + 1.9 * i for i in range(inputs)]
mean, deviation = 21.5, 7.25
json.dump({"inputs": [{"name": f"x{i}", "unit": "kW", "mean": m, "std": d} for i, (m, d) in enumerate(zip(means, deviations))],
           "outputs": [{"unit": "degrees", "mean": mean, "std": deviation}] * outputs}, open(meta, "w"))
subprocess.run([tool, "convert", source, "-o", scaled, "--meta", meta, "--quiet"], check=True)

state, raw = 5, []
for _ in range(STEPS):
    row = []
    for m, d in zip(means, deviations):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        row.append(single(fractions.Fraction(m + d * ((state >> 40) / 2**23 - 1))))
    raw.append(row)
normal = [[linear(x, single(1 / d), single(-m / d)) for x, m, d in zip(row, means, deviations)] for row in raw]
expected = [[linear(y, single(deviation), single(mean)) for y in row] for row in run(plain, normal)]
found = run(scaled, raw)
if len(expected) != len(found):
    # A model that gives its last output alone.
    sys.exit("another number of rows")
different = sum(a != b for one, other in zip(expected, found) for a, b in zip(one, other))
values = sum(map(len, found))
print(f"  {os.path.basename(source)}: {values} outputs of {STEPS} steps from raw units, {different} of them of other bits "
      f"than with scaling outside; the first is {found[0][0]:.6g}")
sys.exit(different > 0 or not values)
