"""The rows to run, as SluiceBench names them, and weights that are the same for every library."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

STREAMS = 64
GATES = {"lstm": 4, "gru": 3}


@dataclass(frozen=True)
class Shape:
    """One row: a cell, its sizes, and the steps and streams of one call."""

    id: str
    cell: str
    inputs: int
    hidden: int
    steps: int = 1
    streams: int = 1

    @property
    def unit_calls(self) -> int:
        """How many units (steps of one stream) one call is."""
        return self.steps * self.streams

    def weights(self) -> dict[str, np.ndarray]:
        """W [G*H, I], U [G*H, H], b and c [G*H], gates in PyTorch's order (i f g o; r z n)."""
        random = np.random.default_rng(self.inputs * 4096 + self.hidden)
        bound = 1 / np.sqrt(self.hidden)
        rows = GATES[self.cell] * self.hidden
        sizes = {"W": (rows, self.inputs), "U": (rows, self.hidden), "b": (rows,), "c": (rows,)}
        return {name: random.uniform(-bound, bound, size).astype(np.float32) for name, size in sizes.items()}

    def input(self) -> np.ndarray:
        """x [T, B, I]."""
        random = np.random.default_rng(1)
        return random.uniform(-1, 1, (self.steps, self.streams, self.inputs)).astype(np.float32)


def read_shapes(path: Path) -> list[Shape]:
    """The f32 rows of LSTM and GRU in SluiceBench's JSON: its int8 rows have the same shapes."""
    shapes = []
    for row in json.loads(path.read_text())["rows"]:
        if row["cell"] not in GATES or row["storage"] != "f32" or row["grade"] != "exact":
            continue
        mode = re.fullmatch(r"(step|block|streams)(\d*)", row["mode"])
        if not mode:
            continue
        count = int(mode[2] or 1)
        steps, streams = (count, 1) if mode[1] == "block" else (1, count)
        shapes.append(Shape(row["id"], row["cell"], row["inputs"], row["hidden"], steps, streams))
    return shapes
