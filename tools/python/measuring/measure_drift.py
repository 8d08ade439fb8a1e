"""How the error of compact weights develops over 10,000 steps: random LSTMs and GRUs of 64 and 256 units.

Run:    python tools/python/measuring/measure_drift.py --sluice .build/release/sluice [--type int8 ...]
        (needs numpy and safetensors)
Weights and biases are uniform up to 1/sqrt(units), as PyTorch starts; inputs are the conversion's noise, which takes as
many features as units. Each error is that of the steps since the column before, measured by `sluice convert` against the
same weights in float64. Exit status 1 where the last 9,000 steps err twice as much as the 900 before them.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

CELLS = [("LSTM", "lstm", 4), ("GRU", "gru", 3)]
UNITS = [64, 256]


def write_model(path: Path, layer: str, gates: int, units: int) -> None:
    random = np.random.default_rng(units)
    shapes = {
        "weight_ih_l0": (gates * units, units),
        "weight_hh_l0": (gates * units, units),
        "bias_ih_l0": (gates * units,),
        "bias_hh_l0": (gates * units,),
    }
    bound = units**-0.5
    tensors = {f"rnn.{n}": random.uniform(-bound, bound, s).astype(np.float32) for n, s in shapes.items()}
    architecture = {"input_size": units, "layers": [{"type": layer, "tensors": "rnn."}]}
    save_file(tensors, path, {"sluice.architecture": json.dumps(architecture)})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sluice", metavar="PATH", required=True, help="a built sluice binary")
    parser.add_argument("--type", nargs="+", default=["int8"], help="types of weights")
    arguments = parser.parse_args()
    grows = False
    with tempfile.TemporaryDirectory() as folder:
        model, blob = Path(folder, "model.safetensors"), Path(folder, "model.sluice")
        for kind in arguments.type:
            print(f"| {kind}: rms error since | 1 | 10 | 100 | 1,000 | 10,000 | greatest |\n|---|---|---|---|---|---|---|")
            for name, layer, gates in CELLS:
                for units in UNITS:
                    write_model(model, layer, gates, units)
                    command = [arguments.sluice, "convert", str(model), "-o", str(blob), "--type", kind, "--measure", "10000", "--json"]
                    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
                    accuracy = json.loads(done.stdout)["accuracy"]
                    errors = [moment["rms_error"] for moment in accuracy["drift"]]
                    if len(errors) != 5 or accuracy["steps"] != 10_000:
                        raise SystemExit(f"{name} {units}: {accuracy['steps']} steps, expected 10,000")
                    cells = " | ".join(f"{error:.1e}" for error in [*errors, accuracy["max_error"]])
                    print(f"| {name} {units}x{units} | {cells} |", flush=True)
                    grows |= errors[4] > 2 * errors[3]
    return 1 if grows else 0


if __name__ == "__main__":
    sys.exit(main())
