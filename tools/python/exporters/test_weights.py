"""Tests of weights without a graph: names, layouts, keys, and what is refused. Run by test_exporters.py."""

import os
import pickle
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

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
        with self.assertRaisesRegex(Refused, "no checkpoint of tensors alone"):
            export_weights.weights_of(path)

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

    def test_other_files(self) -> None:
        path = self.folder / "m.bin2"
        path.write_bytes(b"other")
        with self.assertRaisesRegex(Refused, "expected .npz"):
            export_weights.weights_of(path)
        with self.assertRaisesRegex(Refused, "cannot be read"):
            export_weights.weights_of(self.folder / "nowhere.npz")


if __name__ == "__main__":
    unittest.main()
