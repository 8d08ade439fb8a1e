"""A TensorFlow Lite model's operators as an architecture. Not run by itself; export_tflite.py is the command, and says what
is read.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from .sluice_architecture import INPUT, Architecture, Array, Refused
from .tflite_files import Operator, TFLiteFile
from .tflite_lstm import LSTM
from .tflite_shapes import Shapes, reshaped, sliced

FUSED = {"NONE": None, "RELU": "relu", "TANH": "tanh"}
ARITHMETIC = ("ADD", "SUB", "MUL", "DIV")
FUNCTIONS: dict[str, Any] = {"TANH": "tanh", "LOGISTIC": "sigmoid", "RELU": "relu", "ELU": "elu"}


@dataclass
class Value:
    """Features of every step, of the one sequence.

    `axes` names each axis: T of the steps, F of the features, 1 of neither (a batch of one). Its steps may stand from the
    last to the first; `last` where it is that of the last step alone.
    """

    layer: str
    axes: str
    features: int
    steps: int | None
    is_reversed: bool = False
    last: bool = False

    @property
    def sizes(self) -> list[int | None]:
        return [{"1": 1, "T": self.steps, "F": self.features}[axis] for axis in self.axes]

    def feature_axis(self, axis: int) -> bool:
        return axis in (-1, len(self.axes) - 1) and self.axes[-1:] == "F"


class Exporter:
    def __init__(self, content: bytes):
        self.file = TFLiteFile(content)
        self.architecture = Architecture()
        self.values: dict[int, Value] = {}
        # Ids of words, and the axes that they stand on.
        self.ids: dict[int, Value] = {}
        self.weights: dict[int, Array] = {}
        self.shapes = Shapes()
        # Layers that read from the last step to the first, and those of them that give the state in which they end.
        self.backwards: set[str] = set()
        self.finals: set[str] = set()

    def run(self) -> Architecture:
        self.bind_input(self.file.inputs[0])
        for number, operator in enumerate(self.file.operators()):
            try:
                self.operator(operator, f"{number}.{operator.kind.lower()}")
            except Refused as refusal:
                raise Refused(f"operator {number} ({operator.kind}): {refusal}") from None
        if self.file.outputs[0] not in self.values:
            raise Refused("the output is not computed")
        output = self.sequence(self.file.outputs[0])
        if output.is_reversed:
            raise Refused("the output's steps stand in reverse order")
        if self.architecture.layers and output.layer != self.architecture.layers[-1]["name"]:
            raise Refused("the last layer is not the output")
        self.architecture.output = "last" if output.last else "sequence"
        return self.architecture

    def bind_input(self, index: int) -> None:
        tensor = self.file.tensor(index)
        is_ids, shape = tensor.kind in ("INT32", "INT64"), tensor.shape
        if not is_ids and tensor.kind != "FLOAT32":
            raise Refused("an input that is neither float32 nor integers")
        leading = shape if is_ids else shape[:-1]
        if len(leading) not in (1, 2) or (not is_ids and shape[-1] is None) or 0 in shape:
            raise Refused(f"an input of the shape {shape}; expected [1, time, features], or ids [1, time]")
        if len(leading) == 1:
            axes, steps = "T", leading[0]
        elif leading[1] == 1 and leading[0] != 1:
            axes, steps = "T1", leading[0]
        elif leading[0] in (1, None):
            axes, steps = "1T", leading[1]
        else:
            raise Refused(f"{leading[0]} sequences at once: an input of the shape {shape}")
        if is_ids:
            self.ids[index] = Value(INPUT, axes, 0, steps)
        else:
            self.architecture.input_size = shape[-1]
            self.values[index] = Value(INPUT, f"{axes}F", shape[-1], steps)

    # Tensors.

    def constant(self, index: int) -> Array | None:
        """The tensor's numbers, where they do not depend on the input."""
        if index < 0:
            return None
        return self.weights[index] if index in self.weights else self.file.data(index)

    def needed(self, index: int, *shape: int | None) -> Array:
        value = self.constant(index)
        if value is None:
            raise Refused("weights that are not constant")
        if value.ndim != len(shape) or any(s not in (None, n) for n, s in zip(value.shape, shape)):
            raise Refused(f"weights of the shape {list(value.shape)}; expected {list(shape)}")
        return value

    def integers(self, index: int) -> list[int]:
        value = self.constant(index)
        if value is None or value.dtype.kind != "i" or value.ndim > 1:
            raise Refused("an axis, index or shape that is not constant")
        return [int(n) for n in value.reshape(-1)]

    def sequence(self, index: int) -> Value:
        if index not in self.values:
            raise Refused("reads what is no sequence of features")
        value = self.values[index]
        if value.layer in self.finals and not value.last:
            raise Refused("reads both the sequence and the last step of a layer that reads backwards")
        return value

    def fused(self, operator: Operator) -> Any:
        name = self.file.name_of("ActivationFunctionType", operator.option("FusedActivationFunction"))
        if name not in FUSED:
            raise Refused(f"the fused activation {name}")
        return FUSED[name]

    # Operators.

    ARITIES = {
        "DEQUANTIZE": (1, 1), "CAST": (1, 1), "GATHER": (2, 2), "UNIDIRECTIONAL_SEQUENCE_LSTM": (20, 24), "FULLY_CONNECTED": (2, 3),
        "TRANSPOSE": (2, 2), "LEAKY_RELU": (1, 1), "RELU6": (1, 1), "SOFTMAX": (1, 1), "PRELU": (2, 2), "RESHAPE": (1, 2),
        "EXPAND_DIMS": (2, 2), "SQUEEZE": (1, 1), "STRIDED_SLICE": (4, 4), "SLICE": (3, 3), "REVERSE_V2": (2, 2), "SHAPE": (1, 1),
        "CONCATENATION": (1, 64), "PACK": (1, 64), "REDUCE_PROD": (2, 2),
    } | dict.fromkeys(ARITHMETIC, (2, 2)) | dict.fromkeys(FUNCTIONS, (1, 1))  # fmt: skip

    def operator(self, operator: Operator, name: str) -> None:
        kind, inputs, output = operator.kind, operator.inputs, operator.output
        if kind not in self.ARITIES:
            raise Refused("the operator is not supported")
        least, most = self.ARITIES[kind]
        if not least <= len(inputs) <= most or inputs[0] < 0:
            raise Refused(f"{len(inputs)} inputs; expected {least} to {most}")
        if kind == "DEQUANTIZE":
            value = self.constant(inputs[0])
            if value is None or value.dtype != np.float16:
                raise Refused("quantised weights")
            self.weights[output] = value.astype(np.float32)
        elif kind == "CAST" and inputs[0] in self.ids:
            self.ids[output] = self.ids[inputs[0]]
        elif kind == "GATHER" and inputs[1] in self.ids:
            self.values[output] = self.embedding(name, operator)
        elif kind == "SHAPE":
            value = self.ids.get(inputs[0]) or self.sequence(inputs[0])
            self.shapes.values[output] = self.shapes.of(value.sizes)
        elif any(index in self.shapes.values for index in inputs) and kind != "RESHAPE":
            self.shapes.compute(
                operator, output, [self.constant(i) if i not in self.shapes.values else None for i in inputs]
            )
        else:
            self.values[output] = self.computed(operator, name)

    def computed(self, operator: Operator, name: str) -> Value:
        kind, inputs = operator.kind, operator.inputs
        if kind == "CONCATENATION":
            return self.concatenation(name, operator, [self.sequence(i) for i in inputs])
        if kind in ARITHMETIC:
            return self.arithmetic(name, operator)
        x = self.sequence(inputs[0])
        if kind == "UNIDIRECTIONAL_SEQUENCE_LSTM":
            return LSTM(self, operator).value(name, x)
        if kind == "FULLY_CONNECTED":
            return self.dense(name, operator, x)
        if kind in FUNCTIONS:
            return self.activation(name, x, FUNCTIONS[kind])
        if kind == "LEAKY_RELU":
            return self.activation(name, x, {"function": "leaky_relu", "alpha": float(operator.option("Alpha"))})
        if kind == "RELU6":
            sixth = {"function": "hard_sigmoid", "alpha": 1 / 6, "beta": 0}
            return self.layer(name, "scale", self.activation(f"{name}.sixth", x, sixth), factor=6.0)
        if kind == "SOFTMAX":
            if operator.option("Beta") != 1 or not x.feature_axis(-1):
                raise Refused(f"beta {operator.option('Beta')}, or of other than the features")
            return self.activation(name, x, "softmax")
        if kind == "PRELU":
            slopes = self.constant(inputs[1])
            if slopes is None or slopes.ndim == 0 or slopes.size != slopes.shape[-1] or not x.feature_axis(-1):
                raise Refused("a slope for every step")
            return self.layer(name, "prelu", x, {"weight": slopes.reshape(-1)})
        if kind == "REVERSE_V2":
            at, axes = x.axes.find("T"), self.integers(inputs[1])
            if at < 0 or axes not in ([at], [at - len(x.axes)]):
                raise Refused("reverses other than the steps")
            return replace(x, is_reversed=not x.is_reversed)
        if kind in ("STRIDED_SLICE", "SLICE", "GATHER"):
            return self.slice(name, operator, x)
        return replace(x, axes=self.moved(operator, x))

    def moved(self, operator: Operator, x: Value) -> str:
        """The axes behind an operator that moves no number among the others of its step."""
        kind, inputs = operator.kind, operator.inputs
        if kind == "TRANSPOSE":
            order = self.integers(inputs[1])
            if sorted(order) != list(range(len(x.axes))):
                raise Refused(f"the axes {order} of {len(x.axes)}")
            return "".join(x.axes[i] for i in order)
        if kind == "EXPAND_DIMS":
            (axis, *others), count = self.integers(inputs[1]) or [99], len(x.axes) + 1
            if others or not -count <= axis < count:
                raise Refused(f"the axis {axis} of {count}")
            return x.axes[: axis % count] + "1" + x.axes[axis % count :]
        if kind == "SQUEEZE":
            options = operator.options
            axes = [] if options is None else self.file.numbers(options, "SqueezeDims")
            axes = [axis % len(x.axes) for axis in axes] or [i for i, n in enumerate(x.sizes) if n == 1]
            if any(x.axes[axis] != "1" for axis in axes):
                raise Refused(f"the axes {axes} of {x.sizes}")
            return "".join(axis for i, axis in enumerate(x.axes) if i not in axes)
        if kind != "RESHAPE":
            raise Refused("of what is no sequence of features")
        if len(inputs) > 1 and inputs[1] in self.shapes.values:
            return reshaped(x.axes, self.shapes.of(x.sizes), self.shapes.values[inputs[1]])
        if len(inputs) > 1 and inputs[1] >= 0:
            target = self.integers(inputs[1])
        else:
            target = [] if operator.options is None else self.file.numbers(operator.options, "NewShape")
        return reshaped(x.axes, self.shapes.of(x.sizes), self.shapes.of(target))

    def layer(self, name: str, kind: str, x: Value, arrays: dict[str, Array] | None = None, **options: Any) -> Value:
        return replace(x, layer=self.architecture.add(name, kind, [x.layer], arrays, **options))

    def activation(self, name: str, x: Value, function: Any) -> Value:
        return x if function is None else self.layer(name, "activation", x, activation=function)

    def dense(self, name: str, operator: Operator, x: Value) -> Value:
        if operator.option("WeightsFormat") != 0:
            raise Refused("shuffled weights")
        weight = self.needed(operator.inputs[1], None, None)
        if not x.feature_axis(-1) or x.features != weight.shape[1]:
            raise Refused(f"reads {weight.shape[1]} of features that lie {x.sizes}")
        arrays = {"weight": weight}
        if len(operator.inputs) > 2 and operator.inputs[2] >= 0:
            arrays["bias"] = self.needed(operator.inputs[2], weight.shape[0])
        function = self.fused(operator)
        y = self.layer(name, "dense", x, arrays, **({} if function is None else {"activation": function}))
        # Unless told to keep them, all axes but the last are one.
        is_kept = operator.option("KeepNumDims", False)
        return replace(y, features=weight.shape[0], axes=x.axes if is_kept else "TF" if "T" in x.axes else "1F")

    def embedding(self, name: str, operator: Operator) -> Value:
        ids, table = self.ids[operator.inputs[1]], self.needed(operator.inputs[0], None, None)
        if operator.option("Axis") != 0 or operator.option("BatchDims") != 0:
            raise Refused("ids along another axis than the rows")
        if self.architecture.layers:
            raise Refused("an embedding that does not stand first")
        self.architecture.input_size = table.shape[0]
        layer = self.architecture.add(name, "embedding", [INPUT], {"weight": table})
        return replace(ids, layer=layer, axes=f"{ids.axes}F", features=table.shape[1])

    def slice(self, name: str, operator: Operator, x: Value) -> Value:
        """The last step, or some of the features."""
        axes, cuts = sliced(operator, x.axes, x.sizes, self.integers)
        for axis, (start, count) in cuts.items():
            if axis == "F":
                x = replace(self.layer(name, "slice", x, start=start, count=count), features=count)
            elif (start, count) != (None, 1):
                raise Refused("takes other than the last step")
            else:
                x = self.last_step(x)
        return replace(x, axes=axes)

    def last_step(self, x: Value) -> Value:
        if x.is_reversed:
            # The last that a layer computes which reads backwards is the state in which it ends.
            if x.layer not in self.backwards or any(x.layer in layer["inputs"] for layer in self.architecture.layers):
                raise Refused("takes the first step")
            self.finals.add(x.layer)
            next(layer for layer in self.architecture.layers if layer["name"] == x.layer)["final_state"] = True
        return replace(x, last=True, is_reversed=False)

    def concatenation(self, name: str, operator: Operator, parts: list[Value]) -> Value:
        if self.fused(operator) is not None:
            raise Refused("a fused activation")
        if not parts[0].feature_axis(operator.option("Axis")):
            raise Refused(f"axis {operator.option('Axis')}; expected the features")
        return replace(self.joined(name, "concatenate", parts), features=sum(part.features for part in parts))

    def joined(self, name: str, kind: str, parts: list[Value]) -> Value:
        first = parts[0]
        if any((p.axes, p.is_reversed, p.last) != (first.axes, first.is_reversed, first.last) for p in parts):
            raise Refused("parts whose axes or steps are not the same")
        return replace(first, layer=self.architecture.add(name, kind, [p.layer for p in parts]))

    def arithmetic(self, name: str, operator: Operator) -> Value:
        kind, (left, right), function = operator.kind, operator.inputs, self.fused(operator)
        end = name if function is None else f"{name}.sums"
        if left in self.values and right in self.values:
            x, y = self.sequence(left), self.sequence(right)
            if kind not in ("ADD", "SUB") or x.features != y.features:
                raise Refused("of two sequences")
            y = y if kind == "ADD" else self.layer(f"{name}.minus", "scale", y, factor=-1.0, summand=0.0)
            return self.activation(name, self.joined(end, "add", [x, y]), function)
        x = self.sequence(left if left in self.values else right)
        value = self.constant(right if left in self.values else left)
        return self.activation(name, self.affine(kind, end, x, value, left in self.values), function)

    def affine(self, kind: str, name: str, x: Value, value: Array | None, is_left: bool) -> Value:
        """The sum, difference, product or quotient of features and a number, or a number for each."""
        if value is None or value.dtype.kind != "f":
            raise Refused("of what is neither a sequence nor constant")
        if value.size not in (1, x.features) or value.ndim > 1 and value.size != value.shape[-1] or not x.feature_axis(-1):
            raise Refused(f"a constant of the shape {list(value.shape)}")
        value = value.reshape(-1).astype(np.float32)
        if kind == "DIV" and (not is_left or not value.all()):
            raise Refused("divides by a sequence, or by zero")
        one, zero = np.ones_like(value), np.zeros_like(value)
        factor, summand = {
            "ADD": lambda: (one, value), "SUB": lambda: (one, -value) if is_left else (-one, value), "MUL": lambda: (value, zero),
            "DIV": lambda: (one / value, zero),
        }[kind]()  # fmt: skip
        if value.size == 1:
            return self.layer(name, "scale", x, factor=float(factor[0]), summand=float(summand[0]))
        arrays = {"weight": factor, "bias": summand, "running_mean": zero, "running_var": one}
        return self.layer(name, "batchnorm", x, arrays, epsilon=0)


def architecture_of(path: str | Path) -> Architecture:
    """The architecture and tensors of a model. Raises Refused for what is not supported, by its name."""
    try:
        return Exporter(Path(path).read_bytes()).run()
    except OSError as error:
        raise Refused(str(error)) from error
