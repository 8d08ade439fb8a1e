"""The study's pictures, as SVG: text stays text, and the same numbers give the same bytes. Not run by itself."""

import re
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
import numpy as np

from memory.cells import CELLS
from memory.study import PARAMETERS, UNITS, Job, Study
from memory.tasks import LEARNT, TASKS
from memory.weight_types import KINDS

COLOURS = {
    "rnn": "#c0392b", "irnn": "#e67e22", "gru": "#1b5e9e", "gru-before": "#5dade2",
    "lstm": "#7d3c98", "lstm-1": "#1e8449", "peephole": "#82b31e", "coupled": "#8d6e63",
}  # fmt: skip
MARKS = dict(zip(COLOURS, "sDo^vPX*"))
TYPE_COLOURS = dict(zip(KINDS, ("#222222", "#1b5e9e", "#c0392b")))
TITLES = {
    "recall": "recall (first symbol)", "copy": "copy (3 symbols)", "adding": "adding problem", "parity": "parity of all bits",
}  # fmt: skip
plt.rcParams.update({
    "svg.fonttype": "none", "svg.hashsalt": "sluice", "font.family": "sans-serif", "font.size": 9, "axes.titlesize": 9.5,
    "axes.spines.top": False, "axes.spines.right": False, "path.simplify_threshold": 0.5, "legend.frameon": False,
    "axes.grid": True, "grid.color": "#e4e4e4", "grid.linewidth": 0.6, "axes.axisbelow": True,
})  # fmt: skip


def save(figure: Any, path: Path) -> None:
    figure.savefig(path, metadata={"Date": None, "Creator": None}, facecolor="white")
    plt.close(figure)
    # Hundredths of a point are enough, and half of the bytes; pictures within it are left alone.
    lines = path.read_text().split("\n")
    short = [line if "base64" in line else re.sub(r"\d+\.\d{3,}", lambda n: f"{float(n[0]):.2f}", line) for line in lines]
    path.write_text("\n".join(line.rstrip() for line in short))


def cell_legend(figure: Any, columns: int = 4) -> None:
    lines = [plt.Line2D([], [], color=COLOURS[c], marker=MARKS[c], ms=4.5, lw=1.4) for c in CELLS]
    figure.legend(lines, [cell.label for cell in CELLS.values()], loc="lower center", ncols=columns)


def gap_axis(axis: Any, gaps: list[int], label: bool = True) -> None:
    axis.set_xticks(range(len(gaps)), [f"{gap:,}" for gap in gaps])
    axis.set_xlim(-0.3, len(gaps) - 0.7)
    if label:
        axis.set_xlabel("gap, steps")


def accuracy(study: Study, path: Path) -> None:
    gaps = study.settings.gaps
    figure, axes = plt.subplots(2, 4, figsize=(10.5, 6.2), sharey=True)
    for row, (size, title) in enumerate(((UNITS, "as many units"), (PARAMETERS, "as many parameters"))):
        for axis, task in zip(axes[row], TASKS):
            axis.axhline(100 * TASKS[task].chance, color="#888888", lw=1, ls=(0, (4, 3)))
            for offset, cell in enumerate(CELLS):
                points = [(k, study.result(Job(task, gap, cell, size))) for k, gap in enumerate(gaps)]
                found = [(k, [100 * run["accuracy"] for run in runs]) for k, runs in points if runs]
                if not found:
                    continue
                x = [k + (offset - 3.5) * 0.045 for k, _ in found]
                middle = [np.mean(values) for _, values in found]
                spread = [[m - min(v) for m, (_, v) in zip(middle, found)], [max(v) - m for m, (_, v) in zip(middle, found)]]
                axis.errorbar(x, middle, spread, color=COLOURS[cell], marker=MARKS[cell], ms=4.5, lw=1.4, elinewidth=0.8)
            axis.set_title(TITLES[task] if row == 0 else "")
            axis.set_ylim(0, 103)
            gap_axis(axis, gaps, row == 1)
        axes[row][0].set_ylabel(f"{title}:\nright of the test, %")
    cell_legend(figure)
    figure.tight_layout(rect=(0, 0.09, 1, 1))
    save(figure, path)


