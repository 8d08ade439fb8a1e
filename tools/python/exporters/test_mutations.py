"""Tests of the exporters on inputs that nobody wrote on purpose: exported, or refused by name, and never another error.

The seeds are fixed. Files of HDF5 are not mutated by bytes: what reads them is a C library, which is not tested here.
"""

import copy
import io
import json
import random
import sys
import tempfile
import unittest
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

FOLDER = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(FOLDER), str(FOLDER / "fixtures")]

import export_keras
import export_torch
from exporters.keras_files import KerasFile
from exporters.sluice_architecture import Architecture, Refused

FIXTURES = FOLDER.parents[1] / "Tests/Fixtures"


def outcomes(count: int, export: Callable[[], Architecture]) -> Counter[str]:
    found: Counter[str] = Counter()
    for _ in range(count):
        try:
            export().bytes()
            found["exported"] += 1
        except Refused as refusal:
            assert str(refusal) and len(str(refusal)) < 2000
            found["refused"] += 1
    return found


class KerasMutations(unittest.TestCase):
    VALUES = [
        None,
        True,
        False,
        0,
        -1,
        1,
        2,
        3,
        1e999,
        -1.5,
        "",
        "lstm",
        "Dense",
        "tanh",
        "hard_sigmoid",
        [],
        {},
        [[]],
        [None],
        [1, 2],
        ["in", 0, 0],
        {"class_name": "LSTM", "config": {}},
        2**63,
        "x" * 100,
        "\ud800",
        "\u202e",
        {"config": "relu"},
        "input",
    ]

    def setUp(self) -> None:
        self.random = random.Random(12)

    def paths(self, node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        parts = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        return [path] * bool(path) + [found for key, part in parts for found in self.paths(part, (*path, key))]

    def mutated(self, config: Any) -> Any:
        config = json.loads(json.dumps(config))
        for _ in range(self.random.choice([1, 1, 2, 4])):
            *path, last = self.random.choice(self.paths(config) or [(0,)])
            node = config
            for key in path:
                node = node[key]
            if not isinstance(node, dict | list) or not node:
                continue
            if self.random.random() < 0.25:
                del node[last]
            else:
                node[last] = copy.deepcopy(self.random.choice(self.VALUES))
        return config

    def base(self, layers: list[tuple[str, dict[str, Any], list[tuple[int, ...]]]]) -> tuple[Any, bytes]:
        """A chain of layers, as a functional model, and their weights."""
        found, before, content = [], "in", io.BytesIO()
        found.append(
            {
                "class_name": "InputLayer",
                "name": "in",
                "config": {"batch_shape": [None, 5, 4], "name": "in"},
                "inbound_nodes": [],
            }
        )
        with h5py.File(content, "w") as file:
            for kind, options, shapes in layers:
                name = KerasFile.snake_case(kind)
                tensor = {
                    "class_name": "__keras_tensor__",
                    "config": {"shape": [None, 5, 4], "keras_history": [before, 0, 0]},
                }
                nodes = [{"args": [tensor], "kwargs": {"mask": None}}]
                found.append(
                    {
                        "module": "keras.layers",
                        "class_name": kind,
                        "name": name,
                        "inbound_nodes": nodes,
                        "config": {"name": name, "trainable": True} | options,
                    }
                )
                before, parts = name, ("forward_layer/cell", "backward_layer/cell") if kind == "Bidirectional" else ("",)
                for part in parts:
                    group = file.create_group(f"layers/{name}/{part}/vars")
                    for i, shape in enumerate(shapes):
                        group.create_dataset(str(i), data=np.full(shape, 0.5, np.float32))
        config = {"layers": found, "input_layers": [["in", 0, 0]], "output_layers": [[before, 0, 0]]}
        return {"class_name": "Functional", "config": config}, content.getvalue()

    def test_configurations(self) -> None:
        cell = {
            "units": 3,
            "activation": "tanh",
            "recurrent_activation": "sigmoid",
            "return_sequences": True,
            "use_bias": True,
        }
        inner = {"class_name": "GRU", "config": {"name": "g", **cell, "reset_after": True}}
        bases = [
            self.base(
                [
                    ("LSTM", cell | {"go_backwards": False}, [(4, 12), (3, 12), (12,)]),
                    ("Dense", {"units": 2, "activation": "softmax", "use_bias": True}, [(3, 2), (2,)]),
                ]
            ),
            self.base(
                [
                    (
                        "Conv1D",
                        {
                            "filters": 4,
                            "kernel_size": [2],
                            "strides": [1],
                            "padding": "causal",
                            "dilation_rate": [1],
                            "groups": 1,
                        },
                        [(2, 4, 4), (4,)],
                    ),
                    ("BatchNormalization", {"axis": -1, "epsilon": 0.001, "scale": True, "center": True}, [(4,)] * 4),
                    ("Bidirectional", {"layer": inner, "merge_mode": "concat"}, [(4, 9), (3, 9), (2, 9)]),
                    ("LeakyReLU", {"negative_slope": 0.5}, []),
                    ("Rescaling", {"scale": 0.5, "offset": 0.25}, []),
                ]
            ),
        ]
        for config, weights in bases:
            file = io.BytesIO()
            with zipfile.ZipFile(file, "w") as archive:
                archive.writestr("metadata.json", '{"keras_version": "3.5.0"}')
                archive.writestr("model.weights.h5", weights)
                archive.writestr("config.json", json.dumps(config))
            self.path = Path(self.enterContext(TemporaryFile()))
            self.path.write_bytes(file.getvalue())
            export_keras.architecture_of(self.path)

            def export(config: Any = config, weights: bytes = weights) -> Architecture:
                with zipfile.ZipFile(self.path, "w") as archive:
                    archive.writestr("metadata.json", '{"keras_version": "3.5.0"}')
                    archive.writestr("model.weights.h5", weights)
                    archive.writestr("config.json", json.dumps(self.mutated(config)))
                return export_keras.architecture_of(self.path)

            found = outcomes(1000, export)
            self.assertGreater(min(found["exported"], found["refused"]), 50, found)

    def test_archives(self) -> None:
        content = bytearray()
        config, weights = self.base([("Dense", {"units": 2}, [(4, 2), (2,)])])
        self.path = Path(self.enterContext(TemporaryFile()))
        with zipfile.ZipFile(self.path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("config.json", json.dumps(config))
            archive.writestr("metadata.json", '{"keras_version": "3.5.0"}')
            archive.writestr("model.weights.h5", weights)
        content = self.path.read_bytes()
        # The directory of the archive and the text members; a checksum guards the member of HDF5.
        places = [i for i in range(len(content)) if i < 1200 or i > len(content) - 300]

        def export() -> Architecture:
            changed = bytearray(content)
            for _ in range(self.random.choice([1, 2, 4])):
                changed[self.random.choice(places)] = self.random.randrange(256)
            self.path.write_bytes(changed)
            return export_keras.architecture_of(self.path)

        outcomes(500, export)


class TemporaryFile:
    """The path of a file in a folder that goes with it."""

    def __enter__(self) -> str:
        self.folder = tempfile.TemporaryDirectory()
        return f"{self.folder.name}/model.keras"

    def __exit__(self, *_: object) -> None:
        self.folder.cleanup()


class TFLiteMutations(unittest.TestCase):
    def setUp(self) -> None:
        try:
            from ai_edge_litert import schema_py_generated
        except ImportError as error:
            self.skipTest(str(error))
        import flatbuffers
        from exporters import tflite_exporter

        self.schema, self.flatbuffers, self.exporter = schema_py_generated, flatbuffers, tflite_exporter.Exporter
        self.random = random.Random(13)
        self.files = [path.read_bytes() for path in sorted(FIXTURES.glob("TensorFlow/*/source.tflite"))]
        self.assertGreater(len(self.files), 4)

    def test_bytes(self) -> None:
        numbers = [0, 1, 2, 64, 2**16, 2**31 - 1, 2**31, 2**32 - 1]

        def export() -> Architecture:
            content = bytearray(self.random.choice(self.files))
            for _ in range(self.random.choice([1, 1, 2, 4, 16])):
                at = self.random.randrange(8, len(content) - 4)
                if self.random.random() < 0.5:
                    content[at] = self.random.randrange(256)
                else:
                    at &= ~3
                    content[at : at + 4] = self.random.choice(numbers).to_bytes(4, "little")
            return self.exporter(
                bytes(content[: None if self.random.random() < 0.9 else self.random.randrange(8, len(content))])
            ).run()

        found = outcomes(1500, export)
        self.assertGreater(min(found["exported"], found["refused"]), 150, found)

    def test_graphs(self) -> None:
        """Files that are well made, of graphs that are not."""

        def export() -> Architecture:
            model = self.schema.ModelT.InitFromPackedBuf(self.random.choice(self.files), 0)
            graph = model.subgraphs[0]
            for _ in range(self.random.choice([1, 1, 2, 4])):
                self.mutate(model, graph, self.random.choice(graph.operators), self.random.choice(graph.tensors))
            builder = self.flatbuffers.Builder(1024)
            builder.Finish(model.Pack(builder), b"TFL3")
            return self.exporter(bytes(builder.Output())).run()

        found = outcomes(1500, export)
        self.assertGreater(min(found["exported"], found["refused"]), 100, found)

    def mutate(self, model: Any, graph: Any, operator: Any, tensor: Any) -> None:
        def kind() -> None:
            code = model.operatorCodes[operator.opcodeIndex]
            code.builtinCode = code.deprecatedBuiltinCode = self.random.choice(
                [getattr(self.schema.BuiltinOperator, name) for name in self.exporter.ARITIES]
            )

        def wire() -> None:
            operator.inputs = list(operator.inputs) or [0]
            operator.inputs[self.random.randrange(len(operator.inputs))] = self.random.randrange(-1, len(graph.tensors) + 1)

        def drop() -> None:
            operator.inputs = list(operator.inputs)[: self.random.randrange(len(operator.inputs) + 1)]

        def shape() -> None:
            tensor.shape = [self.random.choice([-1, 0, 1, 2, 3, 4, 6, 2**31 - 1]) for _ in range(self.random.randrange(5))]
            tensor.shapeSignature = None

        def options() -> None:
            names = list(vars(operator.builtinOptions)) if operator.builtinOptions is not None else []
            for name in names:
                value = getattr(operator.builtinOptions, name)
                if isinstance(value, int | float) and self.random.random() < 0.5:
                    usual = [-1, 0, 1, 2, 7] if isinstance(value, int) else [-1.0, 0.0, 0.5, float("nan"), float("inf")]
                    setattr(
                        operator.builtinOptions,
                        name,
                        bool(self.random.randrange(2)) if isinstance(value, bool) else self.random.choice(usual),
                    )

        def swap() -> None:
            operator.builtinOptions, operator.builtinOptionsType = (
                self.schema.SoftmaxOptionsT(),
                self.schema.BuiltinOptions.SoftmaxOptions,
            )

        def data() -> None:
            values = np.array([self.random.choice([-3, -1, 0, 1, 2, 5])] * self.random.randrange(1, 5), np.int32)
            model.buffers[tensor.buffer].data = np.frombuffer(values.tobytes(), np.uint8)
            tensor.type, tensor.shape = self.schema.TensorType.INT32, [len(values)]

        def order() -> None:
            self.random.shuffle(graph.operators)

        try:
            self.random.choice([kind, wire, wire, drop, shape, options, options, swap, data, order])()
        except (AttributeError, TypeError):
            pass  # an option that this version's writer does not let be so


class TorchMutations(unittest.TestCase):
    """Forwards of random calls, with arguments that are often wrong."""

    def test_forwards(self) -> None:
        chance = random.Random(14)
        modules = {
            "lstm": nn.LSTM(3, 3, batch_first=True),
            "gru": nn.GRU(3, 3),
            "both": nn.GRU(3, 3, bidirectional=True),
            "fc": nn.Linear(3, 3),
            "conv": nn.Conv1d(3, 3, 2, padding=1),
            "norm": nn.BatchNorm1d(3),
            "layer": nn.LayerNorm(3),
            "act": nn.SELU(),
            "prelu": nn.PReLU(3),
            "soft": nn.Softmax(-1),
            "pad": nn.ZeroPad1d((1, 0)),
            "tanh": nn.Tanh(),
            "embed": nn.Embedding(3, 3),
            "clip": nn.Hardtanh(-1, 1),
            "input": nn.Linear(3, 3),
        }
        for module in modules.values():
            module.eval()

        def some(*values: Any) -> Any:
            return chance.choice(values)

        def index() -> Any:
            one = lambda: some(
                -1, 0, 1, None, Ellipsis, slice(None), slice(-1, None), slice(0, 2), slice(1, -1), slice(None, -1)
            )  # noqa: E731
            return some(
                one(), (one(), one()), (slice(None), one()), (slice(None), slice(None), one()), (one(), one(), one(), one())
            )

        calls: list[Callable[[Any, Any, Any], Any]] = [
            *[lambda m, x, y, n=name: getattr(m, n)(x) for name in modules],
            lambda m, x, y: m.fc(input=x),
            lambda m, x, y: m.lstm(x, y),
            lambda m, x, y: x[index()],
            lambda m, x, y: x[0],
            lambda m, x, y: x[1],
            lambda m, x, y: x + some(0, 2, y, m.c, -1.5),
            lambda m, x, y: some(0, 2, y, m.c) - x,
            lambda m, x, y: x * some(0, 2, y, m.c),
            lambda m, x, y: x / some(0, 2, y, m.c),
            lambda m, x, y: torch.cat([x, y], some(-1, 0, 1, 2, 7)),
            lambda m, x, y: torch.cat(tensors=(x, y), dim=-1),
            lambda m, x, y: torch.cat((x[-2], x[-1]), 1),
            lambda m, x, y: torch.cat(x),
            lambda m, x, y: F.pad(x, some((1, 0), 1, (0, 0, 1, 0), ())),
            lambda m, x, y: x.transpose(some(0, 1, 5), some(1, 2, -1)),
            lambda m, x, y: x.permute(some((0, 2, 1), (1, 0, 2), (0, 0, 0), (1,))),
            lambda m, x, y: torch.transpose(x, dim0=1, dim1=2),
            lambda m, x, y: F.softmax(x, dim=some(-1, 1, 9)),
            lambda m, x, y: F.softmax(x),
            lambda m, x, y: F.leaky_relu(x, some(0.1, y)),
            lambda m, x, y: F.elu(x, alpha=some(0.5, "a")),
            lambda m, x, y: F.dropout(x),
            lambda m, x, y: F.dropout(x, 0.5, False),
            lambda m, x, y: x.squeeze(some(0, 1)),
            lambda m, x, y: torch.relu(input=x),
            lambda m, x, y: torch.add(x, y, alpha=2),
            lambda m, x, y: x.mean(1),
            lambda m, x, y: x.view(-1, 3),
            lambda m, x, y: (x, y),
            lambda m, x, y: [x, {"a": y}],
            lambda m, x, y: {"a": x},
            lambda m, x, y: (),
            lambda m, x, y: None,
            lambda m, x, y: x.float(),
        ]

        class Random(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                for name, module in modules.items():
                    setattr(self, name, module)
                self.register_buffer("c", some(torch.ones(3), torch.tensor(0.0), torch.ones(1, 1, 3), torch.ones(2, 2)))

            def forward(self, x: torch.Tensor) -> Any:
                found = [x]
                for _ in range(chance.randrange(1, 6)):
                    found.append(chance.choice(calls)(self, chance.choice(found[-2:]), chance.choice(found)))
                return found[-1]

        found = outcomes(1000, lambda: export_torch.architecture_of(Random(), some(True, False)))
        self.assertGreater(min(found["exported"], found["refused"]), 50, found)


if __name__ == "__main__":
    unittest.main()
