"""Models that are made by their trainers as a user makes them. Not run by itself; rows.py imports it.

A script of trainers/ writes each as its project saves it, beside NAME.x.npy, what it reads, and NAME.y.npy, what the
project's own code gives for that.
"""

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np

import environments

TRAINERS = Path(__file__).resolve().parent / "trainers"


def made(pin: str, file: str) -> Callable[[Path], Path]:
    """The file, below what the script of the package's name wrote."""

    def source(folder: Path) -> Path:
        target = folder / f"{pin}.models"
        script = TRAINERS / f"train_{pin.partition('==')[0].replace('-', '_')}.py"
        done = target / "done"
        if not done.exists() or done.stat().st_mtime < script.stat().st_mtime:
            target.mkdir(exist_ok=True)
            binary = environments.python(folder, pin).absolute()
            # What it says is kept for when it fails.
            with open(target / "log", "w") as log:
                subprocess.run([str(binary), str(script)], check=True, stdout=log, stderr=log, cwd=target)
            done.touch()
        return target / file

    return source


def given(source: Path) -> np.ndarray:
    return np.load(beside(source, "x"))


def expected(source: Path, x: np.ndarray) -> np.ndarray:
    return np.load(beside(source, "y"))


def beside(source: Path, what: str) -> Path:
    name = source.name.partition(":")[0]
    return source.with_name(f"{name.rpartition('.')[0]}.{what}.npy")