def gradients(curves: dict[str, Any], path: Path) -> None:
    figure, axes = plt.subplots(2, 4, figsize=(10.5, 5.6), sharey=True)
    for axis, (name, cell) in zip(axes.flat, CELLS.items()):
        found = curves.get(name)
        axis.set_title(cell.label)
        if not found:
            axis.text(0.5, 0.5, "not trained", transform=axis.transAxes, ha="center")
            continue
        styles = (
            ("before h", "#999999", "-"), ("before c", "#999999", (0, (4, 2))), ("after h", COLOURS[name], "-"),
            ("after c", COLOURS[name], (0, (4, 2))), ("after belt", COLOURS[name], (0, (1, 1.5))),
        )  # fmt: skip
        for key, colour, style in styles:
            if key in found:
                middle, low, high = (np.array(row) for row in found[key])
                x = np.arange(len(middle))
                axis.plot(x, middle, color=colour, ls=style, lw=1.5)
                if key.endswith(" h"):
                    axis.fill_between(x, low, high, color=colour, alpha=0.15, lw=0)
        axis.text(0.03, 0.04, f"trained over {found['gap']}, {100 * found['accuracy']:.0f} % right", transform=axis.transAxes, fontsize=8)
        axis.set_ylim(-16, 8)
    for axis in axes[1]:
        axis.set_xlabel("T - t, steps")
    for row in axes:
        row[0].set_ylabel("log10 of the norm")
    lines = [plt.Line2D([], [], color=c, ls=s, lw=1.5) for c, s in (("#999999", "-"), ("#333333", "-"), ("#333333", (0, (4, 2))), ("#333333", (0, (1, 1.5))))]
    figure.legend(lines, ["dh(T)/dh(t) before training", "after", "dC(T)/dC(t)", "along the belt alone: product of f, largest unit"], loc="lower center", ncols=4)
    figure.tight_layout(rect=(0, 0.05, 1, 1))
    save(figure, path)


def exploding(found: dict[str, Any], path: Path) -> None:
    figure, axes = plt.subplots(1, 3, figsize=(10.5, 3.1))
    axes[0].plot(found["h"], color=COLOURS["irnn"], lw=1.5)
    axes[0].set(xlabel="T - t, steps", ylabel="log10 of the norm", title="dh(T)/dh(t) at the start, U = 1.1 I")
    for name, colour in (("not clipped", "#c0392b"), ("clipped", "#1b5e9e")):
        for axis, key in ((axes[1], "norms"), (axes[2], "losses")):
            values = np.array(found[name][key], float)
            axis.semilogy(np.where(values > 0, values, np.nan), color=colour, lw=1.1, label=name)
    axes[1].axhline(1, color="#888888", lw=1, ls=(0, (4, 3)))
    axes[1].set(xlabel="update", title="the gradient's norm (before it is clipped to 1)")
    axes[2].set(xlabel="update", title="loss")
    axes[2].legend()
    figure.tight_layout()
    save(figure, path)


def gates(found: dict[str, Any], path: Path) -> None:
    figure = plt.figure(figsize=(10.5, 7.4))
    grid = figure.add_gridspec(3, 2, width_ratios=(2.1, 1), height_ratios=(1, 2.6, 0.05), hspace=0.5, wspace=0.28)
    order = np.argsort(np.concatenate([np.array(s["f"]) for s in found["sentences"]]).mean(0))
    for row, sentence in enumerate(found["sentences"]):
        axis = figure.add_subplot(grid[row, 0])
        image = axis.imshow(np.array(sentence["f"])[:, order], vmin=0, vmax=1, cmap="viridis", aspect="auto", interpolation="none")
        labels = [f"{word}  {np.mean(f):.2f}" for word, f in zip(sentence["words"], sentence["f"])]
        axis.set_yticks(range(len(labels)), labels)
        axis.grid(False)
        axis.set_xticks([])
        axis.set_xlabel("64 units, those that keep least on the left" if row else "")
        axis.set_title(f"forget gate after each word, and its mean (answer: {sentence['p'][-1]:.2f} positive)")
    figure.colorbar(image, cax=figure.add_subplot(grid[2, 0]), orientation="horizontal", label="f: 0 forgets, 1 keeps")
    axis = figure.add_subplot(grid[0, 1])
    middle = np.arange(20) / 20 + 0.025
    for gate, colour, name in (("i", "#e67e22", "input"), ("f", "#1e8449", "forget"), ("o", "#7d3c98", "output")):
        axis.plot(middle, 100 * np.array(found["histogram"][gate]), color=colour, lw=1.5, label=name)
    axis.set(xlabel="value of the gate", ylabel="% of all", title="gates over the test sentences", ylim=(0, None))
    axis.legend()
    axis = figure.add_subplot(grid[1, 1])
    names = list(found["held"])
    values = [100 * right / count for right, count in found["held"].values()]
    axis.barh(names, values, color=["#555555"] + ["#9bb8d3"] * (len(names) - 1), height=0.6)
    for k, value in enumerate(values):
        axis.text(value + 0.5, k, f"{value:.1f}", va="center")
    axis.invert_yaxis()
    axis.axvline(50, color="#888888", lw=1, ls=(0, (4, 3)))
    axis.set(xlim=(40, 85), xlabel="right of the test, %", title="a gate held")
    axis.grid(False, axis="y")
    figure.subplots_adjust(left=0.13, right=0.97, top=0.95, bottom=0.09)
    save(figure, path)


