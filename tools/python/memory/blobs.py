"""Trained cells as ONNX graphs, and what the tool makes of them. Not run by itself."""

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from memory.cells import Cell, Weights

# ONNX's order of an operator's gates, by the letters of Cell.gates.
OPERATORS = {"h": ("RNN", "h"), "rzn": ("GRU", "zrn"), "gifo": ("LSTM", "iofg"), "gio": ("LSTM", "iofg")}


def write_onnx(cell: Cell, weights: Weights, run: int, path: Path) -> None:
    """One run's cell and what is read from it, over sequences: x [T, B, inputs], y [T, B, outputs]."""
    operator, order = OPERATORS[cell.gates]
    values = {key: value[run].numpy() for key, value in weights.items()}
    units, inputs, outputs = len(values["u"]), len(values["w"]), len(values["a"])

    def rows(matrix: np.ndarray) -> np.ndarray:
        """[n, gates x H] as ONNX has it, [1, gates x H, n]. Coupled gates have no f of their own: its rows are not read."""
        parts = dict(zip(cell.gates, np.split(matrix, len(cell.gates), axis=-1)))
        return np.concatenate([parts.get(gate, np.zeros_like(matrix[..., :units])).T for gate in order])[None]

    bias = rows(values["b"][None])[..., 0]
    hidden_bias = np.zeros_like(bias)
    if "n" in values:
        hidden_bias[:, -units:] = values["n"]
    constants = {
        "W": rows(values["w"]), "R": rows(values["u"]), "B": np.concatenate([bias, hidden_bias], axis=1),
        "axis": np.array([1], np.int64), "V": values["v"], "a": values["a"],
    }  # fmt: skip
    read = ["x", "W", "R", "B"]
    attributes: dict[str, Any] = {"hidden_size": units}
    if cell.name == "irnn":
        attributes["activations"] = ["Relu"]
    if cell.name == "gru":
        attributes["linear_before_reset"] = 1
    if cell.gates == "gio":
        attributes["input_forget"] = 1
    if "p" in values:  # i, f, o to i, o, f
        constants["P"] = values["p"][[0, 2, 1]].reshape(1, -1)
        read += ["", "", "", "P"]
    nodes = [
        helper.make_node(operator, read, ["directions"], name="cell", **attributes),
        helper.make_node("Squeeze", ["directions", "axis"], ["h"], name="squeeze"),
        helper.make_node("MatMul", ["h", "V"], ["product"], name="product"),
        helper.make_node("Add", ["product", "a"], ["y"], name="answer"),
    ]
    graph = helper.make_graph(
        nodes,
        cell.name,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["T", "B", inputs])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["T", "B", outputs])],
        [numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    onnx.save(model, path)


class Tool:
    """The program `sluice`, with a folder for what passes between it and this."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.path, self.folder = str(path.resolve()), folder

    def call(self, *words: str) -> Any:
        done = subprocess.run([self.path, *words], stdout=subprocess.PIPE, check=True)
        return json.loads(done.stdout) if "--json" in words else None

    def convert(self, source: Path, kind: str, calibration: np.ndarray) -> tuple[Path, dict[str, Any]]:
        """The blob, and what is said of it; `calibration` is [B, T, inputs]."""
        blob, data = self.folder / f"{source.stem}-{kind}.sluice", self.folder / "calibration.npy"
        np.save(data, np.ascontiguousarray(calibration, np.float32))
        words = ["convert", str(source), "-o", str(blob), "--type", kind, "--measure", "none", "--json"]
        return blob, self.call(*words, *(["--calibrate", str(data)] if kind != "f32" else []))

    def run(self, blob: Path, x: np.ndarray) -> np.ndarray | None:
        """x [B, T, inputs]: [B, T, outputs]; nil where a state without bounds has left the range of floats, which the tool refuses."""
        source, result = self.folder / "x.npy", self.folder / "y.npy"
        np.save(source, np.ascontiguousarray(x, np.float32))
        words = [self.path, "run", str(blob), "--input", str(source), "--output", str(result)]
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode == 1 and "output is" in done.stderr:
            return None
        if done.returncode:
            raise SystemExit(f"{' '.join(words)}: {done.stderr}")
        return np.load(result).reshape(*x.shape[:2], -1)

    def step(self, blob: Path, seconds: float) -> float:
        """Nanoseconds of a step, in a row."""
        return self.call("bench", str(blob), "--seconds", str(seconds), "--json")["nanoseconds"]["inARow"]
