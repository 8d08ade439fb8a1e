"""Tests of the exporters: what they refuse, by its name, and the one-command use. The fixtures test what they export.

Run:   python tools/python/exporters/test_exporters.py
Needs: numpy, torch, keras 3, h5py, safetensors; ai-edge-litert for TensorFlow Lite
"""

import json
import os
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import torch
import torch.nn.functional as F
from keras import layers
from torch import nn

import numpy as np

FOLDER = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(FOLDER), str(FOLDER / "fixtures")]

import export_keras
import export_tflite
import export_torch
from sluice_architecture import Refused


class Forward(nn.Module):
    """A module whose forward is the given function of itself and its input."""

    def __init__(self, forward: Any, **modules: nn.Module | nn.Parameter):
        super().__init__()
        self.function = forward
        for name, module in modules.items():
            setattr(self, name, module)

    def forward(self, x: torch.Tensor) -> Any:
        return self.function(self, x)


def architecture(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    return json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["sluice.architecture"])


class TorchTests(unittest.TestCase):
    def refuses(self, text: str, module: nn.Module, causal: bool = False) -> None:
        with self.assertRaisesRegex(Refused, text):
            export_torch.architecture_of(module, causal)

    def test_modules(self) -> None:
        lstm, linear = nn.LSTM(3, 4, batch_first=True), nn.Linear(4, 2)
        for text, layer in {
            "TransformerEncoderLayer": nn.TransformerEncoderLayer(4, 2),
            "GELU": nn.GELU(), "Conv2d": nn.Conv2d(1, 1, 1), "Bilinear": nn.Bilinear(4, 4, 1),
            "GRUCell": nn.GRUCell(4, 4), "LogSoftmax": nn.LogSoftmax(-1), "normalized_shape": nn.LayerNorm((3, 4)),
            "max_norm|embedding": nn.Embedding(4, 4, max_norm=1.0), "LPPool1d": nn.LPPool1d(2, 3),
        }.items():  # fmt: skip
            self.refuses(text, nn.Sequential(lstm, layer, linear))

    def test_convolutions(self) -> None:
        def one(*arguments: Any, **options: Any) -> nn.Module:
            return nn.Sequential(nn.Conv1d(3, 4, *arguments, **options))

        self.refuses("without its past", one(3))
        self.refuses("steps to come", one(3, padding="same"))
        self.refuses("steps to come", one(3, padding=1))
        self.refuses("stride", one(3, stride=2, padding=2))
        self.refuses("more steps come out", one(3, padding=2))
        self.refuses("padding_mode", one(3, padding=2, padding_mode="circular"))
        found = export_torch.architecture_of(one(3, dilation=2), causal=True).json()
        self.assertEqual(found["layers"][0]["dilation"], 2)

    def test_forwards(self) -> None:
        rnn, fc = nn.GRU(3, 4, batch_first=True), nn.Linear(4, 3)
        lstm, state = nn.LSTM(3, 4, batch_first=True), nn.Parameter(torch.ones(1, 1, 4))
        cases: dict[str, Any] = {
            "mul": lambda m, x: m.fc(m.rnn(x)[0]) * x,
            "cannot be traced": lambda m, x: m.fc(m.rnn(x)[0]) if x.sum() > 0 else x,
            "initial state": lambda m, x: m.fc(m.rnn(x, x)[0]),
            "LSTM with more than its input": lambda m, x: m.fc(m.lstm(x, (m.h, m.h))[0]),
            "LSTM with .* initial state": lambda m, x: m.fc(m.lstm(x, (m.h, None))[0]),
            r"\[1:3\] of axis 1": lambda m, x: m.fc(m.rnn(x)[0])[:, 1:3],
            "^method squeeze: of anything": lambda m, x: m.fc(m.rnn(x)[0]).squeeze(-1),
            "^function log_softmax: log_softmax is": lambda m, x: F.log_softmax(m.fc(m.rnn(x)[0]), -1),
            "more than one output": lambda m, x: (m.fc(m.rnn(x)[0]), x),
            "flip": lambda m, x: m.fc(m.rnn(x.flip(1))[0]),
            "mean": lambda m, x: m.fc(m.rnn(x)[0].mean(1)),
            "axis 0": lambda m, x: m.fc(m.rnn(x)[0])[0],
            "axis 1": lambda m, x: m.fc(m.rnn(x)[0])[:, 0],
            "h_n": lambda m, x: m.fc(m.rnn(x)[1][1]),
            "axis": lambda m, x: F.softmax(m.fc(m.rnn(x)[0]), dim=1),
            "behind the last step": lambda m, x: m.rnn(m.fc(m.rnn(x)[0][:, -1:])),
        }
        for text, forward in cases.items():
            with self.subTest(text):
                self.refuses(text, Forward(forward, rnn=rnn, fc=fc, lstm=lstm, h=state))
        self.refuses("only h_n", Forward(lambda m, x: m.r(x)[1][-1], r=nn.GRU(3, 4, bidirectional=True)))

    def test_the_command(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            model, out = Path(folder) / "model.py", Path(folder) / "model.safetensors"
            model.write_text("from torch import nn\ndef build():\n    return nn.Sequential(nn.LSTM(3, 4), nn.Linear(4, 1))\n")
            weights = Path(folder) / "weights.pt"
            torch.save(nn.Sequential(nn.LSTM(3, 4), nn.Linear(4, 1)).state_dict(), weights)
            command = [sys.executable, str(FOLDER / "export_torch.py"), f"{model}:build", str(out), "--weights", str(weights)]
            self.assertEqual(subprocess.run(command, check=False).returncode, 0)
            self.assertEqual([layer["type"] for layer in architecture(out)["layers"]], ["lstm", "dense"])
            out.unlink()
            command[2] = str(weights)
            refused = subprocess.run(command, check=False, capture_output=True, text=True)
            self.assertEqual(refused.returncode, 3)
            self.assertIn("pickled", refused.stderr)
            self.assertFalse(out.exists())
            torch.save(nn.Linear(4, 1).state_dict(), weights)
            command[2] = f"{model}:build"
            for change, status, text in (([], 3, "no state_dict of Sequential"), ([str(out / "no" / "where")], 1, "No such file")):
                changed = command[:3] + change if change else command
                refused = subprocess.run(changed, check=False, capture_output=True, text=True)
                self.assertEqual((refused.returncode, len(refused.stderr.splitlines())), (status, 1), refused.stderr)
                self.assertIn(text, refused.stderr)


class KerasTests(unittest.TestCase):
    def refuses(self, text: str, model: keras.Model) -> None:
        for suffix in (".keras", ".h5"):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / f"model{suffix}"
                model.save(path)
                with self.assertRaisesRegex(Refused, text):
                    export_keras.architecture_of(path)

    def test_layers(self) -> None:
        every = {"return_sequences": True}
        for text, layer in {
            "GlobalAveragePooling1D": layers.GlobalAveragePooling1D(), "Flatten": layers.Reshape((-1, 4), name="Flatten"),
            "MaxPooling1D": layers.MaxPooling1D(2), "go_backwards": layers.GRU(4, go_backwards=True, **every),
            "merge_mode": layers.Bidirectional(layers.GRU(4, **every), merge_mode="mul"),
            "return_sequences": layers.Bidirectional(layers.GRU(4)), "padding": layers.Conv1D(4, 3, padding="same"),
            "strides": layers.Conv1D(4, 3, strides=2, padding="causal"), "gelu": layers.Dense(4, "gelu"),
            "Masking": layers.Masking(), "shared_axes": layers.PReLU(), "max_value": layers.ReLU(max_value=6),
            "axis": layers.LayerNormalization(axis=1), "MultiHead|ConvLSTM|UpSampling": layers.UpSampling1D(2),
        }.items():  # fmt: skip
            with self.subTest(text):
                self.refuses(text, keras.Sequential([keras.Input((6, 4)), layer, layers.Dense(2)]))

    def test_graphs(self) -> None:
        x = keras.Input((None, 4))
        dense = layers.Dense(4)
        self.refuses("more than once", keras.Model(x, dense(dense(x))))
        self.refuses("one input or output|inputs", keras.Model([x, other := keras.Input((None, 4))], layers.Add()([x, other])))
        self.refuses("one input or output", keras.Model(x, [layers.Dense(2)(x), dense(x)]))
        state = keras.Input((4,))
        self.refuses("inputs|called with", keras.Model([x, state], layers.GRU(4)(x, initial_state=state)))
        words = keras.Input((None,))
        self.refuses("mask_zero", keras.Model(words, layers.LSTM(3)(layers.Embedding(5, 3, mask_zero=True)(words))))

    def test_the_command(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            model, out = Path(folder) / "model.keras", Path(folder) / "model.safetensors"
            keras.Sequential([keras.Input((None, 3)), layers.LSTM(4), layers.Dense(1)]).save(model)
            command = [sys.executable, str(FOLDER / "export_keras.py"), str(model), str(out)]
            self.assertEqual(subprocess.run(command, check=False).returncode, 0)
            self.assertEqual(architecture(out)["output"], "last")
            out.unlink()
            model.write_bytes(b"PK, but no archive")
            refused = subprocess.run(command, check=False, capture_output=True, text=True)
            self.assertEqual(refused.returncode, 3)
            self.assertIn("cannot be read", refused.stderr)
            self.assertFalse(out.exists())


class TFLiteTests(unittest.TestCase):
    def setUp(self) -> None:
        try:
            import tflite_cases
        except ImportError as error:
            self.skipTest(str(error))
        self.cases = tflite_cases

    def refuses(self, text: str, content: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.tflite"
            path.write_bytes(content)
            with self.assertRaisesRegex(Refused, text):
                export_tflite.architecture_of(path)

    def graph(self) -> tuple[Any, int, int]:
        graph = self.cases.Graph(1)
        x = graph.tensor([1, 5, 3])
        return graph, x, graph.lstm(x, 5, 3, 4)

    def test_operators(self) -> None:
        for kind in ("GELU", "CONV_2D", "WHILE", "TRANSPOSE", "MEAN", "HARD_SWISH"):
            graph, x, y = self.graph()
            self.refuses(kind, graph.bytes(x, graph.add(kind, [y], [1, 5, 4])))

    def test_options_of_the_cell(self) -> None:
        def with_option(change: Any) -> bytes:
            graph, x, y = self.graph()
            change(graph, graph.graph.operators[0])
            return graph.bytes(x, y)

        def clip(graph: Any, lstm: Any) -> None:
            lstm.builtinOptions.cellClip = 3.0

        def peepholes(graph: Any, lstm: Any) -> None:
            lstm.inputs[9:12] = [graph.weight(4) for _ in "ifo"]

        def coupled(graph: Any, lstm: Any) -> None:
            lstm.inputs[1] = -1

        def norms(graph: Any, lstm: Any) -> None:
            lstm.inputs[20:24] = [graph.weight(4) for _ in "ifgo"]

        for text, change in {"clip": clip, "peepholes": peepholes, "CIFG": coupled, "layer norm": norms}.items():
            self.refuses(text, with_option(change))

    def test_files(self) -> None:
        graph, x, y = self.graph()
        self.refuses("not a TensorFlow Lite file", b"nothing")
        self.refuses("quantised|type INT8|weights", self.quantised())
        options = self.cases.schema.SoftmaxOptionsT()
        options.beta = 2.0
        self.refuses("beta", graph.bytes(x, graph.add("SOFTMAX", [y], [1, 5, 4], options)))

    def quantised(self) -> bytes:
        graph, x, y = self.graph()
        y = graph.dense(y, [1, 5, 2], 4)
        weight = graph.graph.tensors[graph.graph.operators[-1].inputs[1]]
        weight.type = self.cases.schema.TensorType.INT8
        graph.model.buffers[weight.buffer].data = np.zeros(8, np.uint8)
        return graph.bytes(x, y)


if __name__ == "__main__":
    unittest.main()
