"""What is trained, in which order, and what is kept of it. Not run by itself.

A job is a cell, a size, a task and a gap, its seeds trained at once. The gap grows: a job goes on from the weights of the next
shorter gap, or, `scratch`, starts anew. `runs.jsonl` has a line for each seed of a finished job,
`weights` a file for each job: a run that was stopped goes on behind the last whole job.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from memory import series
from memory.cells import CELLS, Cell, Weights, initial
from memory.tasks import LEARNT, TASKS, Task
from memory.training import judged, train

UNITS = "units"  # as many units as the LSTM of the study
PARAMETERS = "parameters"  # as many units as come nearest to that LSTM's parameters
TEST_SEED = 4_242
SERIES_STRIDE = 11  # hours from one test window of the series to the next


@dataclass(frozen=True)
class Settings:
    """A study's size; the budget of a run is a number of updates, the same for every cell."""

    units: int
    seeds: tuple[int, ...]
    batch: int
    updates: dict[int, int]  # by the gap
    tests: int  # sequences
    series_updates: int
    series_window: int = 240
    sizes: tuple[str, ...] = (UNITS, PARAMETERS)

    @property
    def gaps(self) -> list[int]:
        return list(self.updates)


FULL = Settings(16, (1, 2, 3), 16, {10: 1500, 50: 600, 200: 250, 1000: 60}, 400, 200)
QUICK = Settings(16, (1, 2), 16, {10: 400, 50: 200, 200: 40}, 100, 60, 120)
TINY = Settings(8, (1, 2), 8, {4: 60, 8: 20}, 40, 10, 48)


def rate(cell: Cell) -> float:
    """The learning rate; an RNN's is smaller, as its steps add up over the gap."""
    return 0.01 if len(cell.gates) > 1 else 0.003


@dataclass(frozen=True)
class Job:
    task: str
    gap: int
    cell: str
    size: str

    @property
    def name(self) -> str:
        return f"{self.task}-{self.gap}-{self.cell}-{self.size}"


