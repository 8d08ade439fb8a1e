"""PyTorch's tutorials: their models through the exporter of modules, and through torch.onnx.export. Not run by itself; rows.py
imports it.
"""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from row import STEPS, Row, ids, noise
from runtimes import Array, at_once, stepped

TRAINERS = Path(__file__).resolve().parent / "trainers"


def built(name: str) -> Any:
    """The module that a function of trainers/tutorials.py builds."""
    sys.path.insert(0, str(TRAINERS))
    try:
        return getattr(importlib.import_module("tutorials_of_pytorch"), name)()
    finally:
        sys.path.pop(0)


def module(name: str, x: Array, shape: Callable[[Array], Array]) -> Row:
    """A module by export_torch.py; `shape` gives what it reads as the tutorial has it."""

    def expected(path: Path, x: Array) -> Array:
        import torch

        with torch.no_grad():
            found = built(name)(torch.from_numpy(shape(x))).numpy()
        return found.reshape(-1, found.shape[-1])

    source = TRAINERS / "tutorials_of_pytorch.py"
    return Row(f"PyTorch's tutorials {name}", lambda folder: Path(f"{source}:{name}"), x, expected)


def step(name: str, sizes: list[int]) -> Row:
    """A step that gives its state to the caller, as torch.onnx.export(dynamo=False) writes it; the last size is the state's."""

    def source(folder: Path) -> Path:
        import torch

        path = folder / f"{name}.onnx"
        inputs = tuple(torch.zeros(1, size) for size in sizes)
        names = [f"x{index}" for index in range(len(sizes) - 1)]
        torch.onnx.export(
            built(name), inputs, str(path), dynamo=False, opset_version=17, input_names=[*names, "hidden"],
            output_names=["output", "next_hidden"],
        )  # fmt: skip
        return path

    x = np.eye(sizes[0], dtype=np.float32)[ids(sizes[0])]
    return Row(f"PyTorch's tutorials {name} onnx", source, x, lambda path, x: stepped(path, x, {"next_hidden": "hidden"}))


def unrolled(name: str, steps: int) -> Row:
    """Cells called in a loop, as torch.onnx.export writes them: a copy for each of so many steps."""

    def source(folder: Path) -> Path:
        import torch

        path = folder / f"{name}.onnx"
        torch.onnx.export(built(name), (torch.zeros(1, steps),), str(path), dynamo=True, external_data=False, verbose=False)
        return path

    x = noise(steps, 1, scale=1)
    return Row(f"PyTorch's tutorials {name} onnx", source, x, lambda path, x: at_once(path, x.reshape(1, -1), []).reshape(-1, 1))


def tutorials() -> list[Row]:
    words = ids(1000)
    letters = np.eye(58, dtype=np.float32)[ids(58)]
    return [
        *(module(f"word_language_model_{kind}", words, lambda x: x[:, None]) for kind in ("lstm", "gru")),
        module("char_rnn_classification", letters, lambda x: x[:, None]), step("char_rnn_step", [57, 128]),
        module("seq2seq_encoder", words, lambda x: x[None]), module("sequence_tagger", ids(9), lambda x: x),
        module("text_classifier", words, lambda x: x[:, None]), module("air_passengers", noise(STEPS, 1), lambda x: x[None]),
        unrolled("time_sequence_prediction", 30),
    ]  # fmt: skip
