"""TensorFlow Lite models, made operator by operator, with LiteRT's outputs. make_exporter_cases.py imports it."""

import tempfile
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

from case_folder import Array, Case, ids, tensor
from export_tflite import architecture_of

TYPES = {"float32": schema.TensorType.FLOAT32, "float16": schema.TensorType.FLOAT16, "int32": schema.TensorType.INT32}


class Graph:
    """A model of one graph, its operators in order."""

    def __init__(self, seed: int):
        self.seed = seed
        self.model, self.graph = schema.ModelT(), schema.SubGraphT()
        self.model.version, self.model.subgraphs = 3, [self.graph]
        self.model.buffers, self.model.operatorCodes = [schema.BufferT()], []
        self.graph.tensors, self.graph.operators, self.graph.name = [], [], b"main"

    def tensor(self, shape: list[int], value: Array | None = None, variable: bool = False) -> int:
        one = schema.TensorT()
        one.name, one.shape = f"t{len(self.graph.tensors)}".encode(), shape
        one.type, one.buffer, one.isVariable = schema.TensorType.FLOAT32, 0, variable
        if value is not None:
            one.type, one.buffer = TYPES[value.dtype.name], len(self.model.buffers)
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(value.tobytes(), np.uint8)
            self.model.buffers.append(buffer)
        self.graph.tensors.append(one)
        return len(self.graph.tensors) - 1

    def weight(self, *shape: int) -> int:
        self.seed += 1
        return self.tensor(list(shape), tensor(self.seed, *shape, scale=0.4))

    def add(self, kind: str, inputs: list[int], shape: list[int], options: Any = None) -> int:
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, kind)
        code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), 1
        operator = schema.OperatorT()
        operator.opcodeIndex, operator.inputs = len(self.model.operatorCodes), inputs
        operator.outputs = [self.tensor(shape)]
        if options is not None:
            operator.builtinOptions = options
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, type(options).__name__[:-1])
        self.model.operatorCodes.append(code)
        self.graph.operators.append(operator)
        return operator.outputs[0]

    def lstm(self, x: int, steps: int, size: int, hidden: int, projection: int = 0) -> int:
        options = schema.UnidirectionalSequenceLSTMOptionsT()
        options.fusedActivationFunction = schema.ActivationFunctionType.TANH
        out = projection or hidden
        inputs = [x, *[self.weight(hidden, size) for _ in "ifgo"], *[self.weight(hidden, out) for _ in "ifgo"]]
        inputs += [-1] * 3 + [self.weight(hidden) for _ in "ifgo"]
        inputs += [self.weight(projection, hidden) if projection else -1, -1]
        inputs += [self.tensor([1, out], variable=True), self.tensor([1, hidden], variable=True), -1, -1, -1, -1]
        return self.add("UNIDIRECTIONAL_SEQUENCE_LSTM", inputs, [1, steps, out], options)

    def dense(self, x: int, shape: list[int], size: int, activation: str = "NONE", half: bool = False) -> int:
        options = schema.FullyConnectedOptionsT()
        options.fusedActivationFunction = getattr(schema.ActivationFunctionType, activation)
        options.keepNumDims = True
        weight = self.weight(shape[-1], size)
        if half:
            self.seed += 1
            value = tensor(self.seed, shape[-1], size, scale=0.4).astype(np.float16)
            weight = self.add("DEQUANTIZE", [self.tensor([shape[-1], size], value)], [shape[-1], size])
        return self.add("FULLY_CONNECTED", [x, weight, self.weight(shape[-1])], shape, options)

    def bytes(self, x: int, y: int) -> bytes:
        self.graph.inputs, self.graph.outputs = [x], [y]
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def run(model: bytes, x: Array) -> Array:
    interpreter = Interpreter(model_content=model)
    interpreter.allocate_tensors()
    interpreter.reset_all_variables()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x[np.newaxis])
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def tflite_cases() -> list[Case]:
    cases: list[Case] = []

    def add(name: str, model: bytes, x: Array) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.tflite"
            path.write_bytes(model)
            files = {"model.safetensors": architecture_of(path).bytes()}
        y = run(model, x)
        cases.append(Case(f"tflite_{name}", files, [x], [y[0] if y.ndim == 3 else y]))

    x = tensor(890900, 12, 3, scale=1)
    graph = Graph(890000)
    given = graph.tensor([1, 12, 3])
    y = graph.lstm(given, 12, 3, 7)
    y = graph.dense(y, [1, 12, 4], 7, "RELU")
    y = graph.add("LOGISTIC", [graph.dense(y, [1, 12, 2], 4, half=True)], [1, 12, 2])
    add("lstm_dense_half", graph.bytes(given, y), x)

    graph = Graph(891000)
    given = graph.tensor([1, 12, 3])
    y = graph.lstm(graph.lstm(given, 12, 3, 8, projection=5), 12, 5, 6)
    options = schema.StridedSliceOptionsT()
    options.beginMask = options.endMask = 5
    options.shrinkAxisMask = 2
    bounds = [graph.tensor([3], np.array(v, np.int32)) for v in ([0, -1, 0], [0, 0, 0], [1, 1, 1])]
    y = graph.add("STRIDED_SLICE", [y, *bounds], [1, 6], options)
    softmax = schema.SoftmaxOptionsT()
    softmax.beta = 1.0
    y = graph.add("SOFTMAX", [graph.dense(y, [1, 3], 6)], [1, 3], softmax)
    add("lstm_projection_last_softmax", graph.bytes(given, y), x)

    x = ids(892900, 9, 12).astype(np.int32)
    graph = Graph(892000)
    given = graph.tensor([1, 12])
    graph.graph.tensors[given].type = schema.TensorType.INT32
    gather = schema.GatherOptionsT()
    y = graph.add("GATHER", [graph.weight(9, 5), given], [1, 12, 5], gather)
    scale, shift = graph.weight(5), graph.tensor([], np.float32(0.5))
    y = graph.add("ADD", [shift, graph.add("MUL", [y, scale], [1, 12, 5], schema.MulOptionsT())], [1, 12, 5], schema.AddOptionsT())
    y = graph.add("RELU6", [graph.dense(graph.lstm(y, 12, 5, 6), [1, 12, 3], 6)], [1, 12, 3])
    add("embedding_scale_lstm", graph.bytes(given, y), x)
    return cases
