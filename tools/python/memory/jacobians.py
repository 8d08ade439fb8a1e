"""How much of a gradient arrives: the norm of dh(T)/dh(t), and of dC(T)/dC(t), over T - t. Not run by itself.

Every step's Jacobian of its state (h, and C beside it) is taken by autograd in float64 and multiplied up from the end, so
that C's norm counts every way from C(t) to C(T), and `belt` the way along C alone, the product of what the forget gate kept.
Norms are spectral: the most that any direction grows by.
"""

from typing import Any

import numpy as np
import torch
from torch.func import jacrev, vmap

from memory.cells import CELLS, Cell, Weights, initial, step
from memory.study import UNITS, Job, Study
from memory.tasks import LEARNT, Task
from memory.training import train

SEQUENCES = 4
LENGTH = 100  # steps
EXPLODING = 1.1  # times the identity


def norms(cell: Cell, weights: Weights, x: torch.Tensor) -> dict[str, np.ndarray]:
    """Of one run, over x [T, B, inputs]: [B, T], at T - t steps from the end; as `h`, `c` and `belt`."""
    steps, batch, _ = x.shape
    units = weights["u"].shape[0]
    weights = {key: value.double() for key, value in weights.items()}
    x = x.double()
    width = 2 * units if cell.has_cell_state else units

    def next_state(x: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
        c = state[units:] if cell.has_cell_state else state[:0]
        h, c = step(cell, weights, x, state[:units], c)
        return torch.cat([h, c])

    def belt(x: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
        """What C(t) keeps of C(t-1), with everything else held: the forget gate."""
        sums = x @ weights["w"] + weights["b"] + state[:units] @ weights["u"]
        at = cell.gates.find("f" if "f" in cell.gates else "i") * units
        gate = sums[at : at + units]
        if "p" in weights:
            gate = gate + weights["p"][1] * state[units:]
        gate = torch.sigmoid(gate)
        return gate if "f" in cell.gates else 1 - gate

    state = torch.zeros(batch, width, dtype=torch.float64)
    jacobians, kept = [], []
    for t in range(steps):
        jacobians.append(vmap(jacrev(next_state, 1))(x[t], state))
        if cell.has_cell_state:
            kept.append(vmap(belt)(x[t], state))
        state = vmap(next_state)(x[t], state)
    product = torch.eye(width, dtype=torch.float64).expand(batch, width, width)
    along = torch.ones(batch, units, dtype=torch.float64)
    found: dict[str, list[torch.Tensor]] = {"h": [], "c": [], "belt": []}
    for t in range(steps - 1, -1, -1):
        found["h"].append(torch.linalg.matrix_norm(product[:, :units, :units], 2))
        if cell.has_cell_state:
            found["c"].append(torch.linalg.matrix_norm(product[:, units:, units:], 2))
            found["belt"].append(along.amax(1))
            along = along * kept[t]
        product = product @ jacobians[t]
    return {key: torch.stack(values, 1).numpy() for key, values in found.items() if values}


def measured(study: Study, task: str = "recall") -> dict[str, Any]:
    """Of every cell of the study's units, before and after training over the longest gap that it was trained over."""
    result: dict[str, Any] = {}
    for name, cell in CELLS.items():
        trained = [Job(task, gap, name, UNITS) for gap in study.settings.gaps if Job(task, gap, name, UNITS) in study.runs]
        if not trained:
            continue
        # The longest that it learnt, or else the first: weights that learnt nothing show no more than their start.
        learnt = [job for job in trained if (study.accuracy(job) or 0) >= LEARNT]
        job = max(learnt, key=lambda job: job.gap) if learnt else trained[0]
        x, _ = study.tasks[task].batch(LENGTH, SEQUENCES, torch.Generator().manual_seed(7))
        curves: dict[str, Any] = {"gap": job.gap, "accuracy": study.accuracy(job)}
        for moment, weights in (("before", study.start(job)), ("after", study.weights(job))):
            by_seed = [norms(cell, {k: v[run] for k, v in weights.items()}, x) for run in range(len(study.settings.seeds))]
            for key in by_seed[0]:
                # The median over seeds and sequences, of logarithms: a mean would be the largest alone.
                stacked = np.log10(np.maximum(np.concatenate([found[key] for found in by_seed]), 1e-300))
                middle, low, high = np.median(stacked, 0), stacked.min(0), stacked.max(0)
                curves[f"{moment} {key}"] = [[round(float(v), 3) for v in row] for row in (middle, low, high)]
        result[name] = curves
        apart = min(50, len(x) - 1)
        shown = [f"{key} 1e{curves[key][0][apart]:.1f}" for key in curves if " " in key]
        study.log(f"{name}, trained over {job.gap}, norms {apart} steps apart: {', '.join(shown)}")
    return result


def exploding(study: Study, task: Task, gap: int) -> dict[str, Any]:
    """Gradients and losses of an RNN with ReLU whose U starts at 1.1 of the identity, clipped and not."""
    cell, seed = CELLS["irnn"], [study.settings.seeds[0]]
    result: dict[str, Any] = {"gap": gap}
    for name, clip in (("clipped", 1.0), ("not clipped", None)):
        weights = initial(cell, task.inputs, study.settings.units, task.outputs, seed)
        weights["u"] = weights["u"] * EXPLODING
        runs = train(cell, task, gap, weights, seed, 0.003, 150, study.settings.batch, clip, traced=True)
        result[name] = {
            "norms": [float(f"{row[0]:.4g}") for row in runs.norms],
            "losses": [float(f"{row[0]:.4g}") for row in runs.losses],
        }
        study.log(f"U = {EXPLODING} I, {name}: gradient norms up to {max(r[0] for r in runs.norms):.3g}, last losses {np.mean([r[0] for r in runs.losses[-20:]]):.3g}")
    x, _ = task.batch(gap, SEQUENCES, torch.Generator().manual_seed(7))
    start = initial(cell, task.inputs, study.settings.units, task.outputs, seed)
    curves = norms(cell, {k: v[0] * (EXPLODING if k == "u" else 1) for k, v in start.items()}, x)["h"]
    result["h"] = [round(float(v), 3) for v in np.log10(np.maximum(curves, 1e-300)).mean(0)]
    return result
