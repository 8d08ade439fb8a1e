"""The fused LSTM of TensorFlow Lite as a layer of an architecture. Not run by itself; tflite_exporter.py imports it."""

from dataclasses import replace
from typing import Any

import numpy as np

from .sluice_architecture import Array, Refused
from .tflite_files import Operator

# Inputs of UNIDIRECTIONAL_SEQUENCE_LSTM; W, U and biases stand in the order i, f, g, o.
W, U, PEEPHOLES, BIASES = slice(1, 5), slice(5, 9), slice(9, 12), slice(12, 16)
PROJECTION, PROJECTION_BIAS, STATES, NORMS = 16, 17, slice(18, 20), slice(20, 24)


class LSTM:
    def __init__(self, exporter: Any, operator: Operator):
        self.exporter, self.operator = exporter, operator
        self.inputs = operator.inputs + [-1] * (24 - len(operator.inputs))

    def value(self, name: str, x: Any) -> Any:
        """Adds the layer, and returns its output."""
        self.check(x)
        hidden = self.weight(self.inputs[2], None, None).shape[0]
        projection = self.projection(hidden)
        out = hidden if projection is None else projection.shape[0]
        arrays = {
            "weight_ih_l0": self.rows(W, hidden, x.features), "weight_hh_l0": self.rows(U, hidden, out),
            "bias_ih_l0": self.rows(BIASES, hidden), "bias_hh_l0": np.zeros(4 * hidden, np.float32),
        }  # fmt: skip
        options: dict[str, Any] = {}
        if projection is not None:
            arrays["weight_hr_l0"] = projection
            options["projection"] = out
        options |= self.clips(projection is not None)
        if x.is_reversed:
            options["reverse"] = True
        layer = self.exporter.architecture.add(name, "lstm", [x.layer], arrays, **options)
        if x.is_reversed:
            self.exporter.backwards.add(layer)
        return replace(x, layer=layer, features=out)

    def check(self, x: Any) -> None:
        name = self.exporter.file.name_of("ActivationFunctionType", self.operator.option("FusedActivationFunction"))
        if name != "TANH":
            raise Refused("an activation other than tanh")
        if x.last:
            raise Refused("reads the last step alone")
        axes = "T1F" if self.operator.option("TimeMajor", False) else "1TF"
        if x.axes != axes and not (sorted(x.axes) == sorted(axes) and x.axes[-1] == "F" and x.steps == 1):
            raise Refused(f"reads {x.sizes} as if its axes were {', '.join(axes)}: several sequences at once")
        if self.inputs[1] < 0:
            raise Refused("CIFG, coupled input and forget gates")
        if any(index >= 0 for index in self.inputs[PEEPHOLES]):
            raise Refused("peepholes")
        if any(index >= 0 for index in self.inputs[NORMS]):
            raise Refused("layer norm within the cell")
        for index in self.inputs[STATES]:
            value = self.exporter.constant(index)
            if value is not None and np.any(value):
                raise Refused("an initial state other than zero")

    def rows(self, which: slice, *shape: int) -> Array:
        return np.concatenate([self.weight(index, *shape) for index in self.inputs[which]])

    def weight(self, index: int, *shape: int | None) -> Array:
        """TensorFlow's converter may make one variable of weights that are all zero and of the state that starts from
        zero, for one unit; TensorFlow Lite then overwrites the weights as it runs, which the network that was converted
        does not.
        """
        is_state = index >= 0 and index in self.inputs[STATES] and index not in self.exporter.values
        if not is_state or self.exporter.constant(index) is not None:
            return self.exporter.needed(index, *shape)
        sizes = self.exporter.file.tensor(index).shape
        if len(sizes) != len(shape) or any(n is None or s not in (None, n) for n, s in zip(sizes, shape)):
            raise Refused(f"weights of the shape {sizes}; expected {list(shape)}")
        note = "weights that share the variable of a state are read as zeros, with which it starts"
        if note not in self.exporter.architecture.notes:
            self.exporter.architecture.notes.append(note)
        return np.zeros(sizes, np.float32)

    def projection(self, hidden: int) -> Array | None:
        if self.inputs[PROJECTION_BIAS] >= 0:
            bias = self.exporter.constant(self.inputs[PROJECTION_BIAS])
            if bias is None or np.any(bias):
                raise Refused("a bias of the projection")
        if self.inputs[PROJECTION] < 0:
            return None
        return self.exporter.needed(self.inputs[PROJECTION], None, hidden)

    def clips(self, is_projected: bool) -> dict[str, float]:
        """What the cell state and the projected output are limited to; a limit that is not positive is none."""
        found = {"cell_clip": self.operator.option("CellClip"), "projection_clip": self.operator.option("ProjClip")}
        for key, value in found.items():
            if not np.isfinite(value):
                raise Refused(f"{key} {value}")
        return {key: float(value) for key, value in found.items() if value > 0 and (key == "cell_clip" or is_projected)}
