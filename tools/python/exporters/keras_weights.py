"""Keras' weights in HDF5 without their model, in PyTorch's names, layouts and orders of gates. Not run by itself; weight_files.py
imports it.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from .keras_files import RATIO, SMALL, KerasFile, damage_as_refusal
from .sluice_architecture import Array, Refused, shown

# What Keras 3 numbers, in its order, by the class in the group's name.
NUMBERED = {
    "dense": ("kernel", "bias"), "conv1d": ("kernel", "bias"), "embedding": ("embeddings",),
    "batch_normalization": ("gamma", "beta", "moving_mean", "moving_variance"), "layer_normalization": ("gamma", "beta"),
    "p_re_lu": ("alpha",),
}  # fmt: skip
CELL = ("kernel", "recurrent_kernel", "bias")


class WeightFile(KerasFile):
    """A file of weights; what of a model lies beside them is not read."""

    def __init__(self, path: Path):
        with damage_as_refusal(path):
            content = path.read_bytes()
            self.budget = SMALL + RATIO * len(content)
            if content.startswith(b"PK"):
                with zipfile.ZipFile(io.BytesIO(content)) as archive:
                    content = self.member(archive, "model.weights.h5")
            self.file = self.opened(content)
        # Layers whose arrays have no names that are known.
        self.notes: list[str] = []

    def layers(self) -> Iterator[tuple[str, dict[str, Array]]]:
        """Each layer's name, and its arrays by Keras' names for them."""
        root = self.object_at(self.file, "model_weights") or self.file
        if "layer_names" in root.attrs:
            for name in self.texts(root, "layer_names"):
                yield from self.named_layers(name, self.object_at(root, name))
            return
        groups = self.object_at(self.file, "layers")
        if not isinstance(groups, h5py.Group):
            raise Refused("neither layer_names nor a group 'layers': no weights of Keras")
        for name in groups:
            yield from self.numbered_layers(name, self.object_at(groups, name))

    def named_layers(self, layer: str, group: Any) -> Iterator[tuple[str, dict[str, Array]]]:
        """Of Keras 1 and 2: by names such as lstm_1/lstm_cell/kernel:0."""
        found: dict[str, dict[str, Array]] = {}
        for path in self.texts(group, "weight_names") if isinstance(group, h5py.Group) else []:
            parts = path.split("/")
            sides = [part for part in parts[:-1] if re.match("(forward|backward)_", part)]
            found.setdefault(".".join([layer, *sides[:1]]), {})[parts[-1].split(":")[0]] = self.array(group, path)
        yield from found.items()

    def numbered_layers(self, layer: str, group: Any, is_wrapped: bool = False) -> Iterator[tuple[str, dict[str, Array]]]:
        """Of Keras 3: arrays with a number each."""
        for side in ("forward_layer", "backward_layer"):
            inner = self.object_at(group, side)
            if inner is not None:
                yield from self.numbered_layers(f"{layer}.{side}", inner)
        inner = self.object_at(group, "layer")
        if inner is not None:
            yield from self.numbered_layers(layer, inner, is_wrapped=True)
        cells = self.object_at(group, "cell/cells")
        for name in cells if isinstance(cells, h5py.Group) else []:
            yield f"{layer}.{name}", dict(zip(CELL, self.variables(cells[name]), strict=False))
        if isinstance(cells, h5py.Group):
            return
        arrays = self.variables(group)
        is_cell = isinstance(self.object_at(group, "cell"), h5py.Group)
        kind = re.sub(r"_\d+$", "", layer.split(".")[-1])
        names = CELL if is_cell else NUMBERED.get(kind, ())
        if is_wrapped and not names and [array.ndim for array in arrays] in ([2], [2, 1]):
            names = NUMBERED["dense"]  # at every step, of a TimeDistributed
        if len(arrays) > len(names):
            self.notes.append(f"layer {shown(layer)} is left out: {len(arrays)} arrays without names that are known")
            return
        yield layer, dict(zip(names, arrays, strict=False))


def layers_of(path: Path, notes: list[str]) -> Iterator[tuple[str, dict[str, Array]]]:
    """Every layer's arrays as PyTorch has them; what is left out is added to `notes`."""
    with damage_as_refusal(path):
        file = WeightFile(path)
        found = [(layer, torch_names(arrays)) for layer, arrays in file.layers() if arrays]
    notes += file.notes
    for layer, arrays in found:
        # The directions of a Bidirectional are one layer.
        name, _, side = layer.partition(".")
        end = "_reverse" if side.startswith("backward_") else ""
        is_side = side.startswith(("forward_", "backward_"))
        yield (name, {f"{key}{end}": value for key, value in arrays.items()}) if is_side else (layer, arrays)


def torch_names(arrays: dict[str, Array]) -> dict[str, Array]:
    """The arrays of a Keras layer, named kernel, recurrent_kernel, bias and so on, as PyTorch has them."""
    found = dict(arrays)
    kernel, recurrent, bias = (found.pop(key, None) for key in ("kernel", "recurrent_kernel", "bias"))
    simple = {
        "gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var",
        "embeddings": "weight", "alpha": "weight",
    }  # fmt: skip
    result = {simple.get(key, key): value for key, value in found.items()}
    if kernel is None:
        return result | ({"bias": bias} if bias is not None else {})
    if recurrent is None:
        order = {2: (1, 0), 3: (2, 1, 0)}.get(kernel.ndim)
        if order is None:
            raise Refused(f"a kernel of the shape {kernel.shape}")
        return result | {"weight": kernel.transpose(order)} | ({"bias": bias} if bias is not None else {})
    gates = recurrent.shape[1] // max(recurrent.shape[0], 1) if recurrent.ndim == 2 else 0
    if gates not in (1, 3, 4) or kernel.ndim != 2 or kernel.shape[1] != recurrent.shape[1]:
        raise Refused(f"a recurrent_kernel of the shape {recurrent.shape} beside a kernel of {kernel.shape}")

    def ordered(rows: Array) -> Array:
        # Keras' GRU has z, r, h; its LSTM i, f, c, o as PyTorch.
        if gates != 3:
            return rows
        z, r, h = np.split(rows, 3)
        return np.concatenate([r, z, h])

    result |= {"weight_ih_l0": ordered(kernel.T), "weight_hh_l0": ordered(recurrent.T)}
    if bias is not None:
        own, other = (bias[0], bias[1]) if bias.ndim == 2 else (bias, np.zeros_like(bias))
        result |= {"bias_ih_l0": ordered(own), "bias_hh_l0": ordered(other)}
    return result
