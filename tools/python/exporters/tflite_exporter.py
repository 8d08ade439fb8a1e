"""A TensorFlow Lite model's operators as an architecture. Not run by itself; export_tflite.py is the command, and says what
is read.
"""

from pathlib import Path
from typing import Any

import numpy as np

from sluice_architecture import INPUT, Architecture, Array, Refused

ACTIVATIONS = {"NONE": None, "RELU": "relu", "TANH": "tanh"}
ARITHMETIC = ("ADD", "SUB", "MUL", "DIV")
FUNCTIONS: dict[str, Any] = {"TANH": "tanh", "LOGISTIC": "sigmoid", "RELU": "relu", "ELU": "elu"}
# Inputs of UNIDIRECTIONAL_SEQUENCE_LSTM.
GATES = "ifgo"
PEEPHOLES, PROJECTION, PROJECTION_BIAS, STATES, NORMS = (9, 10, 11), 16, 17, (18, 19), (20, 21, 22, 23)


def schema() -> Any:
    try:
        from ai_edge_litert import schema_py_generated
    except ImportError as error:
        raise Refused("the schema is missing: pip install ai-edge-litert flatbuffers") from error
    return schema_py_generated


class Exporter:
    def __init__(self, content: bytes):
        if content[4:8] != b"TFL3":
            raise Refused("not a TensorFlow Lite file")
        self.schema = schema()
        try:
            self.model = self.schema.ModelT.InitFromPackedBuf(content, 0)
        except Exception as error:  # whatever the generated reader raises on a damaged file
            raise Refused(f"cannot be read: {error}") from error
        self.architecture = Architecture()

    def name_of(self, enumeration: str, value: int) -> str:
        names = vars(getattr(self.schema, enumeration))
        return next((name for name, number in names.items() if number == value), str(value))

    def run(self) -> Architecture:
        if len(self.model.subgraphs) != 1:
            raise Refused(f"{len(self.model.subgraphs)} graphs; expected one (loops are graphs of their own)")
        self.graph = self.model.subgraphs[0]
        inputs, outputs = list(self.graph.inputs), list(self.graph.outputs)
        if len(inputs) != 1 or len(outputs) != 1:
            raise Refused(f"{len(inputs)} inputs and {len(outputs)} outputs; expected one of each")
        shape = list(self.graph.tensors[inputs[0]].shape)
        types = self.schema.TensorType
        self.ids = {inputs[0]} if self.graph.tensors[inputs[0]].type in (types.INT32, types.INT64) else set()
        if not self.ids and self.graph.tensors[inputs[0]].type != types.FLOAT32:
            raise Refused("an input that is neither float32 nor integers")
        if len(shape) not in (2, 3) or (self.ids and len(shape) != 2):
            raise Refused(f"an input of the shape {shape}; expected [batch, time, features], or ids [batch, time]")
        if not self.ids:
            self.architecture.input_size = int(shape[-1])
        self.values: dict[int, str] = {inputs[0]: INPUT}
        self.weights: dict[int, Array] = {}
        self.last: set[int] = set()
        for number, operator in enumerate(self.graph.operators or []):
            code = self.model.operatorCodes[operator.opcodeIndex]
            kind = self.name_of("BuiltinOperator", max(code.builtinCode, code.deprecatedBuiltinCode))
            try:
                self.operator(kind, f"{number}.{kind.lower()}", operator)
            except Refused as refusal:
                raise Refused(f"operator {number} ({kind}): {refusal}") from None
        if outputs[0] not in self.values:
            raise Refused("the output is not computed")
        if self.architecture.layers and self.values[outputs[0]] != self.architecture.layers[-1]["name"]:
            raise Refused("the last layer is not the output")
        self.architecture.output = "last" if outputs[0] in self.last else "sequence"
        return self.architecture

    def constant(self, index: int) -> Array | None:
        """The tensor's numbers, where it holds any."""
        if index in self.weights:
            return self.weights[index]
        tensor = self.graph.tensors[index]
        data = self.model.buffers[tensor.buffer].data
        if data is None or len(data) == 0:
            return None
        types = {"FLOAT32": np.float32, "FLOAT16": np.float16, "INT32": np.int32, "INT64": np.int64}
        kind = self.name_of("TensorType", tensor.type)
        if kind not in types:
            raise Refused(f"the tensor {tensor.name.decode()} is of type {kind}")
        shape = [] if tensor.shape is None else list(tensor.shape)
        values = np.frombuffer(np.asarray(data, np.uint8).tobytes(), types[kind])
        if values.size != int(np.prod(shape)):
            raise Refused(f"the tensor {tensor.name.decode()} has {values.size} numbers; expected the shape {shape}")
        return values.reshape(shape)

    def needed(self, index: int, *shape: int | None) -> Array:
        value = self.constant(index) if index >= 0 else None
        if value is None:
            raise Refused("weights that are not constant")
        if value.ndim != len(shape) or any(s not in (None, n) for n, s in zip(value.shape, shape)):
            raise Refused(f"weights of the shape {list(value.shape)}; expected {list(shape)}")
        return value

    def activation(self, value: int) -> Any:
        name = self.name_of("ActivationFunctionType", value)
        if name not in ACTIVATIONS:
            raise Refused(f"the fused activation {name}")
        return ACTIVATIONS[name]

    def operator(self, kind: str, name: str, operator: Any) -> None:
        inputs, output = list(operator.inputs), int(operator.outputs[0])
        if kind == "DEQUANTIZE":
            value = self.needed(inputs[0], *[None] * len(self.graph.tensors[inputs[0]].shape))
            if value.dtype != np.float16:
                raise Refused("quantised weights")
            self.weights[output] = value.astype(np.float32)
            return
        if kind == "CAST" and inputs[0] in self.ids:
            self.ids.add(output)
            return
        if kind == "GATHER" and inputs[1] in self.ids:
            return self.embedding(name, inputs, output, operator.builtinOptions)
        if kind in ARITHMETIC and inputs[0] not in self.values:
            inputs = inputs[::-1]
        x = self.values.get(inputs[0])
        if x is None or inputs[0] in self.ids:
            raise Refused("reads what is no sequence of features")
        options = operator.builtinOptions
        before, after = list(self.graph.tensors[inputs[0]].shape), list(self.graph.tensors[output].shape)
        if kind == "UNIDIRECTIONAL_SEQUENCE_LSTM":
            if inputs[0] in self.last:
                raise Refused("reads the last step alone")
            self.values[output] = self.lstm(name, x, inputs, options, before)
        elif kind == "FULLY_CONNECTED":
            if options.weightsFormat != 0:
                raise Refused("shuffled weights")
            weight = self.needed(inputs[1], None, None)
            if before[-1] != weight.shape[1]:
                raise Refused(f"reads {weight.shape[1]} of features that lie {before}")
            self.architecture.tensor(f"{name}.weight", weight)
            if len(inputs) > 2 and inputs[2] >= 0:
                self.architecture.tensor(f"{name}.bias", self.needed(inputs[2], weight.shape[0]))
            function = self.activation(options.fusedActivationFunction)
            extra = {} if function is None else {"activation": function}
            self.values[output] = self.architecture.add(name, "dense", [x], tensors=f"{name}.", **extra)
        elif kind in FUNCTIONS:
            self.values[output] = self.architecture.add(name, "activation", [x], activation=FUNCTIONS[kind])
        elif kind in ARITHMETIC:
            is_left = inputs[0] == operator.inputs[0]
            function = self.activation(options.fusedActivationFunction)
            self.values[output] = self.affine(kind, name, x, self.constant(inputs[1]), is_left, function)
        elif kind == "RELU6":
            shape = {"function": "hard_sigmoid", "alpha": 1 / 6, "beta": 0}
            shape = self.architecture.add(f"{name}.sixth", "activation", [x], activation=shape)
            self.values[output] = self.architecture.add(name, "scale", [shape], factor=6.0)
        elif kind == "TRANSPOSE":
            order = self.constant(inputs[1])
            if order is None or order.tolist() != [1, 0, 2] or 1 not in before[:2]:
                raise Refused(f"{before} to {after} moves the features, or several sequences")
            self.values[output] = x
        elif kind == "LEAKY_RELU":
            function = {"function": "leaky_relu", "alpha": options.alpha}
            self.values[output] = self.architecture.add(name, "activation", [x], activation=function)
        elif kind == "SOFTMAX":
            if options.beta != 1:
                raise Refused(f"beta {options.beta}")
            self.values[output] = self.architecture.add(name, "activation", [x], activation="softmax")
        elif kind == "PRELU":
            slopes = self.constant(inputs[1])
            if slopes is None or slopes.size != slopes.shape[-1]:
                raise Refused("a slope for every step")
            self.architecture.tensor(f"{name}.weight", slopes.reshape(-1))
            self.values[output] = self.architecture.add(name, "prelu", [x], tensors=f"{name}.")
        elif kind in ("RESHAPE", "EXPAND_DIMS", "SQUEEZE"):
            if before[-1] != after[-1]:
                raise Refused(f"{before} to {after} moves the features")
            self.values[output] = x
        elif kind in ("STRIDED_SLICE", "SLICE", "GATHER"):
            self.last_step(kind, inputs, before, after, options)
            self.values[output] = x
            self.last.add(output)
        else:
            raise Refused("the operator is not supported")
        if inputs[0] in self.last:
            self.last.add(output)

    def embedding(self, name: str, inputs: list[int], output: int, options: Any) -> None:
        table = self.needed(inputs[0], None, None)
        if options is not None and (options.axis != 0 or options.batchDims != 0):
            raise Refused("ids along another axis than the rows")
        if self.architecture.layers:
            raise Refused("an embedding that does not stand first")
        self.architecture.input_size = table.shape[0]
        self.architecture.tensor(f"{name}.weight", table)
        self.values[output] = self.architecture.add(name, "embedding", [INPUT], tensors=f"{name}.")

    def affine(self, kind: str, name: str, x: str, value: Array | None, is_left: bool, function: Any) -> str:
        """The sum, difference, product or quotient of features and a number, or a number for each."""
        if value is None:
            raise Refused("of two sequences")
        if value.ndim > 1 and value.size != value.shape[-1]:
            raise Refused(f"a constant of the shape {list(value.shape)}")
        value = value.reshape(-1).astype(np.float32)
        if kind == "DIV" and not is_left:
            raise Refused("divides by a sequence")
        one, zero = np.ones_like(value), np.zeros_like(value)
        factor, summand = {
            "ADD": (one, value), "SUB": (one, -value) if is_left else (-one, value), "MUL": (value, zero),
            "DIV": (one / value, zero),
        }[kind]  # fmt: skip
        end = name if function is None else f"{name}.sums"
        if value.size == 1:
            y = self.architecture.add(end, "scale", [x], factor=float(factor[0]), summand=float(summand[0]))
        else:
            tensors = {"weight": factor, "bias": summand, "running_mean": zero, "running_var": one}
            for key, part in tensors.items():
                self.architecture.tensor(f"{end}.{key}", part)
            y = self.architecture.add(end, "batchnorm", [x], tensors=f"{end}.", epsilon=0)
        return y if function is None else self.architecture.add(name, "activation", [y], activation=function)

    def last_step(self, kind: str, inputs: list[int], before: list[int], after: list[int], options: Any) -> None:
        """Throws unless the operator takes the last step, all of its features."""
        if len(before) != 3 or after[-1] != before[-1]:
            raise Refused(f"{before} to {after}; expected the last step")
        axis = 0 if self.time_major else 1
        if kind == "GATHER":
            indices = self.constant(inputs[1])
            fits = options.axis in (axis, axis - 3) and indices is not None and indices.size == 1
            fits = fits and int(indices.reshape(-1)[0]) in (before[axis] - 1, -1)
        else:
            begin = self.needed(inputs[1], 3)
            fits = int(begin[axis]) in (-1, before[axis] - 1) and all(begin[i] == 0 for i in (0, 1, 2) if i != axis)
            if kind == "STRIDED_SLICE":
                strides = self.needed(inputs[3], 3)
                fits = fits and all(s == 1 for s in strides) and options.ellipsisMask == 0 and options.newAxisMask == 0
                fits = fits and not options.beginMask & 1 << axis and options.shrinkAxisMask in (0, 1 << axis)
        if not fits:
            raise Refused("takes other than the last step")

    time_major = False

    def lstm(self, name: str, x: str, inputs: list[int], options: Any, shape: list[int]) -> str:
        inputs += [-1] * (24 - len(inputs))
        if self.name_of("ActivationFunctionType", options.fusedActivationFunction) != "TANH":
            raise Refused("an activation other than tanh")
        if options.cellClip or options.projClip:
            raise Refused("a clip")
        if inputs[1] < 0:
            raise Refused("CIFG, coupled input and forget gates")
        if any(inputs[i] >= 0 for i in PEEPHOLES):
            raise Refused("peepholes")
        if any(inputs[i] >= 0 for i in NORMS):
            raise Refused("layer norm within the cell")
        for state in STATES:
            value = self.constant(inputs[state]) if inputs[state] >= 0 else None
            if value is not None and np.any(value):
                raise Refused("an initial state other than zero")
        self.time_major = bool(options.timeMajor)
        batch = shape[1 if self.time_major else 0] if len(shape) == 3 else 1
        if batch != 1 and batch != -1:
            raise Refused(f"{batch} sequences at once")
        projection = self.constant(inputs[PROJECTION]) if inputs[PROJECTION] >= 0 else None
        if inputs[PROJECTION_BIAS] >= 0:
            bias = self.constant(inputs[PROJECTION_BIAS])
            if bias is None or np.any(bias):
                raise Refused("a bias of the projection")
        hidden = self.needed(inputs[2], None, None).shape[0]
        out = hidden if projection is None else projection.shape[0]
        tensors = {
            "weight_ih_l0": np.concatenate([self.needed(i, hidden, shape[-1]) for i in inputs[1:5]]),
            "weight_hh_l0": np.concatenate([self.needed(i, hidden, out) for i in inputs[5:9]]),
            "bias_ih_l0": np.concatenate([self.needed(i, hidden) for i in inputs[12:16]]),
        }
        tensors["bias_hh_l0"] = np.zeros_like(tensors["bias_ih_l0"])
        extra: dict[str, Any] = {}
        if projection is not None:
            tensors["weight_hr_l0"] = self.needed(inputs[PROJECTION], None, hidden)
            extra["projection"] = out
        for key, value in tensors.items():
            self.architecture.tensor(f"{name}.{key}", value)
        return self.architecture.add(name, "lstm", [x], tensors=f"{name}.", **extra)


def architecture_of(path: str | Path) -> Architecture:
    """The architecture and tensors of a model. Raises Refused for what is not supported, by its name."""
    try:
        return Exporter(Path(path).read_bytes()).run()
    except OSError as error:
        raise Refused(str(error)) from error
