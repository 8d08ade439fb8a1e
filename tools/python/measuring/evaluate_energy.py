"""The forecaster of the oil temperature over its test part: the blob through `sluice run`, and PyTorch.

Run:    python tools/python/measuring/evaluate_energy.py SLUICE [MODEL.sluice] [--svg FILE]
        SLUICE is the tool's program; without MODEL it is tools/gallery/energy.sluice
        (needs torch, numpy and safetensors, for --svg matplotlib; data in ../shared/data or $SLUICE_DATA: ett/ETTh1.csv)
Writes: with --svg a picture of forecasts beside what came; else nothing but its report. The exit status is 1 where
        Sluice is more than 1e-3 degrees C from PyTorch.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "training"))

from energy import HORIZONS, LONGEST, PARTS, ROOT, WEIGHTS_PATH, Forecaster, Series, read


def scored(tool: str, blob: Path, degrees: np.ndarray) -> np.ndarray:
    """What `sluice run` writes, [T, 168], in degrees C, of the whole series as one stream."""
    with tempfile.TemporaryDirectory() as folder:
        source, result = Path(folder, "x.npy"), Path(folder, "y.npy")
        np.save(source, degrees.astype(np.float32)[:, None])
        subprocess.run([tool, "run", blob, "--input", source, "--output", result], check=True, stdout=subprocess.DEVNULL)
        return np.load(result)


def picture(series: Series, found: np.ndarray, file: str) -> None:
    """Four weeks of the test part, and what was forecast at the beginning of each."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    matplotlib.rcParams["svg.hashsalt"] = "energy"
    first = PARTS["test"][0] + 30 * 24
    hours = np.arange(first, first + 4 * LONGEST)
    figure, axes = pyplot.subplots(figsize=(9, 3))
    axes.plot((hours - first) / 24, series.degrees[hours], color="0.5", label="what came")
    for week in range(4):
        start = first + week * LONGEST
        after = np.arange(start, start + LONGEST)
        axes.plot((after - first) / 24, found[start - 1], color="C0", label="forecast a week ahead" if week == 0 else None)
        axes.axvline((start - first) / 24, color="0.85", linewidth=0.8)
    axes.set(xlabel="days", ylabel="oil temperature, degrees C")
    axes.legend(frameon=False)
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sluice", metavar="SLUICE")
    parser.add_argument("model", metavar="MODEL.sluice", type=Path, nargs="?", default=ROOT / "tools/gallery/energy.sluice")
    parser.add_argument("--svg", metavar="FILE")
    options = parser.parse_args()
    torch.set_num_threads(1)
    series = read()
    model = Forecaster().eval()
    model.load_state_dict(load_file(WEIGHTS_PATH))
    with torch.inference_mode():
        expected = model(torch.from_numpy(series.scaled)[None, :, None])[0].numpy() * series.deviation + series.mean
    found = scored(options.sluice, options.model, series.degrees)
    for horizon in HORIZONS:
        hours, wanted = series.wanted("test", horizon)
        here, there = (np.mean(((y[hours, :horizon] - series.mean) / series.deviation - wanted) ** 2) for y in (expected, found))
        mean = np.abs(found[hours, :horizon] - (wanted * series.deviation + series.mean)).mean()
        print(f"{horizon:3} hours: mean square error, scaled: PyTorch {here:.4f}, Sluice {there:.4f}; off by {mean:.2f} degrees C on average")
    difference = float(np.abs(found - expected).max())
    print(f"Sluice is at most {difference:.1e} degrees C from PyTorch over {found.size} numbers")
    if options.svg:
        picture(series, found, options.svg)
    return 0 if difference <= 1e-3 else 1


if __name__ == "__main__":
    sys.exit(main())