class Study:
    def __init__(
        self, folder: Path, settings: Settings, log: Callable[[str], None] = print, scratch: bool = False
    ) -> None:
        self.folder, self.settings, self.log, self.scratch = folder, settings, log, scratch
        self.tasks: dict[str, Task] = dict(TASKS)
        if series.is_there():
            self.tasks["series"] = series.Series()
        (folder / "weights").mkdir(parents=True, exist_ok=True)
        self.path = folder / "runs.jsonl"
        self.runs: dict[Job, list[dict[str, Any]]] = {}
        if self.path.exists():
            for line in self.path.read_text().splitlines():
                run = json.loads(line)
                job = Job(run["task"], run["gap"], run["cell"], run["size"])
                self.runs.setdefault(job, []).append(run)

    def units(self, job: Job) -> int:
        """LSTMs have the same number in both sizes, so they are trained once."""
        cell, task, units = CELLS[job.cell], self.tasks[job.task], self.settings.units
        if job.size == UNITS:
            return units
        wanted = CELLS["lstm"].parameters(task.inputs, units, task.outputs)
        return cell.units_for(wanted, task.inputs, task.outputs)

    def before(self, job: Job) -> Job | None:
        """The job of the next shorter gap, whose weights this one goes on from."""
        rung = 0 if job.task == "series" else self.settings.gaps.index(job.gap)
        return Job(job.task, self.settings.gaps[rung - 1], job.cell, job.size) if rung else None

    def start(self, job: Job) -> Weights:
        task = self.tasks[job.task]
        return initial(CELLS[job.cell], task.inputs, self.units(job), task.outputs, list(self.settings.seeds))

    def weights(self, job: Job) -> Weights:
        with np.load(self.folder / "weights" / f"{job.name}.npz") as file:
            return {key: torch.from_numpy(file[key]) for key in file.files}

    def test(self, task: str, gap: int, count: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
        """The same sequences for every cell: x [T, B, inputs], and what is asked at the last steps."""
        if task == "series":
            return self.tasks[task].test(gap, max(self.settings.gaps), SERIES_STRIDE)  # type: ignore[attr-defined]
        return self.tasks[task].batch(gap, count or self.settings.tests, torch.Generator().manual_seed(TEST_SEED + gap))

    def accuracy(self, job: Job) -> float | None:
        """The mean of the seeds; nil where the job was not run."""
        runs = self.runs.get(job)
        return sum(run["accuracy"] for run in runs) / len(runs) if runs else None

    def result(self, job: Job) -> list[dict[str, Any]] | None:
        """Of LSTMs, whose units are those of both sizes, those of the one that was run."""
        alone = job.cell in ("lstm", "lstm-1", "peephole")
        return self.runs.get(Job(job.task, job.gap, job.cell, UNITS) if alone else job)

    def jobs(self) -> list[Job]:
        sizes = {cell: [UNITS] if cell in ("lstm", "lstm-1", "peephole") else self.settings.sizes for cell in CELLS}
        made = [Job(t, g, c, s) for t in TASKS for g in self.settings.gaps for c in CELLS for s in sizes[c]]
        window = [Job("series", self.settings.series_window, c, s) for c in CELLS for s in sizes[c]]
        return made + (window if "series" in self.tasks else [])

    def next(self) -> Job | None:
        """Equal units before equal parameters, task by task, short gaps before long ones.

        Last come the longest gap, and gaps behind one that no seed learnt.
        """
        order = ["recall", "series", "adding", "parity", "copy"]

        def turn(job: Job) -> tuple[float, ...]:
            rung = 0 if job.task == "series" else self.settings.gaps.index(job.gap)
            shorter = self.before(job)
            hopeless = shorter is not None and not any(run["accuracy"] >= LEARNT for run in self.runs.get(shorter, []))
            return (hopeless, rung > 2, job.size == PARAMETERS, order.index(job.task), rung)

        waiting = [job for job in self.jobs() if job not in self.runs]
        return min(waiting, key=turn) if waiting else None

    def run(self, job: Job) -> None:
        settings, cell, task = self.settings, CELLS[job.cell], self.tasks[job.task]
        seeds, units = list(settings.seeds), self.units(job)
        updates = settings.series_updates if job.task == "series" else settings.updates[job.gap]
        began = time.monotonic()
        before = self.before(job)
        goes_on = before in self.runs and not self.scratch
        start = self.weights(before) if before and goes_on else self.start(job)
        trained = train(cell, task, job.gap, start, seeds, rate(cell), updates, settings.batch, goes_on=goes_on)
        np.savez(self.folder / "weights" / f"{job.name}.npz", **{k: v.numpy() for k, v in trained.best.items()})
        x, asked = self.test(job.task, job.gap)
        accuracies = judged(cell, trained.best, task, x, asked)
        runs = [
            {
                "task": job.task, "gap": job.gap, "cell": job.cell, "size": job.size, "units": units, "seed": seed,
                "parameters": cell.parameters(task.inputs, units, task.outputs), "rate": rate(cell),
                "updates": trained.updates, "learnt_at": trained.learnt_at[index],
                "training": round(trained.accuracy[index], 4), "accuracy": round(accuracies[index], 4),
                "seconds": round(trained.seconds / len(seeds), 3),
            }
            for index, seed in enumerate(seeds)
        ]  # fmt: skip
        with self.path.open("a") as file:
            file.write("".join(json.dumps(run) + "\n" for run in runs))
        self.runs[job] = runs
        shown = " ".join(f"{100 * value:.1f}" for value in accuracies)
        self.log(
            f"{job.name} ({units} units): {shown} % after {trained.updates} updates, "
            f"{trained.seconds:.1f} s of the processor, {time.monotonic() - began:.1f} s"
        )

    def train(self, minutes: float) -> None:
        """Until every job is done, or their processor time is spent."""
        while (job := self.next()) is not None:
            spent = sum(run["seconds"] for runs in self.runs.values() for run in runs)
            if spent >= 60 * minutes:
                left = sum(1 for job in self.jobs() if job not in self.runs)
                self.log(f"the budget of {minutes:g} minutes is spent; {left} jobs are not run, {job.name} the first")
                return
            self.run(job)

    def learnt(self) -> Iterator[Job]:
        """Of each task, cell and size the job of the largest gap that it learnt in the budget; equal units first."""
        for job in sorted(self.jobs(), key=lambda job: job.size == PARAMETERS):
            if job.task == "series":
                if job in self.runs:
                    yield job
                continue
            larger = [Job(job.task, gap, job.cell, job.size) for gap in self.settings.gaps if gap > job.gap]
            if (self.accuracy(job) or 0) >= LEARNT and not any((self.accuracy(o) or 0) >= LEARNT for o in larger):
                yield job
