"""What each type of weights costs: sizes, the accuracy of the sentiment model, the error of the forecaster.

Run:    python tools/python/measuring/measure_types.py --sluice .build/release/sluice [--write]
        --write  puts the table into README.md, between its markers
        (needs torch, numpy and safetensors; data in ../shared/data or $SLUICE_DATA)
Exit status 1 where int8 is further than 0.3 points (sentiment) or 1 % (forecaster) from f32, int4 further than 1.0
points or 5 %, or where the blob of an LSTM of 256 inputs and units has a greater share of its f32 safetensors than SHARES.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "training"))

import evaluate_forecaster
import evaluate_sentiment
from forecaster import MODEL_PATH as FORECASTER
from forecaster import load_parts, rmse
from measure_drift import write_model
from sentiment import MODEL_PATH as SENTIMENT
from sentiment import ROOT, load_split

TYPES = ["f32", "f16", "bf16", "int8", "int4"]
BOUNDS = {"int8": (0.3, 1.0), "int4": (1.0, 5.0)}  # points of accuracy, percent of the error
SHARES = {"f16": 0.52, "bf16": 0.52, "int8": 0.27, "int4": 0.16}
BEGIN, END = "<!-- types table: begin -->", "<!-- types table: end -->"


def convert(binary: str, source: Path, kind: str, folder: Path, *more: str) -> tuple[Path, int, dict[str, float] | None]:
    """The blob, its bytes, and what a step takes beside f32 weights, where there are others."""
    blob = folder / f"{source.stem}-{kind}.sluice"
    command = [binary, "convert", str(source), "-o", str(blob), "--type", kind, "--json", *more]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT)
    report = json.loads(done.stdout)
    return blob, report["bytes"], report["step"]


def ratio_of(binary: str, source: Path, kind: str, folder: Path) -> float:
    """The time of a step beside that with f32 weights: the median of five conversions, each by turns."""
    if kind == "f32":
        return 1
    steps = [convert(binary, source, kind, folder, "--measure", "1", "--quiet")[2] for _ in range(5)]
    return statistics.median(step["ratio"] for step in steps if step)


def machine(binary: str) -> str:
    """What the times were measured on, and with."""
    done = subprocess.run([binary, "isa", "--json"], check=True, stdout=subprocess.PIPE)
    lines = [line.split(":") for line in Path("/proc/cpuinfo").read_text().splitlines() if ":" in line]
    facts = {name.strip(): value.strip() for name, value in lines}
    cpu = f"{facts.get('model name', 'a CPU')}, family {facts.get('cpu family', 'unknown')}"
    return f"{cpu}, with {json.loads(done.stdout)['chosen']} ({date.today():%B %Y})"


def sizes(binary: str, folder: Path) -> bool:
    """Prints the sizes of an LSTM's blobs; tells whether one is too large."""
    source = folder / "lstm.safetensors"
    write_model(source, "lstm", 4, 256)
    print(f"LSTM 256x256: {source.stat().st_size:,} bytes as f32 safetensors")
    failed = False
    for kind, most in SHARES.items():
        size = convert(binary, source, kind, folder)[1]
        share = size / source.stat().st_size
        print(f"  {kind}: {size:,} bytes, {share:.3f} of it, at most {most}")
        failed |= share > most
    return failed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sluice", metavar="PATH", required=True, help="a built sluice binary")
    parser.add_argument("--write", action="store_true", help="put the table into README.md")
    arguments = parser.parse_args()
    binary = str(Path(arguments.sluice).resolve())

    sentences = load_split()["test"]
    hours = load_parts()["test"]
    figures: dict[str, tuple[int, float, float, int, float, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        failed = sizes(binary, Path(folder))
        for kind in TYPES:
            blob, size, _ = convert(binary, SENTIMENT, kind, Path(folder))
            answers = evaluate_sentiment.run_tool([sentence for sentence, _ in sentences], binary, str(blob))
            right = sum((answer["label"] == "positive") == (label == 1) for (_, label), answer in zip(sentences, answers))
            forecaster, forecaster_size, _ = convert(binary, FORECASTER, kind, Path(folder))
            error = rmse(evaluate_forecaster.run_tool(hours, [binary], forecaster), hours.change)
            times = [ratio_of(binary, source, kind, Path(folder)) for source in (SENTIMENT, FORECASTER)]
            figures[kind] = (size, times[0], 100 * right / len(sentences), forecaster_size, times[1], error)

    _, _, accuracy, _, _, error = figures["f32"]
    lines = [
        "| weights | sentiment: bytes | a step | right of 1,066 | forecaster: bytes | a step | error |",
        "|---|---|---|---|---|---|---|",
    ]
    for kind, (size, time, here, forecaster_size, other_time, there) in figures.items():
        points, percent = here - accuracy, 100 * (there / error - 1)
        lines.append(
            f"| {kind} | {size:,} | {time:.2f} | {here:.2f} % ({points:+.2f}) "
            f"| {forecaster_size:,} | {other_time:.2f} | {there:.4f} °C ({percent:+.2f} %) |"
        )
        if kind in BOUNDS:
            failed |= abs(points) > BOUNDS[kind][0] or abs(percent) > BOUNDS[kind][1]
    persistence = rmse(np.zeros_like(hours.change), hours.change)
    lines += [
        "",
        "Test parts, through `sluice run`: the sentiment model, and a forecaster of a transformer's oil temperature six hours",
        f"ahead (`tools/python/training/train_forecaster.py`). Its error is root mean square; that nothing changes errs by {persistence:.4f} °C.",
        f"A step's time is told beside that with f32 weights, on {machine(binary)}; `convert` prints it for the model at hand,",
        "and [Types](Sources/SluiceConversion/SluiceConversion.docc/Types.md) has it by cell and size: up to 32 units most are slower than f32.",
    ]
    text = "\n".join(lines)
    print(text)
    if arguments.write:
        readme = ROOT / "README.md"
        before, rest = readme.read_text().split(BEGIN)
        readme.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.split(END)[1]}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
