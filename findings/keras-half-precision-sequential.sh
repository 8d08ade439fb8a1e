#!/usr/bin/env bash
# Keras 3.15.1: a recurrent layer of half precision cannot be built with its own defaults, since the orthogonal
# initializer of its recurrent kernel has no float16. Alone the layer says so. A Sequential model swallows that: it
# says of itself that it is built, of one weight of five, and save() writes a file that lacks the others and those
# of every layer behind, without a word. Only a call fails, for an attribute that is missing.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" -q install keras==3.15.1 numpy==2.2.6 h5py==3.16.0 jax==0.6.2
cd "$work"
KERAS_BACKEND=jax "$work/venv/bin/python" - <<'PYTHON'
import io
import zipfile

import h5py
import keras
import numpy as np
from keras import layers


def told(action):
    try:
        action()
        return "nothing"
    except Exception as error:
        return type(error).__name__


for dtype in ("float32", "float16"):
    alone = told(lambda: layers.GRU(4, dtype=dtype).build((None, 7, 3)))
    model = keras.Sequential([
        keras.Input((7, 3)), layers.GRU(4, dtype=dtype, return_sequences=True), layers.Dense(2)])
    saving = told(lambda: model.save("model.keras"))
    found = []
    with h5py.File(io.BytesIO(zipfile.ZipFile("model.keras").read("model.weights.h5"))) as file:
        file.visititems(lambda name, item: found.append(name) if isinstance(item, h5py.Dataset) else None)
    called = told(lambda: model(np.zeros((1, 7, 3), np.float32)))
    print(f"{dtype}: the layer alone raises {alone}; built: {model.built}, {len(model.weights)} weights; "
          f"save raises {saving}, {len(found)} weights in the file; a call raises {called}")
    expected = ("nothing", 5, 5, "nothing") if dtype == "float32" else (alone, 1, 1, "AttributeError")
    assert (alone, len(model.weights), len(found), called) == expected, expected
    assert model.built and saving == "nothing"
    assert (alone == "nothing") == (dtype == "float32"), alone
PYTHON
