"""What a step takes with each type of weights, beside f32 ones: random layers by kind and size, on this machine.

Run:    python tools/python/measuring/measure_times.py --sluice .build/release/sluice [--runs 3]
        (needs numpy and safetensors; a machine that does nothing else)
Writes: nothing but the table of the page Types. Layers read as many features as they have units. A ratio is the median
        of so many conversions, each of which runs both blobs by turns; the time in front is that with f32 weights.
"""

import argparse
import json
import statistics
import subprocess
import tempfile
from pathlib import Path

from measure_drift import write_model

LAYERS = [("LSTM", "lstm", 4), ("GRU", "gru", 3), ("RNN", "rnn", 1)]
UNITS = [16, 32, 64, 128, 256]
TYPES = ["f16", "bf16", "int8", "int4"]


def step(binary: str, model: Path, blob: Path, kind: str) -> dict[str, float]:
    command = [binary, "convert", str(model), "-o", str(blob), "--type", kind, "--measure", "1", "--json", "--quiet"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return json.loads(done.stdout)["step"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sluice", metavar="PATH", required=True, help="a built sluice binary")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    print("| | f32 | " + " | ".join(TYPES) + " |\n|---|---|" + "---|" * len(TYPES))
    with tempfile.TemporaryDirectory() as folder:
        model, blob = Path(folder, "model.safetensors"), Path(folder, "model.sluice")
        for name, layer, gates in LAYERS:
            for units in UNITS:
                write_model(model, layer, gates, units)
                ratios, times = [], []
                for kind in TYPES:
                    found = [step(options.sluice, model, blob, kind) for _ in range(options.runs)]
                    ratios.append(statistics.median(one["ratio"] for one in found))
                    times += [one["f32Nanoseconds"] for one in found]
                cells = " | ".join(f"{ratio:.2f}" for ratio in ratios)
                print(f"| {name} {units} | {statistics.median(times):,.0f} ns | {cells} |", flush=True)


if __name__ == "__main__":
    main()
