"""The study's tables, and their place in the page. Not run by itself."""

from typing import Any

import numpy as np

from memory.cells import CELLS
from memory.study import PARAMETERS, UNITS, Job, Study
from memory.tasks import LEARNT, TASKS
from memory.weight_types import KINDS


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def largest(study: Study, task: str, cell: str, size: str) -> str:
    """The largest gap that was learnt; the largest that some seeds learnt beyond it; and what is beyond and was not run."""
    tried = [(gap, study.result(Job(task, gap, cell, size))) for gap in study.settings.gaps]
    tried = [(gap, runs) for gap, runs in tried if runs]
    if not tried:
        return "not run"
    learnt = [(gap, runs) for gap, runs in tried if np.mean([r["accuracy"] for r in runs]) >= LEARNT]
    # What some seeds alone learnt, above that.
    best = learnt[-1][0] if learnt else 0
    some = [(gap, sum(r["accuracy"] >= LEARNT for r in runs), len(runs)) for gap, runs in tried if gap > best]
    some = [f"{gap:,} by {count} of {total}" for gap, count, total in some if count][-1:]
    beyond = "" if tried[-1][0] > best or best == study.settings.gaps[-1] else " (longer: not run)"
    return ", ".join([f"**{best:,}**{beyond}" if best else "none", *some])


def percent(values: list[float | None]) -> str:
    return "overflows" if None in values else f"{100 * np.mean(values):.1f}"  # type: ignore[arg-type]


def learnt_table(study: Study) -> str:
    rows = []
    for size, title in ((UNITS, "units"), (PARAMETERS, "parameters")):
        for name, cell in CELLS.items():
            if size == PARAMETERS and name in ("lstm", "lstm-1", "peephole"):
                continue
            if not any(study.result(Job(t, g, name, size)) for t in TASKS for g in study.settings.gaps):
                continue
            count = study.units(Job("recall", study.settings.gaps[0], name, size))
            rows.append([cell.label, f"{count}" if size == UNITS else f"{count} (equal parameters)", *(largest(study, task, name, size) for task in TASKS)])
    return table(["cell", "units (recall)", *TASKS], rows)


def accuracy_table(study: Study) -> str:
    """Every job: mean and range of the test, updates, time."""
    rows = []
    for job in study.jobs():
        runs = study.runs.get(job)
        if runs:
            values = [100 * run["accuracy"] for run in runs]
            rows.append([
                job.task, f"{job.gap:,}", CELLS[job.cell].label, job.size, str(runs[0]["units"]), f"{runs[0]['parameters']:,}",
                f"{np.mean(values):.1f}", f"{min(values):.1f} to {max(values):.1f}", str(runs[0]["updates"]),
                f"{sum(run['seconds'] for run in runs):.1f}",
            ])  # fmt: skip
    head = ["task", "gap", "cell", "size", "units", "parameters", "right, %", "of the seeds", "updates", "processor, s"]
    return table(head, rows)


def cost_table(rows: list[dict[str, Any]]) -> str:
    """Parameters, bytes, state, and the time of a step beside that of a tanh RNN of as many units as the LSTM."""
    base = next(row for row in rows if (row["cell"], row["size"]) == ("rnn", UNITS))["nanoseconds"]["f32"]
    lines = []
    for row in sorted(rows, key=lambda row: row["size"] == PARAMETERS):
        times, size = row["nanoseconds"], row["bytes"]
        lines.append([
            CELLS[row["cell"]].label, str(row["units"]), f"{row['parameters']:,}", str(row["state_bytes"]), f"{size['f32']:,}",
            f"{size['int8']:,}", f"{times['f32']:.0f} ns ({times['f32'] / base:.2f})",
            f"{times['int8'] / times['f32']:.2f} of f32" if row["integers"] else "weights stay f32",
        ])  # fmt: skip
    return table(["cell", "units", "parameters", "state, bytes", "blob f32", "int8", "a step, f32", "int8"], lines)


def types_table(study: Study, rows: list[dict[str, Any]]) -> str:
    """At the gap that was learnt and at the next: f32, int8, int4; means of the seeds."""
    lines = []
    jobs = dict.fromkeys((r["task"], r["gap"], r["cell"], r["size"]) for r in rows if r["task"] != "series" and r["integers"])
    gaps = study.settings.gaps
    for task, gap, cell, size in jobs:
        mine = [r for r in rows if (r["task"], r["gap"], r["cell"], r["size"]) == (task, gap, cell, size)]
        at = [gap, *gaps[gaps.index(gap) + 1 :][:1]]
        shown = [
            " / ".join(percent([r["accuracy"][str(g)][kind] for r in mine]) for kind in KINDS) for g in at
        ]
        lines.append([task, CELLS[cell].label, size, f"{gap:,}", shown[0], f"{at[1]:,}: {shown[1]}" if len(at) > 1 else ""])
    return table(["task", "cell", "size", "learnt over", "f32 / int8 / int4 there, %", "and at the next gap, untrained"], lines)


def series_table(study: Study, rows: list[dict[str, Any]], baselines: dict[str, float]) -> str:
    gaps = study.settings.gaps
    lines = []
    jobs = dict.fromkeys((r["cell"], r["size"]) for r in rows if r["task"] == "series")
    for cell, size in sorted(jobs, key=lambda job: (job[1] == PARAMETERS, list(CELLS).index(job[0]))):
        mine = [r for r in rows if (r["task"], r["cell"], r["size"]) == ("series", cell, size)]
        units = study.units(Job("series", 0, cell, size))
        values = [[r["accuracy"][str(g)]["f32"] or 0 for r in mine] for g in gaps]
        int8 = [r["accuracy"][str(gaps[-1])].get("int8") for r in mine]
        lines.append([
            CELLS[cell].label, str(units), *(f"{np.mean(v):.3f} ({min(v):.3f} to {max(v):.3f})" for v in values),
            f"{np.mean(int8):.3f}" if mine[0]["integers"] else "stay f32",
        ])  # fmt: skip
    lines += [[f"*{name}*", "", *[""] * (len(gaps) - 1), f"{value:.3f}", ""] for name, value in baselines.items()]
    return table(["cell", "units", *(f"{gap:,} hours seen" for gap in gaps), "int8"], lines)


def agreement(rows: list[dict[str, Any]]) -> str:
    """How f32 weights in Sluice and PyTorch agree, where a run was trained."""
    found = [(row, at) for row in rows for at in row["accuracy"].values() if "torch" in at]
    judged = [abs(at["f32"] - at["torch"]) for row, at in found if row["task"] != "series"]
    explained = [abs(at["f32"] - at["torch"]) for row, at in found if row["task"] == "series"]
    bounded = max((row["difference"] for row, _ in found if row["cell"] != "irnn"), default=0)
    usual = np.median([row["difference"] for row, _ in found]) if found else 0
    unbounded = max((row["difference"] for row, _ in found if row["cell"] == "irnn"), default=0)
    text = (
        f"{len(judged)} runs with f32 weights in Sluice and in PyTorch over the same test: {sum(d > 0 for d in judged)} accuracies "
        f"differ, by {100 * max(judged, default=0):.2f} points at most; outputs differ by {usual:.1e} in half of the runs, by {bounded:.1e} at most, of the ReLU RNN, whose state grows, by {unbounded:.1e}"
    )
    return text + (f", the series' explained variance by {max(explained):.1e}." if explained else ".")
