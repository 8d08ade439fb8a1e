"""Tests of weights without a graph: names, layouts, keys, and what is refused. Run by test_exporters.py."""

import importlib
import os
import pickle
import struct
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
import torch
from keras import layers
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import export_keras
import export_weights
from exporters.sluice_architecture import Refused

ROWS = np.random.default_rng(1).normal(size=(9, 3)).astype(np.float32)


def framework(name: str) -> Any:
    """A framework that not everybody has."""
    try:
        return importlib.import_module(name)
    except ImportError:
        raise unittest.SkipTest(f"{name} is not installed") from None


def disturbed(jax: Any, tree: Any) -> Any:
    """Biases start as zero, which would hide where they go."""
    random = np.random.default_rng(2)
    return jax.tree.map(lambda v: jax.numpy.asarray(v + 0.3 * random.normal(size=v.shape), "float32"), tree)


def relu(inputs: int, size: int) -> nn.Module:
    return nn.RNN(inputs, size, nonlinearity="relu")


def computed(kind: Any, tensors: dict[str, np.ndarray], prefix: str) -> np.ndarray:
    """What PyTorch's layer computes with the weights; without one a GRU that resets before."""
    w, u, b, c = (tensors[f"{prefix}.{name}_l0"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
    if kind is not None:
        layer = kind(3, u.shape[1])
        names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
        layer.load_state_dict({name: torch.from_numpy(value) for name, value in zip(names, (w, u, b, c), strict=True)})
        return layer(torch.from_numpy(ROWS))[0].detach().numpy()
    size, rows = u.shape[1], []
    h = np.zeros(size)
    for row in ROWS:
        a = w @ row + b
        r, z = np.split(1 / (1 + np.exp(-(a[: 2 * size] + u[: 2 * size] @ h + c[: 2 * size]))), 2)
        h = (1 - z) * np.tanh(a[2 * size :] + u[2 * size :] @ (r * h) + c[2 * size :]) + z * h
        rows.append(h)
    return np.array(rows)


class WeightTests(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def test_arrays(self) -> None:
        path = self.folder / "w.npz"
        np.savez_compressed(path, a=np.ones((2, 3), np.float64), steps=np.arange(3), **{"b/c": np.zeros(2, np.float16)})
        found = export_weights.weights_of(path)
        self.assertEqual({name: value.shape for name, value in found.tensors.items()}, {"a": (2, 3), "b.c": (2,)})
        self.assertIn("'steps' is left out", found.notes[0])
        np.savez(path, a=np.array([object()], dtype=object))
        with self.assertRaisesRegex(Refused, "cannot be read"):
            export_weights.weights_of(path)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.npy", bytes(100 << 20))
        with self.assertRaisesRegex(Refused, "more than the file could hold"):
            export_weights.weights_of(path)

    def test_checkpoints(self) -> None:
        path, state = self.folder / "w.pt", nn.LSTM(2, 3).state_dict()
        for content, key in (
            (state, ""), ({"state_dict": state, "epoch": 3}, "state_dict"), ({"model_state": state}, "model_state"),
            ({"model": {"state_dict": state}, "optimizer": {"state": {}}}, "model.state_dict"),
        ):  # fmt: skip
            torch.save(content, path)
            found = export_weights.weights_of(path)
            self.assertEqual(found.tensors.keys(), state.keys())
            self.assertEqual([f"the weights are those under {key!r}"] if key else [], found.notes)
        torch.save({"model": state, "net": {"x": torch.zeros(1)}}, path)
        with self.assertRaisesRegex(Refused, "say which: --key model"):
            export_weights.weights_of(path)
        self.assertEqual(export_weights.weights_of(path, "net").tensors.keys(), {"x"})
        with self.assertRaisesRegex(Refused, "there is no 'none'"):
            export_weights.weights_of(path, "none")
        torch.save({"epoch": 3}, path)
        with self.assertRaisesRegex(Refused, "no state_dict"):
            export_weights.weights_of(path)
        path.write_bytes(pickle.dumps(print))
        with self.assertRaisesRegex(Refused, "Python objects beside tensors.*state_dict"):
            export_weights.weights_of(path)
        path.write_bytes(b"nothing that anyone wrote")
        with self.assertRaisesRegex(Refused, "checkpoint of tensors alone|Python objects"):
            export_weights.weights_of(path)
        torch.save(torch.nn.Linear(2, 2), path)
        with self.assertRaises(Refused) as refused:
            export_weights.weights_of(path)
        self.assertRegex(str(refused.exception), "export_torch.py")
        self.assertNotRegex(str(refused.exception), "\x1b|weights_only")
        torch.jit.script(torch.nn.Linear(2, 2)).save(path)
        with self.assertRaisesRegex(Refused, "TorchScript.*state_dict"):
            export_weights.weights_of(path)

    def test_pickles_and_msgpack(self) -> None:
        tree = {"lstm/linear": {"w": np.ones((5, 12), np.float32), "b": np.zeros(12, np.float32)}, "steps": 3}
        path = self.folder / "w.pkl"
        path.write_bytes(pickle.dumps(tree))
        found = export_weights.weights_of(path)
        self.assertEqual(
            {name: value.shape for name, value in found.tensors.items()},
            {"lstm.weight_ih_l0": (12, 2), "lstm.weight_hh_l0": (12, 3), "lstm.bias_ih_l0": (12,), "lstm.bias_hh_l0": (12,)},
        )
        # 1 on the forget gate, the second in PyTorch's order.
        self.assertEqual(found.tensors["lstm.bias_ih_l0"].tolist(), 3 * [0] + 3 * [1] + 6 * [0])
        for content in (pickle.dumps({"a": print}), pickle.dumps({"a": Path("x")}), b"\x80\x04damaged", b""):
            path.write_bytes(content)
            with self.assertRaisesRegex(Refused, "no pickle of arrays in dictionaries alone"):
                export_weights.weights_of(path)
        path.write_bytes(pickle.dumps({"a": {"b": object}}, protocol=4))
        with self.assertRaises(Refused):
            export_weights.weights_of(path)
        # Shared dictionaries that would unfold without end.
        wide: dict[str, object] = {"w": np.zeros(1, np.float32)}
        for _ in range(7):
            wide = {str(one): wide for one in range(64)}
        path.write_bytes(pickle.dumps(wide))
        with self.assertRaisesRegex(Refused, "more than 65536 arrays"):
            export_weights.weights_of(path)
        (self.folder / "w.msgpack").write_bytes(b"\xc1")
        with self.assertRaisesRegex(Refused, "msgpack"):
            export_weights.weights_of(self.folder / "w.msgpack")

    def test_ggml(self) -> None:
        def tensor(name: str, value: np.ndarray) -> bytes:
            code = {np.dtype(np.float32): 0, np.dtype(np.float16): 1}[value.dtype]
            head = struct.pack(f"<3i{value.ndim}i", value.ndim, len(name), code, *value.shape[::-1])
            return head + name.encode() + value.tobytes()

        shapes = {
            "stft.forward_basis_buffer": (18, 1, 16), "decoder.decoder.2.weight": (4,), "decoder.decoder.2.bias": (),
            "decoder.rnn.weight_ih": (16, 4), "decoder.rnn.weight_hh": (16, 4), "decoder.rnn.bias_ih": (16,),
            "decoder.rnn.bias_hh": (16,),
            **{f"encoder.{i}.reparam_conv.weight": (4, 4, 3) for i in range(4)},
            **{f"encoder.{i}.reparam_conv.bias": (4,) for i in range(4)},
        }  # fmt: skip
        values = {name: np.random.default_rng(1).normal(size=shape).astype(np.float16) for name, shape in shapes.items()}
        start = b"lmgg" + struct.pack("<i", 10) + b"silero-16k" + bytes(4 * 22)
        parts = [tensor(f"_model.{name}", value) for name, value in values.items()]
        path = self.folder / "ggml-silero.bin"
        path.write_bytes(start + b"".join(parts))
        found = export_weights.weights_of(path).tensors
        self.assertEqual(len(found), 15)
        self.assertEqual(found["final_conv.weight"].shape, (1, 4, 1))
        np.testing.assert_array_equal(found["lstm_cell.weight_ih"], values["decoder.rnn.weight_ih"].astype(np.float32))
        for text, content in {
            "are missing": start + b"".join(parts[1:]), "which Silero VAD has not": start + tensor("_model.x", values["decoder.rnn.bias_ih"]),
            "ends where it says": start + b"".join(parts)[:-3], "axes and the type": start + struct.pack("<3i", 9, 1, 0),
            "of ggml": b"lmgg" + struct.pack("<i", 4) + b"whis" + bytes(99), "ends where": b"lmgg\x01",
        }.items():  # fmt: skip
            path.write_bytes(content)
            with self.assertRaisesRegex(Refused, text):
                export_weights.weights_of(path)

    def test_haiku(self) -> None:
        hk, jax = framework("haiku"), framework("jax")
        for name, kind, make in (
            ("lstm", nn.LSTM, lambda: hk.LSTM(4)), ("vanilla_rnn", relu, lambda: hk.VanillaRNN(4)), ("gru", None, lambda: hk.GRU(4)),
        ):  # fmt: skip
            def run(x: np.ndarray, make=make) -> object:
                core = make()
                return hk.dynamic_unroll(core, x, core.initial_state(None))[0]

            module = hk.without_apply_rng(hk.transform(run))
            tree = disturbed(jax, module.init(jax.random.PRNGKey(1), ROWS))
            (self.folder / "w.pkl").write_bytes(pickle.dumps(tree))
            found = export_weights.weights_of(self.folder / "w.pkl").tensors
            expected = np.asarray(module.apply(tree, ROWS))
            self.assertLess(np.abs(computed(kind, found, name) - expected).max(), 1e-6)

    def test_flax(self) -> None:
        flax, jax = framework("flax"), framework("jax")
        linen = flax.linen
        for cell, kind in (
            (linen.LSTMCell(4), nn.LSTM), (linen.OptimizedLSTMCell(4), nn.LSTM), (linen.GRUCell(4), nn.GRU),
            (linen.SimpleCell(4), nn.RNN),
        ):  # fmt: skip
            module = linen.RNN(cell)
            tree = disturbed(jax, module.init(jax.random.PRNGKey(1), ROWS))
            (self.folder / "w.msgpack").write_bytes(flax.serialization.to_bytes(tree))
            found = export_weights.weights_of(self.folder / "w.msgpack").tensors
            expected = np.asarray(module.apply(tree, ROWS))
            self.assertLess(np.abs(computed(kind, found, "cell") - expected).max(), 1e-6)
        tree = linen.RNN(linen.MGUCell(4)).init(jax.random.PRNGKey(1), ROWS)
        (self.folder / "w.msgpack").write_bytes(flax.serialization.to_bytes(tree))
        with self.assertRaisesRegex(Refused, "MGUCell"):
            export_weights.weights_of(self.folder / "w.msgpack")

    def test_nnx(self) -> None:
        jax, nnx = framework("jax"), framework("flax.nnx")
        for make, kind in (
            (nnx.LSTMCell, nn.LSTM), (nnx.OptimizedLSTMCell, nn.LSTM), (nnx.GRUCell, nn.GRU), (nnx.SimpleCell, nn.RNN),
        ):  # fmt: skip
            module = nnx.RNN(make(3, 4, rngs=nnx.Rngs(0)))
            state = disturbed(jax, nnx.state(module, nnx.Param))
            nnx.update(module, state)
            arrays = {"/".join(path): np.asarray(value.get_value()) for path, value in nnx.to_flat_state(state)}
            np.savez(self.folder / "w.npz", **arrays)
            found = export_weights.weights_of(self.folder / "w.npz").tensors
            self.assertLess(np.abs(computed(kind, found, "cell") - np.asarray(module(ROWS[None])[0])).max(), 1e-6)

    def test_keras(self) -> None:
        stack = (
            layers.Conv1D(4, 2, padding="causal"), layers.BatchNormalization(), layers.GRU(3, return_sequences=True, name="cell"),
            layers.LSTM(4, return_sequences=True), layers.Bidirectional(layers.GRU(3, reset_after=False, return_sequences=True)),
            layers.Dense(2, name="head"),
        )  # fmt: skip
        model = keras.Sequential([keras.Input((None, 3)), *stack])
        for weight in model.weights:
            weight.assign(np.random.default_rng(len(weight.path)).normal(size=weight.shape) ** 2)
        model.save(self.folder / "m.keras")
        # What the exporter of whole models makes of it, in the order of the layers.
        whole = list(export_keras.architecture_of(self.folder / "m.keras").tensors.values())
        model.save(self.folder / "m.h5")
        model.save_weights(self.folder / "m.weights.h5")
        for name in ("m.keras", "m.h5", "m.weights.h5"):
            found = export_weights.weights_of(self.folder / name).tensors
            with self.subTest(name):
                self.assertEqual(len(found), len(whole))
                for value in found.values():
                    self.assertTrue(any(value.shape == one.shape and (value == one).all() for one in whole))
                self.assertEqual(sum(key.endswith("_reverse") for key in found), 4)
        self.assertIn("head.weight", export_weights.weights_of(self.folder / "m.h5").tensors)

    def test_layers_that_are_not_known(self) -> None:
        x, y = keras.Input((5, 4)), keras.Input((6, 4))
        both = layers.Bidirectional(layers.GRU(3, return_sequences=True))(x)
        rows = layers.TimeDistributed(layers.Dense(4))(both)
        model = keras.Model([x, y], layers.AdditiveAttention()([y, rows]))
        path = self.folder / "w.weights.h5"
        model.save_weights(path)
        weights = export_weights.weights_of(path)
        self.assertEqual([note for note in weights.notes if "additive_attention" in note][0].split(":")[1], " 1 arrays without names that are known")
        self.assertEqual(weights.tensors["time_distributed.weight"].shape, (4, 6))
        self.assertEqual(weights.tensors["bidirectional.weight_ih_l0_reverse"].shape, (9, 4))

    def test_checkpoints_called_pickles(self) -> None:
        for zipped in (True, False):
            path = self.folder / f"{zipped}.pkl"
            torch.save({"words": {"a": 1}, "model_state_dict": nn.Linear(2, 3).state_dict()}, path, _use_new_zipfile_serialization=zipped)
            weights = export_weights.weights_of(path)
            self.assertEqual(sorted(weights.tensors), ["bias", "weight"])

    def test_other_files(self) -> None:
        path = self.folder / "m.bin2"
        path.write_bytes(b"other")
        with self.assertRaisesRegex(Refused, "expected .npz"):
            export_weights.weights_of(path)
        with self.assertRaisesRegex(Refused, "cannot be read"):
            export_weights.weights_of(self.folder / "nowhere.npz")


if __name__ == "__main__":
    unittest.main()
