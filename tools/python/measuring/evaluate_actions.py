"""The recognizer of actions over clips that it has never seen: the blob through `sluice run`, and PyTorch.

Run:    python tools/python/measuring/evaluate_actions.py SLUICE [MODEL.sluice] [--clips 2000] [--svg FILE]
        SLUICE is the tool's program; without MODEL it is tools/gallery/actions.sluice
        (needs torch, numpy and safetensors, for --svg matplotlib; no data: tools/python/training/actions.py draws the clips)
Writes: with --svg a picture of a clip and what is made of it; else nothing but its report. The exit status is 1 where Sluice, in f32, is more than 1e-5 from PyTorch.
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

from actions import ACTIONS, FRAMES, ROOT, SIZE, WEIGHTS_PATH, Clips, Recognizer, clips, export


def scored(tool: str, blob: Path, frames: np.ndarray) -> np.ndarray:
    """Probabilities that `sluice run` writes, [N, FRAMES, actions], each clip from the initial state."""
    with tempfile.TemporaryDirectory() as folder:
        source, result = Path(folder, "x.npy"), Path(folder, "y.npy")
        np.save(source, frames)
        subprocess.run([tool, "run", blob, "--input", source, "--output", result], check=True, stdout=subprocess.DEVNULL)
        return np.load(result)


def report(name: str, probabilities: np.ndarray, test: Clips) -> None:
    right = probabilities.argmax(-1) == test.actions
    share = right[:, -1].mean()
    interval = 1.96 * np.sqrt(share * (1 - share) / len(right))
    print(f"{name}: {share:.1%} +- {interval:.1%} after the last frame")
    for first, last in ((0, 4), (5, 9), (10, 19), (20, 31)):
        seen = (test.ages >= first) & (test.ages <= last)
        print(f"  {first:2} to {last:2} frames after a beginning or a cut: {right[seen].mean():.1%} of {seen.sum()} frames")


def picture(test: Clips, probabilities: np.ndarray, file: str) -> None:
    """Frames of the first clip with a cut, and the probability of each action after each frame."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    matplotlib.rcParams["svg.hashsalt"] = "actions"
    clip = next(index for index, ages in enumerate(test.ages) if 10 < np.argmin(ages[1:]) + 1 < 20)
    cut = int(np.argmin(test.ages[clip][1:])) + 1
    figure = pyplot.figure(figsize=(9, 4))
    grid = figure.add_gridspec(2, 8, height_ratios=[1, 2])
    for place, frame in enumerate(range(0, FRAMES, 4)):
        axes = figure.add_subplot(grid[0, place])
        axes.imshow(test.frames[clip, frame].reshape(SIZE, SIZE), cmap="gray", vmin=0, vmax=1)
        axes.set(xticks=[], yticks=[], title=f"frame {frame}")
    below = figure.add_subplot(grid[1, :])
    for action, name in enumerate(ACTIONS):
        if probabilities[clip, :, action].max() > 0.2:
            below.plot(probabilities[clip, :, action], label=name)
    below.axvline(cut, color="0.7", linewidth=0.8, linestyle="--")
    first, second = (ACTIONS[test.actions[clip, frame]] for frame in (0, -1))
    below.set(xlabel=f"frame; it {first}, from the cut on it {second}", ylabel="probability", ylim=(0, 1.05))
    below.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sluice", metavar="SLUICE")
    parser.add_argument("model", metavar="MODEL.sluice", type=Path, nargs="?", default=ROOT / "tools/gallery/actions.sluice")
    parser.add_argument("--clips", type=int, default=2000)
    parser.add_argument("--svg", metavar="FILE")
    options = parser.parse_args()
    torch.set_num_threads(1)
    test = clips("test", options.clips)
    model = Recognizer().eval()
    model.load_state_dict(load_file(WEIGHTS_PATH))
    with torch.inference_mode():
        expected = torch.softmax(torch.cat([model(x) for x in torch.from_numpy(test.frames).split(100)]), -1).numpy()
    with tempfile.TemporaryDirectory() as folder:
        source, blob = Path(folder, "actions.onnx"), Path(folder, "actions.sluice")
        export(model, source)
        subprocess.run([options.sluice, "convert", source, "-o", blob], check=True, stdout=subprocess.DEVNULL)
        plain = scored(options.sluice, blob, test.frames)
    shipped = scored(options.sluice, options.model, test.frames)
    if options.svg:
        picture(test, shipped, options.svg)
    report("PyTorch", expected, test)
    report(f"Sluice, {options.model.name}", shipped, test)
    matrix = np.zeros((len(ACTIONS), len(ACTIONS)), int)
    np.add.at(matrix, (test.actions[:, -1], shipped[:, -1].argmax(-1)), 1)
    print("taken for:     " + " ".join(f"{name[:11]:>11}" for name in ACTIONS))
    for name, row in zip(ACTIONS, matrix):
        print(f"{name:14} " + " ".join(f"{count:11}" for count in row))
    difference = float(np.abs(plain - expected).max())
    print(f"Sluice in f32 is at most {difference:.1e} from PyTorch over {plain.size} probabilities")
    return 0 if difference <= 1e-5 else 1


if __name__ == "__main__":
    sys.exit(main())
