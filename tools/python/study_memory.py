"""What recurrent cells remember: PyTorch trains eight of them, Sluice runs them.

Run:    python tools/python/study_memory.py --quick -o FOLDER     every figure's shape, in minutes
        python tools/python/study_memory.py -o FOLDER             the study, as Memory.md shows it
        --sluice PATH  a built sluice binary (.build/release/sluice)
        --minutes N    of the processor for training, one core (55); what is left over then is printed
        --scratch      every gap from the start, not from the weights of the next shorter one
        --stage NAME   train, types, gradients, gates or report alone
        --write        report: puts tables and pictures into the page Memory.md, and what they are made of into memory/results
        (needs torch, numpy, onnx, safetensors and matplotlib; data in ../shared/data or $SLUICE_DATA for load and sentences)
Writes: FOLDER: runs.jsonl, a line a run, by which a stopped study goes on; weights, figures as JSON, tables and pictures.

The budget of a run is a number of updates of 16 sequences, the same for every cell: what a cell did not learn in it, it may
learn in a greater one. memory/study.py holds the sizes, memory/tasks.py what is asked.
"""

import argparse
import json
import os
import platform
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent))

from memory import figures, gates, jacobians, weight_types
from memory import report as tables_of
from memory.series import Series, data_folder
from memory.study import FULL, QUICK, SERIES_STRIDE, Job, Study
from memory.training import settle

GATE_SENTENCES = 100  # of the test, where it is quick

STAGES = ["train", "types", "gradients", "gates", "report"]
PAGE = Path(__file__).resolve().parents[2] / "Sources/Sluice/Sluice.docc/Memory/Memory.md"


def keep(folder: Path, name: str, value: Any) -> None:
    (folder / f"{name}.json").write_text(json.dumps(value, separators=(",", ":")) + "\n")


def kept(folder: Path, name: str) -> Any:
    path = folder / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def gradients(study: Study) -> None:
    keep(study.folder, "gradients", jacobians.measured(study))
    keep(study.folder, "exploding", jacobians.exploding(study, study.tasks["adding"], min(50, max(study.settings.gaps))))


def report(study: Study, write: bool) -> None:
    """Tables and pictures of what the folder holds; what was not measured is left out."""
    folder = study.folder
    lines = (folder / "types.jsonl").read_text().splitlines() if (folder / "types.jsonl").exists() else []
    # A study that went on may have measured a gap before it learnt a larger one.
    learnt = set(study.learnt())
    rows = [row for row in map(json.loads, lines) if Job(row["task"], row["gap"], row["cell"], row["size"]) in learnt]
    figures.accuracy(study, folder / "memory-accuracy.svg")
    tables = {"learnt": tables_of.learnt_table(study)}
    if rows:
        figures.types(rows, study, folder / "memory-types.svg")
        tables |= {
            "types": tables_of.types_table(study, rows), "agreement": tables_of.agreement(rows),
        }  # fmt: skip
    if costs := kept(folder, "costs"):
        tables["cost"] = tables_of.cost_table(costs)
    if any(row["task"] == "series" for row in rows):
        task = study.tasks["series"]
        assert isinstance(task, Series)
        baselines = task.baselines(max(study.settings.gaps), SERIES_STRIDE)
        figures.hours(rows, baselines, study, folder / "memory-series.svg")
        tables["series"] = tables_of.series_table(study, rows, baselines)
    for name, draw in (("gradients", figures.gradients), ("exploding", figures.exploding), ("gates", figures.gates)):
        if found := kept(folder, name):
            draw(found, folder / f"memory-{name}.svg")
    (folder / "tables.md").write_text("\n\n".join([*tables.values(), tables_of.accuracy_table(study)]) + "\n")
    if not write:
        return
    text = PAGE.read_text()
    for name, table in tables.items():
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        if begin in text:
            before, rest = text.split(begin)
            text = f"{before}{begin}\n{table}\n{end}{rest.split(end)[1]}"
    PAGE.write_text(text)
    for picture in folder.glob("memory-*.svg"):
        shutil.copy(picture, PAGE.parent)
    results = Path(__file__).parent / "memory/results"
    results.mkdir(exist_ok=True)
    for name in ("runs.jsonl", "scratch.jsonl", "types.jsonl", "tables.md", "log.txt", "gradients.json", "exploding.json", "gates.json", "costs.json", "times.json"):
        if (folder / name).exists():
            shutil.copy(folder / name, results)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", metavar="FOLDER", type=Path, required=True, help="receives everything")
    parser.add_argument("--quick", action="store_true", help="two seeds, three gaps, few updates")
    parser.add_argument("--sluice", metavar="PATH", type=Path, default=Path(".build/release/sluice"), help="a built binary")
    parser.add_argument("--minutes", type=float, default=55, help="of the processor, for training (55)")
    parser.add_argument("--stage", choices=STAGES, action="append", help="this stage alone; may be repeated")
    parser.add_argument("--scratch", action="store_true", help="start every gap anew, not from a shorter one's weights")
    parser.add_argument("--write", action="store_true", help="put the report into the page and its folder")
    arguments = parser.parse_args()
    stages = arguments.stage or STAGES
    if "types" in stages and not arguments.sluice.exists():
        parser.error(f"there is no {arguments.sluice}: build it (swift build -c release), or name it with --sluice")
    if arguments.write and "report" not in stages:
        parser.error("--write goes with the stage report")
    settle()
    arguments.output.mkdir(parents=True, exist_ok=True)
    with (arguments.output / "log.txt").open("a") as log:

        def say(line: str) -> None:
            print(line, flush=True)
            print(line, file=log, flush=True)

        study = Study(arguments.output, QUICK if arguments.quick else FULL, say, arguments.scratch)
        say(
            f"== {time.strftime('%Y-%m-%d')}, {'quick' if arguments.quick else 'full'}: Python {platform.python_version()}, "
            f"PyTorch {torch.__version__}, NumPy {np.__version__}, load {os.getloadavg()[0]:.1f} of {os.cpu_count()} cores, {study.settings}"
        )
        for stage in stages:
            began = time.process_time()
            if stage == "train":
                study.train(arguments.minutes)
            elif stage == "types":
                weight_types.run(study, arguments.sluice)
                keep(study.folder, "costs", weight_types.costs(study, arguments.sluice))
                keep(study.folder, "times", weight_types.training_times(say))
            elif stage == "gradients":
                gradients(study)
            elif stage == "gates" and (data_folder() / "sentence-polarity").is_dir():
                keep(study.folder, "gates", gates.measured(say, GATE_SENTENCES if arguments.quick else 0))
            elif stage == "gates":
                say(f"skipped: no sentence-polarity in {data_folder()}")
            else:
                report(study, arguments.write)
            say(f"{stage}: {time.process_time() - began:.1f} s of the processor")


if __name__ == "__main__":
    main()
