"""Reads what is asked for of a .tflite file, in which anything may stand anywhere. Not run by itself; tflite_exporter.py
imports it. Needs flatbuffers, and the schema of ai-edge-litert (or of the package tflite).
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from .sluice_architecture import Array, Refused, shown

# Of one operator, of the graph; TensorFlow's converter writes fewer for any network that can be exported.
MOST_TENSORS, MOST_OPERATORS, MOST_AXES = 64, 4096, 6
TYPES = {"FLOAT32": np.float32, "FLOAT16": np.float16, "INT32": np.int32, "INT64": np.int64}
# The tables of options that operators have, where they are read.
OPTIONS = {
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "UnidirectionalSequenceLSTMOptions", "FULLY_CONNECTED": "FullyConnectedOptions",
    "GATHER": "GatherOptions", "ADD": "AddOptions", "SUB": "SubOptions", "MUL": "MulOptions", "DIV": "DivOptions",
    "LEAKY_RELU": "LeakyReluOptions", "SOFTMAX": "SoftmaxOptions", "STRIDED_SLICE": "StridedSliceOptions",
    "CONCATENATION": "ConcatenationOptions", "PACK": "PackOptions", "RESHAPE": "ReshapeOptions", "SQUEEZE": "SqueezeOptions",
}  # fmt: skip


@dataclass
class Tensor:
    """`shape` has None where the length is open until the model runs."""

    name: str
    kind: str
    shape: list[int | None]
    has_data: bool


@dataclass
class Operator:
    kind: str
    inputs: list[int]
    output: int
    options: Any

    def option(self, name: str, default: Any = 0) -> Any:
        """The value of an option; its default where the operator has no options."""
        if self.options is None:
            return default
        with damage_as_refusal(f"the option {name}"):
            return getattr(self.options, name)()


@contextmanager
def damage_as_refusal(what: str) -> Iterator[None]:
    try:
        yield
    except Refused:
        raise
    except Exception as error:  # whatever the generated readers raise on a damaged file
        raise Refused(f"{what} cannot be read: {' '.join(str(error).split())[:200]}") from error


class TFLiteFile:
    """The one graph of a file: its tensors by number, and its operators in order."""

    def __init__(self, content: bytes):
        if content[4:8] != b"TFL3":
            raise Refused("not a TensorFlow Lite file")
        self.schema = schema()
        # Tensors may share a buffer, but no file has so much more weights than bytes.
        self.unread = 16 * len(content)
        self.tensors: dict[int, Tensor] = {}
        with damage_as_refusal("the file"):
            self.model = self.schema.Model.GetRootAs(content, 0)
            if self.model.SubgraphsLength() != 1:
                raise Refused(f"{self.model.SubgraphsLength()} graphs; expected one (loops are graphs of their own)")
            self.graph = self.model.Subgraphs(0)
            self.inputs = self.numbers(self.graph, "Inputs")
            self.outputs = self.numbers(self.graph, "Outputs")
            if len(self.inputs) != 1 or len(self.outputs) != 1 or min(self.inputs + self.outputs) < 0:
                raise Refused(f"{len(self.inputs)} inputs and {len(self.outputs)} outputs; expected one of each")
            if self.graph.OperatorsLength() > MOST_OPERATORS:
                raise Refused(f"{self.graph.OperatorsLength()} operators; expected at most {MOST_OPERATORS}")

    def operators(self) -> Iterator[Operator]:
        for number in range(self.graph.OperatorsLength()):
            with damage_as_refusal(f"operator {number}"):
                yield self.operator(number)

    def operator(self, number: int) -> Operator:
        found = self.graph.Operators(number)
        code = self.model.OperatorCodes(self.within(found.OpcodeIndex(), self.model.OperatorCodesLength(), "operator code"))
        kind = self.name_of("BuiltinOperator", max(code.BuiltinCode(), code.DeprecatedBuiltinCode()))
        inputs, outputs = self.numbers(found, "Inputs"), self.numbers(found, "Outputs")
        if len(outputs) != 1 or outputs[0] < 0:
            raise Refused(f"operator {number} ({kind}): {len(outputs)} outputs; expected one")
        return Operator(kind, inputs, outputs[0], self.options(kind, found))

    def options(self, kind: str, operator: Any) -> Any:
        name, table = OPTIONS.get(kind), operator.BuiltinOptions()
        if name is None or table is None:
            return None
        if self.name_of("BuiltinOptions", operator.BuiltinOptionsType()) != name:
            raise Refused(f"{kind} with the options of another operator")
        options = getattr(self.schema, name)()
        options.Init(table.Bytes, table.Pos)
        return options

    def tensor(self, index: int) -> Tensor:
        if index not in self.tensors:
            with damage_as_refusal(f"tensor {index}"):
                found = self.graph.Tensors(self.within(index, self.graph.TensorsLength(), "tensor"))
                sizes = self.numbers(found, "Shape", MOST_AXES)
                open_sizes = self.numbers(found, "ShapeSignature", MOST_AXES)
                if open_sizes and len(open_sizes) == len(sizes):
                    sizes = open_sizes
                if any(n < -1 for n in sizes):
                    raise Refused(f"tensor {index} has the shape {sizes}")
                if found.Sparsity() is not None:
                    raise Refused(f"tensor {index} is sparse")
                name, kind = (found.Name() or b"").decode(errors="replace"), self.name_of("TensorType", found.Type())
                shape = [None if n == -1 else n for n in sizes]
                self.tensors[index] = Tensor(name, kind, shape, self.buffer(found).DataLength() > 0)
        return self.tensors[index]

    def data(self, index: int) -> Array | None:
        """The tensor's numbers, where the file holds any."""
        tensor = self.tensor(index)
        if not tensor.has_data:
            return None
        if tensor.kind not in TYPES:
            raise Refused(f"the tensor {shown(tensor.name)} is of type {tensor.kind}; quantised weights are not supported")
        with damage_as_refusal(f"the tensor {shown(tensor.name)}"):
            found = self.buffer(self.graph.Tensors(index))
            self.unread -= found.DataLength()
            if self.unread < 0:
                raise Refused(f"the tensor {shown(tensor.name)} has more bytes than the file could hold")
            values = np.frombuffer(found.DataAsNumpy().tobytes(), TYPES[tensor.kind])
            if None in tensor.shape or values.size != math.prod(tensor.shape):
                raise Refused(
                    f"the tensor {shown(tensor.name)} has {values.size} numbers; expected the shape {tensor.shape}"
                )
            return values.reshape(tensor.shape)

    def buffer(self, tensor: Any) -> Any:
        return self.model.Buffers(self.within(tensor.Buffer(), self.model.BuffersLength(), "buffer"))

    @staticmethod
    def within(index: int, count: int, what: str) -> int:
        if not 0 <= index < count:
            raise Refused(f"{what} {index} of {count}")
        return index

    @staticmethod
    def numbers(table: Any, vector: str, most: int = MOST_TENSORS) -> list[int]:
        count = getattr(table, f"{vector}Length")()
        if count > most:
            raise Refused(f"{count} {vector.lower()}; expected at most {most}")
        return [int(getattr(table, vector)(i)) for i in range(count)]

    def name_of(self, enumeration: str, value: int) -> str:
        names = vars(getattr(self.schema, enumeration))
        return next((name for name, number in names.items() if number == value), str(value))


def schema() -> Any:
    try:
        from ai_edge_litert import schema_py_generated
    except ImportError as error:
        raise Refused("the schema is missing: pip install ai-edge-litert flatbuffers") from error
    return schema_py_generated
