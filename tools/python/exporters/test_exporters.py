"""Tests of the exporters: what they refuse, by its name, and the one-command use. The fixtures test what they export. Run as
a script, the tests beside this file run too.

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
import zipfile
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
from exporters.sluice_architecture import Refused


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
            "GRUCell": nn.GRUCell(4, 4), "normalized_shape": nn.LayerNorm((3, 4)),
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
            "LSTM with .* initial state": lambda m, x: m.fc(m.lstm(x, (m.h, None))[0]),
            r"\[1:3\] of axis 1": lambda m, x: m.fc(m.rnn(x)[0])[:, 1:3],
            "^the attribute T of fc: is not supported": lambda m, x: m.fc(m.rnn(x)[0]).T,
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

    def layers(self, forward: Any, **modules: nn.Module) -> list[dict[str, Any]]:
        return export_torch.architecture_of(Forward(forward, **modules)).layers

    def test_modules_that_are_called_twice(self) -> None:
        act, norm = nn.SELU(), nn.LayerNorm(4, elementwise_affine=False)
        fc, gru = nn.Linear(4, 4), nn.GRU(4, 4, batch_first=True)
        found = self.layers(lambda m, x: m.n(m.a(m.f(m.n(m.a(m.f(m.g(x)[0])))))), a=act, n=norm, f=fc, g=gru)
        self.assertEqual(len({layer["name"] for layer in found}), len(found))
        dense = [layer["tensors"] for layer in found if layer["type"] == "dense"]
        self.assertEqual(dense, ["f.", "f_2."])
        found = self.layers(lambda m, x: m.f(m.g(m.g(x)[0])[0]), f=fc, g=gru)
        self.assertEqual([layer["name"] for layer in found], ["g", "g_2", "f"])

    def test_modules_that_nothing_reads(self) -> None:
        gru, fc = nn.GRU(3, 4, batch_first=True), nn.Linear(4, 2)

        def unread(m: Any, x: Any) -> Any:
            y, h = m.g(x)
            m.other(m.f(y)), h[-1]
            return m.f(y)

        found = self.layers(unread, g=gru, f=fc, other=nn.GELU())
        self.assertEqual([layer["type"] for layer in found], ["gru", "dense"])
        self.assertEqual(len(self.layers(lambda m, x: (m.a(x), m.g(x)[0])[1], g=gru, a=nn.Tanh())), 1)

    def test_changes_in_place(self) -> None:
        def modules() -> dict[str, nn.Module]:
            gru = nn.GRU(3, 4, batch_first=True)
            return {"g": gru, "a": nn.ReLU(inplace=True), "d": nn.Dropout(0.5, inplace=True), "f": nn.Linear(4, 4)}

        def residual(m: Any, x: Any) -> Any:
            y = m.g(x)[0]
            return m.f(m.a(y)) + y

        def unread(m: Any, x: Any) -> Any:
            y = m.f(m.g(x)[0])
            m.a(y)
            return y

        def through_a_view(m: Any, x: Any) -> Any:
            y = m.f(m.g(x)[0])
            z = F.relu(y.transpose(1, 2), inplace=True)
            return m.f(y) + z.transpose(1, 2)

        def assigned(m: Any, x: Any) -> Any:
            y = m.d(m.g(x)[0])
            z = y
            z += 1.0
            return m.f(z) + y

        for forward in (residual, unread, through_a_view, assigned):
            with self.subTest(forward.__name__):
                self.refuses("in its place", Forward(forward, **modules()))

        def chain(m: Any, x: Any) -> Any:
            y, h = m.g(m.d(x))
            y = m.a(y)
            y += 1.0
            return m.f(F.elu(m.a(m.f(y)), inplace=True))

        self.assertEqual(len(self.layers(chain, **modules())), 7)

    def test_names_that_are_taken(self) -> None:
        found = self.layers(lambda m, x: m.output(m.input(x)), input=nn.Linear(3, 3), output=nn.Linear(3, 2))
        self.assertEqual([layer["name"] for layer in found], ["input_2", "output"])

    def test_weights_that_are_computed(self) -> None:
        for weight_norm in (nn.utils.parametrizations.weight_norm, nn.utils.weight_norm):
            for kind in (nn.LSTM, nn.GRU, nn.RNN):
                cell = weight_norm(kind(3, 4, num_layers=2, batch_first=True, bidirectional=True), "weight_hh_l1_reverse")
                with torch.no_grad():
                    for parameter in cell.parameters():
                        parameter.mul_(1.5)
                    cell(torch.zeros(1, 1, 3))
                found = export_torch.architecture_of(cell)
                self.assertEqual(len(found.tensors), 16)
                np.testing.assert_array_equal(found.tensors["0.weight_hh_l1_reverse"], cell.weight_hh_l1_reverse.detach())
        pruned = nn.utils.prune.l1_unstructured(nn.Linear(4, 2), "weight", 0.5)
        found = export_torch.architecture_of(nn.Sequential(nn.LSTM(3, 4), pruned))
        self.assertEqual(int((found.tensors["1.weight"] == 0).sum()), 4)

    def test_hooks(self) -> None:
        fc = nn.Linear(3, 3)
        fc.register_forward_hook(lambda module, given, result: result * 2)
        self.refuses("forward_hook", Forward(lambda m, x: m.fc(x), fc=fc))
        fc = nn.Linear(3, 3)
        fc.register_forward_pre_hook(lambda module, given: given)
        self.refuses("forward_pre_hook", Forward(lambda m, x: m.fc(x), fc=fc))

    def test_arithmetic_that_does_nothing(self) -> None:
        for forward in (
            lambda m, x: m.fc(x) + 0,
            lambda m, x: m.fc(x) * 0,
            lambda m, x: 0 - m.fc(x),
            lambda m, x: m.fc(input=x),
        ):
            self.layers(forward, fc=nn.Linear(3, 3))
        self.refuses("by zero", Forward(lambda m, x: m.fc(x) / 0, fc=nn.Linear(3, 3)))
        self.refuses("training", Forward(lambda m, x: F.dropout(m.fc(x)), fc=nn.Linear(3, 3)))

    def test_weights_that_unpack_to_much(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            model, weights = Path(folder) / "model.py", Path(folder) / "weights.pt"
            model.write_text("import torch\nbuild = torch.nn.Linear(3, 3)\nbroken = lambda: 1 / 0\n")
            with zipfile.ZipFile(weights, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("archive/data.pkl", bytes(100 << 20))
            with self.assertRaisesRegex(Refused, "more than the file could hold"):
                export_torch.load(f"{model}:build", str(weights))
            for source, text in (
                (f"{model}:broken", "ZeroDivisionError"),
                (f"{model}:none", "has no"),
                (f"{weights}:x", "no model.py"),
            ):
                with self.assertRaisesRegex(Refused, text):
                    export_torch.load(source, None)

    def test_the_command(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            model, out = Path(folder) / "model.py", Path(folder) / "model.safetensors"
            model.write_text(
                "from torch import nn\ndef build():\n    return nn.Sequential(nn.LSTM(3, 4), nn.Linear(4, 1))\n"
            )
            weights = Path(folder) / "weights.pt"
            torch.save(nn.Sequential(nn.LSTM(3, 4), nn.Linear(4, 1)).state_dict(), weights)
            command = [
                sys.executable,
                str(FOLDER / "export_torch.py"),
                f"{model}:build",
                str(out),
                "--weights",
                str(weights),
            ]
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
            for change, status, text in (
                ([], 3, "no state_dict of Sequential"),
                ([str(out / "no" / "where")], 1, "No such file"),
            ):
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
            "MaxPooling1D": layers.MaxPooling1D(2), "reverse order": layers.GRU(4, go_backwards=True, **every),
            "merge_mode": layers.Bidirectional(layers.GRU(4, **every), merge_mode="mul"),
            "padding": layers.Conv1D(4, 3, padding="same"),
            "strides": layers.Conv1D(4, 3, strides=2, padding="causal"), "gelu": layers.Dense(4, "gelu"),
            "shared_axes": layers.PReLU(), "max_value": layers.ReLU(max_value=6),
            "axis": layers.LayerNormalization(axis=1), "MultiHead|ConvLSTM|UpSampling": layers.UpSampling1D(2),
        }.items():  # fmt: skip
            with self.subTest(text):
                self.refuses(text, keras.Sequential([keras.Input((6, 4)), layer, layers.Dense(2)]))

    def test_several_outputs(self) -> None:
        x = keras.Input((None, 4))
        y = layers.LSTM(3, return_sequences=True)(x)
        model = keras.Model(x, [layers.Dense(2)(y), layers.Dense(1, activation="tanh")(y)])
        with tempfile.TemporaryDirectory() as folder:
            model.save(path := Path(folder) / "outputs.keras")
            found = export_keras.architecture_of(path)
        self.assertEqual(found.layers[-1]["type"], "concatenate")
        self.assertEqual(["2 outputs stand side by side, in the model's order"], found.notes)

    def test_graphs(self) -> None:
        x = keras.Input((None, 4))
        dense = layers.Dense(4)
        self.refuses("more than once", keras.Model(x, dense(dense(x))))
        self.refuses(
            "one input|inputs", keras.Model([x, other := keras.Input((None, 4))], layers.Add()([x, other]))
        )
        self.refuses("some are not", keras.Model(x, [layers.Dense(2)(x), layers.GRU(3)(x)]))
        state = keras.Input((4,))
        self.refuses("inputs|called with", keras.Model([x, state], layers.GRU(4)(x, initial_state=state)))
        for text, stack in {
            "several axes": (layers.GRU(4), layers.Reshape((2, 2)), layers.Dense(2)),
            "would mix": (layers.Reshape((3, 8)),), "not fixed": (layers.GRU(4), layers.RepeatVector(6)),
            "of 'RNN'": (layers.Bidirectional(layers.RNN(layers.GRUCell(3), return_sequences=True)),),
            "mask Keras leaves": (layers.Masking(), *(layers.GRU(4, go_backwards=True, return_sequences=True) for _ in "ab")),
            "read backwards": (layers.Masking(), layers.GRU(4, go_backwards=True, zero_output_for_mask=True)),
            "of masked steps": (layers.Masking(), layers.Softmax()),
        }.items():  # fmt: skip
            with self.subTest(text):
                size = None if text == "not fixed" else 6
                self.refuses(text, keras.Sequential([keras.Input((size, 4)), *stack]))
        self.refuses(
            "5 behind 6 steps", keras.Sequential([keras.Input((6, 4)), layers.GRU(4), layers.RepeatVector(5), layers.Dense(2)])
        )
        masked = layers.Masking()(x)
        self.refuses("that are masked", keras.Model(x, layers.LSTM(4)(layers.Add()([layers.Conv1D(4, 1)(masked), masked]))))

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

        def peepholes(graph: Any, lstm: Any) -> None:
            lstm.inputs[9:12] = [graph.weight(4) for _ in "ifo"]

        def coupled(graph: Any, lstm: Any) -> None:
            lstm.inputs[1] = -1

        def norms(graph: Any, lstm: Any) -> None:
            lstm.inputs[20:24] = [graph.weight(4) for _ in "ifgo"]

        def clip(graph: Any, lstm: Any) -> None:
            lstm.builtinOptions.cellClip = float("nan")

        for text, change in {"cell_clip nan": clip, "peepholes": peepholes, "CIFG": coupled, "layer norm": norms}.items():
            self.refuses(text, with_option(change))

    def test_files(self) -> None:
        graph, x, y = self.graph()
        self.refuses("not a TensorFlow Lite file", b"nothing")
        self.refuses("quantised|type INT8|weights", self.quantised())
        options = self.cases.schema.SoftmaxOptionsT()
        options.beta = 2.0
        self.refuses("beta", graph.bytes(x, graph.add("SOFTMAX", [y], [1, 5, 4], options)))

    def test_clips(self) -> None:
        for cell, projected, expected in ((10.0, 0.0, {"cell_clip": 10.0}), (-1.0, 3.0, {})):
            graph, x, y = self.graph()
            options = graph.graph.operators[0].builtinOptions
            options.cellClip, options.projClip = cell, projected
            found = export_tflite.Exporter(graph.bytes(x, y)).run().layers[0]
            self.assertEqual({key: value for key, value in found.items() if key.endswith("clip")}, expected)
        graph = self.cases.Graph(1)
        x = graph.tensor([1, 5, 3])
        y = graph.lstm(x, 5, 3, 4, projection=2)
        graph.graph.operators[0].builtinOptions.projClip = 0.5
        self.assertEqual(export_tflite.Exporter(graph.bytes(x, y)).run().layers[0]["projection_clip"], 0.5)

    def test_steps(self) -> None:
        """Reversed steps are read by a cell, or refused where they would come out."""
        graph, x, y = self.graph()
        axis = graph.tensor([1], np.array([1], np.int32))
        self.refuses("reverse order", graph.bytes(x, graph.add("REVERSE_V2", [y, axis], [1, 5, 4])))
        graph = self.cases.Graph(2)
        several = graph.tensor([2, 5, 3])
        self.refuses("2 sequences at once", graph.bytes(several, graph.lstm(several, 5, 3, 4)))
        graph = self.cases.Graph(3)
        steps = graph.tensor([5, 1, 3])
        self.refuses("several sequences at once", graph.bytes(steps, graph.lstm(steps, 1, 3, 4)))
        graph, x, y = self.graph()
        shape = graph.tensor([3], np.array([1, 4, 5], np.int32))
        self.refuses("moves the features", graph.bytes(x, graph.add("RESHAPE", [y, shape], [1, 4, 5])))

    def quantised(self) -> bytes:
        graph, x, y = self.graph()
        y = graph.dense(y, [1, 5, 2], 4)
        weight = graph.graph.tensors[graph.graph.operators[-1].inputs[1]]
        weight.type = self.cases.schema.TensorType.INT8
        graph.model.buffers[weight.buffer].data = np.zeros(8, np.uint8)
        return graph.bytes(x, y)


class SourceTests(unittest.TestCase):
    """The files that TensorFlow and Keras wrote, and what the exporters made of them."""

    def test_sources(self) -> None:
        sources = sorted((FOLDER.parents[1] / "Tests/Fixtures/TensorFlow").glob("*/source.*"))
        self.assertGreater(len(sources), 12)
        for path in sources:
            with self.subTest(path.parent.name):
                found = (export_tflite if path.suffix == ".tflite" else export_keras).architecture_of(path)
                self.assertEqual(found.bytes(), path.with_name("model.safetensors").read_bytes())


if __name__ == "__main__":
    unittest.main(module=None, argv=[sys.argv[0], "discover", "-s", str(Path(__file__).resolve().parent), *sys.argv[1:]])