def types(rows: list[dict[str, Any]], study: Study, path: Path) -> None:
    """Cells whose weights become integers; accuracy of the weights of the largest learnt gap at every gap."""
    gaps = study.settings.gaps
    rows = [row for row in rows if row["integers"]]
    cells = [c for c in CELLS if any(r["cell"] == c for r in rows)]
    tasks = [t for t in TASKS if any(r["task"] == t for r in rows)]
    if not cells or not tasks:
        return
    figure, axes = plt.subplots(len(tasks), len(cells), figsize=(10.5, 1.2 + 1.55 * len(tasks)), sharey=True, squeeze=False)
    for row, (line, task) in enumerate(zip(axes, tasks)):
        for axis, cell in zip(line, cells):
            mine = [r for r in rows if (r["task"], r["cell"], r["size"]) == (task, cell, UNITS)]
            axis.axhline(100 * TASKS[task].chance, color="#888888", lw=0.8, ls=(0, (4, 3)))
            if not mine:
                axis.text(0.5, 0.6, "no gap learnt", transform=axis.transAxes, ha="center", fontsize=8)
            for kind in KINDS if mine else ():
                values = 100 * np.array([[r["accuracy"][str(g)][kind] for g in gaps] for r in mine], float)  # nil: overflowed
                x = np.arange(len(gaps))
                axis.plot(x, values.mean(0), color=TYPE_COLOURS[kind], lw=1.4, marker="o", ms=3, ls="-" if kind != "int4" else (0, (4, 2)))
                axis.fill_between(x, values.min(0), values.max(0), color=TYPE_COLOURS[kind], alpha=0.1, lw=0)
            if mine:
                axis.axvline(gaps.index(mine[0]["gap"]), color="#bbbbbb", lw=0.8, ls=":")
            gap_axis(axis, gaps, row == len(tasks) - 1)
            axis.tick_params(labelsize=7.5)
            axis.set_ylim(0, 104)
            if row == 0:
                axis.set_title(CELLS[cell].label.replace(" from identity", ""), fontsize=8.5)
        line[0].set_ylabel(f"{task}, %")
    lines = [plt.Line2D([], [], color=TYPE_COLOURS[k], lw=1.4, marker="o", ms=3, ls="-" if k != "int4" else (0, (4, 2))) for k in KINDS]
    figure.legend(lines, KINDS, loc="lower center", ncols=3)
    figure.tight_layout(rect=(0, 0.05, 1, 1))
    save(figure, path)


def hours(rows: list[dict[str, Any]], baselines: dict[str, float], study: Study, path: Path) -> None:
    gaps = study.settings.gaps
    figure, axes = plt.subplots(1, 2, figsize=(10.5, 4.1), sharey=True)
    for axis, (size, title) in zip(axes, ((UNITS, "as many units"), (PARAMETERS, "as many parameters"))):
        for k, (name, value) in enumerate(baselines.items()):
            if value > 0:
                axis.axhline(value, color="#888888", lw=1, ls=(0, (4, 3)))
                below = name.endswith("day before")  # close to that of 7 days
                axis.text(len(gaps) - 0.9, value + (-0.1 if below else 0.03), name, fontsize=7.5, color="#555555", ha="right", va="top" if below else "bottom")
        for cell in CELLS:
            found = [r for r in rows if r["task"] == "series" and r["cell"] == cell and r["size"] in (size, UNITS)]
            found = [r for r in found if r["size"] == size] or [r for r in found if cell in ("lstm", "lstm-1", "peephole")]
            if not found:
                continue
            values = np.array([[r["accuracy"][str(g)]["f32"] for g in gaps] for r in found], float)
            axis.plot(range(len(gaps)), values.mean(0), color=COLOURS[cell], marker=MARKS[cell], ms=4.5, lw=1.4)
        axis.set_xticks(range(len(gaps)), [f"{gap:,}" for gap in gaps])
        axis.set(xlabel="hours seen", title=title, ylim=(-0.1, 0.9))
    axes[0].set_ylabel("explained of the load's variance")
    cell_legend(figure)
    figure.tight_layout(rect=(0, 0.13, 1, 1))
    save(figure, path)
