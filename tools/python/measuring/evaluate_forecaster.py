"""The forecaster's error on the test part, in PyTorch and through `sluice run`.

Run:    python tools/python/measuring/evaluate_forecaster.py MODEL.sluice [--sluice PATH]
        --sluice  a built binary; without it `swift run -c release sluice` is started in the project's root
        (needs torch, numpy and safetensors; data in ../shared/data or $SLUICE_DATA)
Writes: nothing but its report.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "training"))

from forecaster import MODEL_PATH, ROOT, Forecaster, Part, load_parts, rmse


def load_model() -> Forecaster:
    with safe_open(MODEL_PATH, "pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    model = Forecaster(tensors["lstm.weight_hh_l0"].shape[1])
    model.load_state_dict(tensors, strict=False)  # the norm counts its batches, which the file leaves out
    return model.eval()


@torch.no_grad()
def predict(part: Part) -> np.ndarray:
    return load_model()(torch.from_numpy(part.inputs)[None])[0].numpy()


def run_tool(part: Part, command: list[str], blob: Path) -> np.ndarray:
    """What `sluice run` writes for the part as one stream, [T]."""
    with tempfile.TemporaryDirectory() as folder:
        source, result = Path(folder, "x.npy"), Path(folder, "y.npy")
        np.save(source, part.inputs)
        arguments = ["run", str(blob), "--input", str(source), "--output", str(result)]
        subprocess.run([*command, *arguments], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
        return np.load(result)[:, 0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", metavar="MODEL.sluice", type=Path, help="the forecaster, converted")
    parser.add_argument("--sluice", metavar="PATH", help="a built sluice binary")
    arguments = parser.parse_args()
    binary = [str(Path(arguments.sluice).resolve())] if arguments.sluice else ["swift", "run", "-c", "release", "sluice"]
    test = load_parts()["test"]
    here, there = predict(test), run_tool(test, binary, arguments.model.resolve())
    print(f"{len(test.change)} hours of the test part, errors in degrees C:")
    print(f"persistence {rmse(np.zeros_like(test.change), test.change):.4f}")
    print(f"PyTorch {rmse(here, test.change):.4f}, sluice {rmse(there, test.change):.4f}")
    print(f"maximal difference: {np.abs(here - there).max():.2e}")


if __name__ == "__main__":
    main()
