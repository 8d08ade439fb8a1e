"""Trains runs that differ by their seed alone, at once.

Not run by itself. Adam (0.9, 0.999), every run's gradient clipped to a norm of 1. A run keeps the weights of its best
stretch of `CHECK` updates, judged by the accuracy in training; training ends before its updates are spent where every
seed answers nearly all rightly.
"""

import ctypes
import math
import time
from dataclasses import dataclass, field

import torch

from memory.cells import Cell, Weights
from memory.tasks import LEARNT, Task
from memory.unrolled import backward, forward

CHECK = 25
DONE = 0.99
CLIP = 1.0
JUDGED = 128  # sequences


def settle() -> None:
    """One thread; gradients that vanish are zero and not slow; what is freed is kept, and not asked for again page by page."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):  # glibc: M_MMAP_MAX, M_TRIM_THRESHOLD
        library.mallopt(-4, 0)
        library.mallopt(-1, 2**31 - 1)


@dataclass
class Runs:
    """Runs that are trained together, as lists with an entry a run."""

    seeds: list[int]
    best: Weights
    accuracy: list[float]
    learnt_at: list[int | None] = field(default_factory=list)
    norms: list[list[float]] = field(default_factory=list)  # of the gradient before clipping, every update
    losses: list[list[float]] = field(default_factory=list)
    updates: int = 0
    seconds: float = 0  # of the processor


def answers(weights: Weights, h: torch.Tensor) -> torch.Tensor:
    """What is read from h [K, runs, H, B]: [runs, K, B, outputs]."""
    steps, runs, units, batch = h.shape
    flat = h.permute(1, 0, 3, 2).reshape(runs, steps * batch, units)
    return torch.baddbmm(weights["a"].unsqueeze(1), flat, weights["v"]).view(runs, steps, batch, -1)


@torch.no_grad()
def judged(cell: Cell, weights: Weights, task: Task, x: torch.Tensor, asked: torch.Tensor) -> list[float]:
    """The accuracy of each run over x [T, B, inputs]."""
    runs = len(weights["u"])
    h = forward(cell, weights, x.transpose(1, 2).unsqueeze(1).expand(-1, runs, -1, -1)).h[-len(asked) :]
    return task.right(answers(weights, h), asked.expand(runs, *asked.shape)).tolist()


def gradients(cell: Cell, weights: Weights, task: Task, x: torch.Tensor, asked: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """x [T, runs, inputs, B], asked [runs, K, B]: losses, accuracies, and the gradients of all weights."""
    with torch.no_grad():
        tape = forward(cell, weights, x)
    top = tape.h[-asked.shape[1] :].detach().requires_grad_()
    read = {key: weights[key].detach().requires_grad_() for key in ("v", "a")}
    given = answers(read, top)
    losses = task.loss(given, asked)
    d_top, d_v, d_a = torch.autograd.grad(losses.sum(), (top, read["v"], read["a"]))
    with torch.no_grad():
        found = backward(cell, weights, tape, d_top) | {"v": d_v, "a": d_a}
        return losses.detach(), task.right(given, asked), found


def flattened(weights: Weights) -> tuple[torch.Tensor, Weights]:
    """All weights of a run in a row, [runs, n], and the weights as views of it: an update is then a few operators."""
    flat = torch.cat([value.flatten(1) for value in weights.values()], 1)
    views, at = {}, 0
    for key, value in weights.items():
        size = value[0].numel()
        views[key] = flat[:, at : at + size].view(value.shape)
        at += size
    return flat, views


def clipped(gradient: torch.Tensor, most: float | None) -> torch.Tensor:
    """Clips every run's gradient [runs, n] in place; one that is not finite becomes zero. The norms before."""
    norms = torch.linalg.vector_norm(gradient, dim=1)
    scale = torch.ones_like(norms) if most is None else (most / norms).clamp(max=1)
    whole = norms.isfinite()
    gradient.mul_(torch.where(whole, scale, torch.zeros_like(scale)).unsqueeze(1))
    if not bool(whole.all()):
        gradient.nan_to_num_(0, 0, 0)
    return norms


def train(
    cell: Cell,
    task: Task,
    gap: int,
    weights: Weights,
    seeds: list[int],
    rate: float,
    updates: int,
    batch: int,
    clip: float | None = CLIP,
    traced: bool = False,
    goes_on: bool = False,
) -> Runs:
    """Trains a run for each seed over one gap, from weights whose first axis is the seeds. Every cell sees the same data.

    Where it `goes_on` from a shorter gap, the weights that it begins with are judged first: nothing is done where they do.
    """
    began = time.process_time()
    flat, weights = flattened(weights)
    first, second = torch.zeros_like(flat), torch.zeros_like(flat)
    best_flat, best = flattened(weights)
    generator = torch.Generator().manual_seed(gap)
    runs = Runs(seeds, best, [-math.inf] * len(seeds), [None] * len(seeds))
    if goes_on:
        # What a shorter gap taught may do for this one, and is not to be unlearnt.
        x, asked = task.batch(gap, JUDGED, torch.Generator().manual_seed(gap + 1))
        runs.accuracy = judged(cell, weights, task, x, asked)
        runs.learnt_at = [0 if value >= LEARNT else None for value in runs.accuracy]
        if min(runs.accuracy) >= DONE:
            updates = 0
    recent = torch.zeros(len(seeds))
    for update in range(1, updates + 1):
        x, asked = task.batch(gap, batch * len(seeds), generator)
        x = x.view(len(x), len(seeds), batch, -1).transpose(2, 3)
        asked = asked.view(len(asked), len(seeds), batch).transpose(0, 1)
        losses, right, found = gradients(cell, weights, task, x, asked)
        recent += right
        gradient = torch.cat([found[key].flatten(1) for key in weights], 1)
        norms = clipped(gradient, clip)
        if traced:
            runs.norms.append(norms.tolist())
            runs.losses.append(losses.tolist())
        first.lerp_(gradient, 0.1)
        second.lerp_(gradient.square_(), 0.001)
        size = (second / (1 - 0.999**update)).sqrt_().add_(1e-8)
        flat.addcdiv_(first, size, value=-rate / (1 - 0.9**update))
        runs.updates = update
        if update % CHECK and update < updates:
            continue
        mean = recent / (update % CHECK or CHECK)
        recent.zero_()
        for run, value in enumerate(mean.tolist()):
            if value > runs.accuracy[run]:
                runs.accuracy[run] = value
                best_flat[run] = flat[run]
            if value >= LEARNT and runs.learnt_at[run] is None:
                runs.learnt_at[run] = update
        if min(runs.accuracy) >= DONE:
            break
    runs.seconds = time.process_time() - began
    return runs
