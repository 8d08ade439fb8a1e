"""The spotter of spoken digits over clips of voices and noises that it has never heard: the blob through `sluice run`, and PyTorch.

Run:    python tools/python/measuring/evaluate_digits.py SLUICE [MODEL.sluice] [--clips 1000] [--numbers N] [--svg FILE]
        SLUICE is the tool's program; without MODEL it is tools/gallery/digits.sluice
        --numbers counts, in place of all else, the digits that are told of N numbers of four, with commas and in one breath
        (needs torch, numpy, scipy, safetensors and espeak-ng, for --svg matplotlib; no data: digit_clips.py makes it)
Writes: with --svg a picture of the probabilities while a number is said; else nothing but its report. The exit status is 1 where
        Sluice, in f32, is more than 1e-4 from PyTorch, or the tool tells other words than the rule does.
"""

import argparse
import io
import json
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "training"))

from digit_clips import ACCENTS, DIGITS, RATE, VARIANTS, Clip, Part, said
from digits import HOP, LABELS, METADATA_PATH, ROOT, WEIGHTS_PATH, LogMel, Spotter, decided, export
from spotting import Score, scored

NUMBER = "four seven one one"


def probabilities(tool: str, blob: Path, samples: np.ndarray) -> np.ndarray:
    """What `sluice run` writes of samples as arrays, [N, T, labels], each clip from the initial state."""
    with tempfile.TemporaryDirectory() as folder:
        source, result = Path(folder, "x.npy"), Path(folder, "y.npy")
        np.save(source, samples.reshape(len(samples), -1, HOP))
        subprocess.run([tool, "run", blob, "--input", source, "--output", result], check=True, stdout=subprocess.DEVNULL)
        return np.load(result)


def recording(samples: np.ndarray) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setparams((1, 2, RATE, 0, "NONE", ""))
        written.writeframes((samples * 32768).astype("<i2").tobytes())
    return file.getvalue()


