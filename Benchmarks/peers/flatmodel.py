"""Writes LiteRT models straight into their FlatBuffers schema: TensorFlow is not needed."""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

TYPES = {np.dtype(np.float32): schema.TensorType.FLOAT32, np.dtype(np.int8): schema.TensorType.INT8,
         np.dtype(np.int32): schema.TensorType.INT32}


class FlatModel:
    """One subgraph, built tensor by tensor and operator by operator."""

    def __init__(self) -> None:
        self.graph = schema.SubGraphT()
        self.graph.tensors, self.graph.operators = [], []
        self.graph.inputs, self.graph.outputs = [], []
        self.model = schema.ModelT()
        self.model.version = 3
        self.model.operatorCodes, self.model.subgraphs = [], [self.graph]
        self.model.buffers = [schema.BufferT()]  # Buffer 0 stands for none.

    def tensor(self, name: str, shape: tuple[int, ...], data: np.ndarray | None = None,
               scales: np.ndarray | None = None, variable: bool = False) -> int:
        """A tensor, a constant where it has data, a state where it is variable. Its index."""
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.isVariable = name.encode(), list(shape), variable
        tensor.hasRank = True
        tensor.type, tensor.buffer = schema.TensorType.FLOAT32, 0
        if data is not None:
            tensor.type, tensor.buffer = TYPES[data.dtype], len(self.model.buffers)
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
            self.model.buffers.append(buffer)
        if scales is not None:
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale = scales.astype(np.float32)
            tensor.quantization.zeroPoint = np.zeros(len(scales), np.int64)
            tensor.quantization.quantizedDimension = 0
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def input(self, name: str, *shape: int) -> int:
        self.graph.inputs.append(self.tensor(name, shape))
        return self.graph.inputs[-1]

    def output(self, tensor: int) -> None:
        self.graph.outputs.append(tensor)

    def weights(self, name: str, data: np.ndarray, int8: bool, per_row: bool = True) -> int:
        """A constant matrix as it is, or as symmetric 8-bit integers with a scale per row or for all."""
        if not int8:
            return self.tensor(name, data.shape, data)
        largest = np.abs(data).max(axis=1, keepdims=True) if per_row else np.abs(data).max().reshape(1, 1)
        values = np.clip(np.round(data / largest * 127), -127, 127).astype(np.int8)
        return self.tensor(name, data.shape, values, scales=(largest / 127).ravel())

    def add(self, operator: str, inputs: list[int], shapes: list[tuple[int, ...]], version: int = 1,
            options: object = None) -> list[int]:
        """An operator; the indices of its outputs."""
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, operator)
        code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), version
        self.model.operatorCodes.append(code)
        node = schema.OperatorT()
        node.opcodeIndex = len(self.model.operatorCodes) - 1
        node.inputs = inputs
        node.outputs = [self.tensor(f"{operator}{node.opcodeIndex}_{i}", s) for i, s in enumerate(shapes)]
        if options is not None:
            node.builtinOptionsType = getattr(schema.BuiltinOptions, type(options).__name__[:-1])
            node.builtinOptions = options
        self.graph.operators.append(node)
        return node.outputs

    def bytes(self) -> bytes:
        builder = flatbuffers.Builder(1 << 20)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())
