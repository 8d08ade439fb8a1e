"""What weights of fewer bits cost: bytes, time, and memory. Not run by itself.

Every cell's largest learnt gap is run by the tool over the same test sequences as by PyTorch, with f32, int8 and int4
weights, at that gap and at all others: does rounding shorten what a cell remembers?
"""

import json
import math
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from memory.blobs import Tool, write_onnx
from memory.cells import CELLS, Cell, Weights
from memory.study import Job, Study
from memory.tasks import Task
from memory.training import answers
from memory.unrolled import forward

KINDS = ["f32", "int8", "int4"]
CALIBRATION = 32  # sequences
OTHERS = 10_000  # steps of the test at a gap that was not trained
TURNS, SECONDS = 3, 0.05  # of each blob by turns, and of each turn


def right(task: Task, y: np.ndarray | None, asked: torch.Tensor) -> float | None:
    """The accuracy of y [B, T, outputs]; nil where it is not finite, or there is none."""
    if y is None or not np.isfinite(y).all():
        return None
    given = torch.from_numpy(y[:, -len(asked) :]).transpose(0, 1).unsqueeze(0)
    return float(task.right(given, asked.unsqueeze(0))[0])


def torch_answers(cell: Cell, weights: Weights, x: torch.Tensor) -> np.ndarray:
    """One run's in PyTorch: [B, T, outputs]."""
    with torch.no_grad():
        h = forward(cell, weights, x.transpose(1, 2).unsqueeze(1)).h[1:]
        return answers(weights, h)[0].transpose(0, 1).numpy()


def measure(study: Study, tool: Tool, job: Job, gaps: list[int]) -> list[dict[str, Any]]:
    """A row a seed."""
    cell, task, weights = CELLS[job.cell], study.tasks[job.task], study.weights(job)
    calibration = task.batch(job.gap, CALIBRATION, torch.Generator().manual_seed(job.gap))[0].transpose(0, 1).numpy()
    own = min(gaps, key=lambda gap: abs(gap - job.gap))  # of the series, the hours that come nearest to a window
    rows = []
    for index, seed in enumerate(study.settings.seeds):
        source = tool.folder / "cell.onnx"
        write_onnx(cell, weights, index, source)
        blobs, sizes, stays = {}, {}, {}
        for kind in KINDS:
            blob, said = tool.convert(source, kind, calibration)
            blobs[kind], sizes[kind] = blob, said["bytes"]
            stays[kind] = [layer["kind"] for layer in said["layers"] if layer["type"] == "f32" and kind != "f32"]
        integers = not {"lstm", "gru", "rnn"} & set(stays["int8"])  # else both are the f32 weights again
        row: dict[str, Any] = {
            "task": job.task, "gap": job.gap, "cell": job.cell, "size": job.size, "seed": seed, "bytes": sizes,
            "integers": integers, "state_bytes": sum(layer["stateBytes"] for layer in said["layers"]),
            "accuracy": {},
        }  # fmt: skip
        for gap in gaps:
            # All of the test where it was trained, elsewhere as many as are run in the same time.
            x, asked = study.test(job.task, gap, 0 if gap == job.gap else min(study.settings.tests, max(50, OTHERS // gap)))
            batch = x.transpose(0, 1).numpy()
            found = row["accuracy"][str(gap)] = {}
            for kind in KINDS if integers else KINDS[:1]:
                y = tool.run(blobs[kind], batch)
                found[kind] = right(task, y, asked)
                if kind == "f32" and gap == own and found[kind] is not None:
                    here = torch_answers(cell, {key: value[index : index + 1] for key, value in weights.items()}, x)
                    found["torch"] = right(task, here, asked)
                    row["difference"] = float(np.abs(y - here).max())
        rows.append(row)
    return rows


def run(study: Study, sluice: Path) -> None:
    """Writes types.jsonl, a line a run; jobs that stand there are not measured again."""
    path = study.folder / "types.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    done = {Job(row["task"], row["gap"], row["cell"], row["size"]) for row in lines}
    gaps = study.settings.gaps
    with tempfile.TemporaryDirectory() as folder, path.open("a") as file:
        tool = Tool(sluice, Path(folder))
        for job in study.learnt():
            if job in done:
                continue
            rows = measure(study, tool, job, gaps)
            file.write("".join(json.dumps(row) + "\n" for row in rows))
            file.flush()
            for gap in gaps:
                at = [row["accuracy"][str(gap)] for row in rows]
                shown = [f"{kind} {[one[kind] and round(one[kind], 3) for one in at]}" for kind in KINDS if kind in at[0]]
                study.log(f"{job.name}, {gap} steps: " + ", ".join(shown))


def costs(study: Study, sluice: Path) -> list[dict[str, Any]]:
    """Of every cell and size, for the task `recall`, as it starts: parameters, bytes, and the least time of a step.

    All blobs are measured by turns, so that what else the machine does is the same for each.
    """
    task = study.tasks["recall"]
    x = task.batch(10, CALIBRATION, torch.Generator().manual_seed(1))[0].transpose(0, 1).numpy()
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        tool = Tool(sluice, Path(folder))
        blobs: dict[tuple[int, str], Path] = {}
        for job in dict.fromkeys(job for job in study.jobs() if job.task == "recall" and job.gap == study.settings.gaps[0]):
            source, units = tool.folder / f"{job.name}.onnx", study.units(job)
            write_onnx(CELLS[job.cell], study.start(job), 0, source)
            row = {"cell": job.cell, "size": job.size, "units": units, "bytes": {}, "nanoseconds": {}}
            row["parameters"] = CELLS[job.cell].parameters(task.inputs, units, task.outputs)
            for kind in ("f32", "int8"):
                blobs[len(rows), kind], said = tool.convert(source, kind, x)
                row["bytes"][kind] = said["bytes"]
                row["state_bytes"] = sum(layer["stateBytes"] for layer in said["layers"])
                row["integers"] = all(layer["type"] != "f32" for layer in said["layers"] if layer["kind"] in ("rnn", "gru", "lstm"))
            rows.append(row)
        for _ in range(TURNS):
            for (index, kind), blob in blobs.items():
                found = rows[index]["nanoseconds"]
                found[kind] = min(found.get(kind, math.inf), tool.step(blob, SECONDS))
    return rows


def training_times(log: Any, units: int = 64, steps: int = 60, batch: int = 16) -> dict[str, float]:
    """Milliseconds of the processor for an update's gradients by PyTorch's own layers, each the least of some turns."""
    x = torch.randn(steps, batch, units, generator=torch.Generator().manual_seed(1))
    layers = {kind: getattr(torch.nn, kind)(units, units) for kind in ("RNN", "GRU", "LSTM")}
    found = {kind: math.inf for kind in layers}
    for _ in range(TURNS * 2):
        for kind, layer in layers.items():
            began = time.process_time()
            layer(x)[0][-1].sum().backward()
            found[kind] = min(found[kind], 1000 * (time.process_time() - began))
    log(f"gradients of {steps} steps of {batch} sequences, {units} units: " + ", ".join(f"{k} {v:.2f} ms" for k, v in found.items()))
    return found