def words(tool: str, blob: Path, samples: np.ndarray) -> list[tuple[int, int]]:
    """What `sluice run --wav -` tells of a recording, as pairs of a label and the step after which it is known."""
    run = subprocess.run([tool, "run", blob, "--wav", "-", "--json"], input=recording(samples), check=True, stdout=subprocess.PIPE)
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    return [(line["label"], line["end"] // HOP - 1) for line in lines if "word" in line]


def report(name: str, score: Score) -> None:
    print(f"{name}: {score.line()}")
    matrix = score.confusion.copy()
    matrix[np.arange(10), np.arange(10)] = 0
    worst = np.argsort(matrix.ravel())[::-1][:4]
    told = [*DIGITS, "nothing"]
    print("  wrong most: " + ", ".join(f"{DIGITS[at // 11]} for {told[at % 11]} {matrix.ravel()[at]} of {score.confusion[at // 11].sum()}" for at in worst))


def by_noise(found: list[list[tuple[int, int]]], clips: list[Clip]) -> None:
    """The share that is right in each noise, and at each loudness of it."""
    groups = {kind: [index for index, clip in enumerate(clips) if clip.noise == kind] for kind in sorted({clip.noise for clip in clips})}
    for low, high in ((5, 10), (10, 20), (20, 30)):
        groups[f"{low} to {high} dB"] = [index for index, clip in enumerate(clips) if low <= clip.ratio < high]
    for name, chosen in groups.items():
        score = scored([found[index] for index in chosen], [clips[index] for index in chosen], HOP)
        print(f"  {name}: {score.right / score.said:.1%} of {score.said}, {score.false} false")


def in_order(said: list[int], told: list[int]) -> int:
    """How many of the digits that were said are told in their order: the longest common subsequence."""
    longest = [0] * (len(told) + 1)
    for digit in said:
        before = longest[:]
        for place, other in enumerate(told):
            longest[place + 1] = before[place] + 1 if digit == other else max(before[place + 1], longest[place])
    return longest[-1]


def numbers(tool: str, blob: Path, count: int) -> None:
    """Numbers that espeak-ng says as one text, without noise: clips have silence between all words, a text has not."""
    for name, between in (("with commas", ", "), ("in one breath", " ")):
        random, right, false = np.random.default_rng(1), 0, 0
        for _ in range(count):
            voice = f"{random.choice(ACCENTS['test'])}+{random.choice(VARIANTS['test'])}"
            digits = random.integers(10, size=4).tolist()
            speech = 0.3 * said(between.join(DIGITS[digit] for digit in digits), voice, 160, 50)
            samples = np.pad(speech, RATE // 4)
            told = [label - 1 for label, _ in words(tool, blob, samples)]
            heard = in_order(digits, told)
            right += heard
            false += len(told) - heard
        print(f"{name}: {right} of {4 * count} digits, {false} false")


def picture(tool: str, blob: Path, file: str) -> None:
    """The waveform of a number, and the probability of each word in it."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    matplotlib.rcParams["svg.hashsalt"] = "digits"
    pause = np.zeros(RATE // 4)
    samples = np.concatenate([pause, *(part for word in NUMBER.split() for part in (said(word, "en-029+f3", 160, 50), pause))])
    samples = samples[: len(samples) // HOP * HOP] * 0.3 + 0.003 * np.random.default_rng(1).standard_normal(len(samples) // HOP * HOP)
    samples = (np.round(samples * 32768) / 32768).astype(np.float32)
    found = probabilities(tool, blob, samples[None])[0]
    time = (np.arange(len(found)) + 1) * HOP / RATE
    figure, (above, below) = pyplot.subplots(2, figsize=(9, 4), sharex=True, height_ratios=[1, 2])
    hops = samples.reshape(-1, HOP)
    above.fill_between(time, hops.min(1), hops.max(1), color="0.5")
    above.set(ylabel="samples", yticks=[])
    for label in range(1, len(LABELS)):
        if found[:, label].max() > 0.1:
            below.plot(time, found[:, label], label=LABELS[label])
    for label, step in words(tool, blob, samples):
        below.axvline(time[step], color="0.7", linewidth=0.8, linestyle="--")
        below.text(time[step], 1.03, LABELS[label], ha="center", va="bottom", fontsize=9)
    below.set(xlabel="seconds", ylabel="probability", ylim=(0, 1.15))
    below.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sluice", metavar="SLUICE")
    parser.add_argument("model", metavar="MODEL.sluice", type=Path, nargs="?", default=ROOT / "tools/gallery/digits.sluice")
    parser.add_argument("--clips", type=int, default=1000)
    parser.add_argument("--svg", metavar="FILE")
    parser.add_argument("--numbers", metavar="N", type=int)
    options = parser.parse_args()
    if options.numbers is not None:
        if options.numbers < 1:
            parser.error(f"--numbers {options.numbers}: expected at least 1")
        numbers(options.sluice, options.model, options.numbers)
        return 0
    torch.set_num_threads(1)
    if options.svg:
        picture(options.sluice, options.model, options.svg)
    clips = Part("test").clips(options.clips)
    samples = np.stack([clip.samples for clip in clips])
    model = Spotter().eval()
    model.load_state_dict(load_file(WEIGHTS_PATH))
    front = LogMel()
    with torch.inference_mode():
        expected = torch.softmax(torch.cat([model(front(part)) for part in torch.from_numpy(samples).split(50)]), -1).numpy()
    with tempfile.TemporaryDirectory() as folder:
        source, blob = Path(folder, "digits.onnx"), Path(folder, "digits.sluice")
        export(model, source)
        subprocess.run([options.sluice, "convert", source, "-o", blob, "--measure", "none"], check=True, stdout=subprocess.DEVNULL)
        plain = probabilities(options.sluice, blob, samples)
    shipped = probabilities(options.sluice, options.model, samples)
    rule = json.loads(METADATA_PATH.read_text())["decision"]
    told = [words(options.sluice, options.model, clip.samples) for clip in clips]
    report("PyTorch", scored([decided(each, rule) for each in expected], clips, HOP))
    report(f"Sluice, {options.model.name}", scored(told, clips, HOP))
    by_noise(told, clips)
    other = sum(decided(each, rule) != found for each, found in zip(shipped, told))
    print(f"the tool tells other words than the rule in {other} of {len(clips)} clips")
    difference = float(np.abs(plain - expected).max())
    print(f"Sluice in f32 is at most {difference:.1e} from PyTorch over {plain.size} probabilities")
    return 0 if difference <= 1e-4 and not other else 1


if __name__ == "__main__":
    sys.exit(main())
